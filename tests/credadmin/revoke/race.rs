//! A daemon that publishes, over the tombstone, a session from before it: on virtual time, with the real SDK on both sides.

use std::time::Duration;

use credadmin::aws::admin::{Admin, Caller};
use credadmin::aws::reading::Reading;
use credadmin::aws::sdk::{Endpoints, Sdk};
use credadmin::aws::trouble::Trouble;
use credadmin::aws::{Connection, Credentials};
use credadmin::credential::Credential;
use credadmin::revoke::{Aim, Deed, Report, aim, look};
use credadmin::schedule::token::{denied_before, ends, token};
use jiff::Timestamp;
use strict_aws::{Fault, Operation, Role};
use zeroize::Zeroizing;

use super::REVOKER;
use crate::story::{Held, ONE_DAY, Story, hold, minutes, seconds};

impl Reading for Held<Sdk> {
    async fn current_value(&self, secret_id: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        let _still = hold();
        self.0.current_value(secret_id).await
    }
}

impl Admin for Held<Sdk> {
    async fn identify(&self) -> Result<Caller, Trouble> {
        let _still = hold();
        self.0.identify().await
    }

    async fn role_policy(&self, role: &str, policy: &str) -> Result<Option<String>, Trouble> {
        let _still = hold();
        self.0.role_policy(role, policy).await
    }

    async fn put_role_policy(&self, role: &str, policy: &str, document: &str) -> Result<(), Trouble> {
        let _still = hold();
        self.0.put_role_policy(role, policy, document).await
    }

    async fn written_at(&self, secret_id: &str, version_id: &str) -> Result<Option<Timestamp>, Trouble> {
        let _still = hold();
        self.0.written_at(secret_id, version_id).await
    }

    async fn sees_bucket(&self, session: &Credential, bucket: &str) -> Result<u16, String> {
        let _still = hold();
        self.0.sees_bucket(session, bucket).await
    }
}

/// AWS as an administrator calls it, from a host of his own.
pub async fn admin(story: &Story, policy: &str) -> Held<Sdk> {
    story.world.add_role(Role::new("Admin").policy("job", policy));
    let metadata = story.server.open_imds(&story.world.launch_instance("Admin")).expect("a free port");
    let endpoints = Endpoints { services: Some(story.server.endpoint()), metadata: Some(metadata) };
    let connection = Connection { region: Some("eu-central-1".into()), credentials: Credentials::InstanceRole, profile: None };
    let _still = hold();
    Held(Sdk::at(endpoints, story.clock.clone(), &connection).await)
}

/// All the steps on the only secret, whose grants are kept; and what was told of them.
async fn revoke(story: &Story) -> (Vec<String>, Timestamp) {
    let (told, denied_before, undone) = revoke_as_far_as_it_goes(story, true).await;
    assert_eq!(undone, [""; 0]);
    (told, denied_before)
}

/// And what was not done. Grants that are not kept are closed for whoever revokes, and in no file.
async fn revoke_as_far_as_it_goes(story: &Story, keep_grants: bool) -> (Vec<String>, Timestamp, Vec<String>) {
    let aws = admin(story, REVOKER).await;
    let settings = story.sources().settings(story.clock.now()).expect("a valid config");
    let aim: Aim = aim(&settings, "sensitive-s3", keep_grants, story.clock.now()).expect("it is there");
    let asked_at = story.clock.now();
    let caller = aws.identify().await.expect("an ARN");
    let before = look(&aws, &story.clock, &aim, &caller, asked_at).await;
    let mut told = Vec::new();
    let mut report = Report::new(|line| told.push(line));
    let mut deed = Deed::new((&aws, &story.clock), &aim, &before, None);
    assert!(deed.end(&mut report).await);
    deed.look_again(&mut report).await;
    let denied_before = deed.denied_before;
    let undone = report.undone.iter().map(ToString::to_string).collect();
    drop(report);
    (told, denied_before, undone)
}

fn versions(story: &Story) -> Vec<String> {
    story.world.versions("SensitiveS3").into_iter().map(|version| version.version_id).collect()
}

#[tokio::test(start_paused = true)]
async fn a_session_that_slips_in_over_the_tombstone_gets_another_tombstone_and_a_living_one_follows() {
    let story = Story::new(ONE_DAY).await;
    // Under way, as slow as it can be: it is issued, and written when the tombstone is there.
    story.world.fail(Operation::PutSecretValue, Fault::Delay(Duration::from_secs(6)), 1);
    let mut daemon = story.daemon().await;
    story.pass(seconds(1)).await;
    assert_eq!((story.world.sessions().len(), versions(&story).len()), (1, 0), "issued, and not yet written");
    let (told, before) = revoke(&story).await;
    let all = versions(&story);
    let [first, slipped, second, ..] = &all[..] else { panic!("{all:#?}") };
    assert_eq!((denied_before(first), denied_before(second)), (Some(before), Some(before)), "{all:#?}");
    assert!(ends(slipped).is_some(), "{all:#?}");
    assert_eq!(told[2], format!("sensitive-s3: session {slipped} slipped in from before, and is denied"), "{told:#?}");
    story.pass(minutes(6)).await;
    let all = versions(&story);
    assert_eq!(all.len(), 4, "{all:#?}");
    let settings = story.sources().settings(story.clock.now()).expect("a valid config");
    let secret = &settings.secrets[0].secret;
    assert_eq!(all[3], token(secret, ends(&all[3]).expect("a session"), Some(second)));
    let session = story.world.sessions().pop().expect("a session");
    assert!(session.issued_at >= before, "it lives");
    assert_eq!(daemon.says("drift"), [""; 0]);
    daemon.kill();
}

/// The other side of it: what is fresh is left alone, and so is what AWS shows late.
#[tokio::test(start_paused = true)]
async fn a_session_that_follows_in_time_is_left_alone() {
    for lag in [0, 50] {
        let story = Story::new(ONE_DAY).await;
        let first = story.daemon().await;
        story.pass(seconds(5)).await;
        first.kill();
        story.world.set_describe_lag(Duration::from_secs(lag));
        // A daemon that starts after it looks at once.
        let (clock, started) = (story.clock.clone(), async {
            story.pass(seconds(10)).await;
            let daemon = story.daemon().await;
            story.pass(minutes(3)).await;
            daemon
        });
        let ((told, before), daemon) = tokio::join!(revoke(&story), started);
        assert_eq!(told.len(), 2, "the tombstone and the Deny: {told:#?}");
        let all = versions(&story);
        assert_eq!(all.iter().filter(|version| denied_before(version).is_some()).count(), 1, "{all:#?}");
        assert!(clock.now() > before);
        daemon.kill();
    }
}

/// By the other host of a pair, on which nobody has closed the grant, or by a daemon that has not been reloaded.
#[tokio::test(start_paused = true)]
async fn a_session_that_follows_where_the_grant_is_closed_is_not_called_well() {
    let story = Story::new(ONE_DAY).await;
    let first = story.daemon().await;
    story.pass(seconds(5)).await;
    first.kill();
    let started = async {
        story.pass(seconds(10)).await;
        let daemon = story.daemon().await;
        story.pass(minutes(3)).await;
        daemon
    };
    let ((told, _, undone), daemon) = tokio::join!(revoke_as_far_as_it_goes(&story, false), started);
    let fresh = versions(&story).pop().expect("a version");
    let until = ends(&fresh).expect("a session");
    let said = format!(
        "sensitive-s3 is not closed: session {fresh} was published after the Deny\n  access: its readers have access until {until}, and \
         go on to get sessions: another host, or a daemon that was not reloaded, still has a grant open\n  to do: credadmin revoke \
         sensitive-s3 on each other host that publishes it, or the same grants.d there; systemctl reload credadmin where \
         credadmin.toml or conf.d was edited; then credadmin revoke sensitive-s3 again, for this session"
    );
    assert_eq!(undone, [said], "{told:#?}");
    daemon.kill();
}

#[tokio::test(start_paused = true)]
async fn a_deny_that_reaches_further_is_kept_and_not_waited_for() {
    let story = Story::new(ONE_DAY).await;
    let further = "2026-12-01T20:00:00Z";
    let deny = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"*","Resource":"*",
        "Condition":{{"DateLessThan":{{"aws:TokenIssueTime":"{further}"}}}}}}}}"#
    );
    story.world.put_role_policy("SensitiveS3Access", "AWSRevokeOlderSessions", &deny);
    let (began, (told, before)) = (story.clock.now(), revoke(&story).await);
    assert_eq!(before.to_string(), further, "{told:#?}");
    let put = story.calls(Operation::PutRolePolicy).pop().expect("put");
    assert!(put.parameter("policyDocument").expect("a document").contains(further));
    assert!(story.clock.now().duration_since(began) < minutes(2));
}

#[tokio::test(start_paused = true)]
async fn a_secrets_manager_that_is_silent_does_not_hold_up_the_deny() {
    let story = Story::new(ONE_DAY).await;
    story.world.fail(Operation::PutSecretValue, Fault::Silent, usize::MAX);
    let (told, _, undone) = revoke_as_far_as_it_goes(&story, true).await;
    let first = |operation| story.calls(operation).first().expect("it was called").at;
    let waited = first(Operation::PutRolePolicy).duration_since(first(Operation::PutSecretValue));
    assert!((seconds(5)..=seconds(6)).contains(&waited), "{waited:#}");
    assert!(told.iter().any(|line| line.starts_with("Deny AWSRevokeOlderSessions on ")), "{told:#?}");
    assert!(undone.len() == 1 && undone[0].starts_with("no tombstone in sensitive-s3 (SensitiveS3): "), "{undone:#?}");
}

/// Secrets Manager is out of reach once the Deny is there: that nothing slipped in is not said.
#[tokio::test(start_paused = true)]
async fn a_second_look_that_fails_is_said() {
    let story = Story::new(ONE_DAY).await;
    let world = story.world.clone();
    story.world.when_next(Operation::PutRolePolicy, move || {
        let refused = strict_aws::ApiError::new(400, "AccessDeniedException", "no");
        world.fail(Operation::DescribeSecret, Fault::Answer(refused), usize::MAX);
    });
    let (_, _, undone) = revoke_as_far_as_it_goes(&story, true).await;
    assert_eq!(
        undone,
        [
            "no second look at sensitive-s3: secretsmanager:DescribeSecret failed with AccessDeniedException: no\n  access: a session \
          from before may be in sensitive-s3 again; it is denied, so its readers may be without access until the next refresh\n  to \
          do: credadmin status; if a session is published that was issued before, credadmin revoke sensitive-s3 again"
        ]
    );
}
