//! What ministack does not look at, against the strict double: source identity and tags on both sides, and how long sessions are.

use serde_json::Value;
use strict_aws::{Caller, Role, SendEmail};

use super::{BUCKET, CONFIG, made, statements, texts};
use crate::harness::{Credadmin, PATIENCE};
use crate::story::Beside;

const WINDOW: &str = "[grants.g]\nsecret = 'sensitive-s3'\nfrom = '2020-01-01T00:00:00Z'\nuntil = '2199-01-01T00:00:00Z'\n";

/// The trust, as far as the double has words for it; it has none for conditions on what is set.
fn trust(role: &mut Role, documents: &Value) {
    let trust = statements(documents, "SensitiveS3Access.trust.json");
    let allows = |action: &str| trust.iter().any(|statement| texts(&statement["Action"]).contains(&action));
    let condition = |operator: &str, key: &str| trust[0]["Condition"][operator][key].as_str().map(str::to_owned);
    role.trusted = texts(&trust[0]["Principal"]["AWS"]).into_iter().map(str::to_owned).collect();
    role.session_name_like = condition("StringLike", "sts:RoleSessionName");
    role.external_id = condition("StringEquals", "sts:ExternalId");
    role.allows_source_identity = allows("sts:SetSourceIdentity");
    role.allows_tags = allows("sts:TagSession");
}

/// What the daemon says in an account of these documents: that it has published, or why not.
fn story(config: &str, documents: &Value, max_session: i64) -> (String, Beside) {
    let aws = Beside::new(&["SensitiveS3"]);
    aws.world.update_role("CredAdmin", |role: &mut Role| {
        role.policies = [("credadmin".to_owned(), documents["CredAdmin.credadmin.json"].to_string())].into();
    });
    aws.world.update_role("SensitiveS3Access", |role: &mut Role| {
        trust(role, documents);
        role.max_session_seconds = max_session;
    });
    aws.world.set_instance_roles_are_capped(false);
    let config = config.replace("credentials = 'default-chain'\n", "");
    let variables = aws.environment.iter().map(|(name, value)| (*name, value.as_str()));
    let credadmin =
        variables.fold(Credadmin::new(&format!("{config}{WINDOW}")), |credadmin, (name, value)| credadmin.env(name, value));
    let daemon = credadmin.run();
    let outcome = daemon.wait_for("session or failure", PATIENCE, |lines| {
        let of_it = |line: &&String| line.contains("session published in") || line.contains("ERROR failing");
        lines.iter().map(|(_, line)| line).find(of_it).cloned()
    });
    (outcome, aws)
}

fn without(documents: &Value, name: &str, action: &str) -> Value {
    let mut less = documents.clone();
    let statements = less[name]["Statement"].as_array_mut().expect("statements");
    let before = statements.len();
    statements.retain(|statement| !texts(&statement["Action"]).contains(&action));
    assert_eq!(statements.len() + 1, before, "{action} has a statement of its own in {name}");
    less
}

#[test]
fn the_daemon_needs_each_statement_on_both_sides() {
    let documents = made(CONFIG, &BUCKET);
    let (outcome, aws) = story(CONFIG, &documents, 3600);
    assert!(outcome.contains("session published in"), "{outcome}");
    let sessions = aws.world.sessions();
    let session = sessions.last().expect("a session");
    assert_eq!(session.source_identity.as_deref(), Some("credadmin"));
    assert_eq!(session.tags, [("team".to_owned(), "billing".to_owned())]);
    let both = ["CredAdmin.credadmin.json", "SensitiveS3Access.trust.json"];
    for (name, action) in both.iter().flat_map(|name| ["sts:SetSourceIdentity", "sts:TagSession"].map(|action| (*name, action))) {
        let (outcome, _) = story(CONFIG, &without(&documents, name, action), 3600);
        assert!(outcome.contains("ERROR failing") && outcome.contains(action), "{action} of {name}: {outcome}");
    }
}

#[test]
fn what_the_config_does_not_use_is_not_allowed() {
    let plain = CONFIG.split("external_id").next().expect("a config");
    let documents = made(plain, &BUCKET);
    let text = documents.to_string();
    for word in ["SetSourceIdentity", "TagSession", "ExternalId", "kms:", "ses:", "iam:Put"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    let (outcome, _) = story(plain, &documents, 3600);
    assert!(outcome.contains("session published in"), "{outcome}");
}

#[test]
fn the_roles_maximum_is_as_long_as_its_sessions() {
    for (duration, seconds) in [("45m", 3600), ("1h", 3600), ("90m", 5400), ("12h", 43_200)] {
        let config = format!("{CONFIG}session_duration = '{duration}'\n");
        let template = made(&config, &["--format", "cloudformation"]);
        let made_for = &template["Resources"]["SensitiveS3AccessRole"]["Properties"]["MaxSessionDuration"];
        assert_eq!(made_for.as_i64(), Some(seconds), "{duration}");
        let documents = made(&config, &BUCKET);
        let (outcome, aws) = story(&config, &documents, seconds);
        assert!(outcome.contains("session published in"), "{outcome}");
        let longest = aws.world.sessions().iter().map(|session| session.requested_seconds).max();
        assert!(longest.is_some_and(|longest| longest <= seconds), "{longest:?}");
    }
}

/// In the sandbox every recipient is an identity of the account, and SES asks for the right to it too.
#[test]
fn mail_reaches_the_verified_of_the_sandbox_and_from_its_sender_alone() {
    let documents = made(CONFIG, &["--mail-from", "credadmin@example.com", "--mail-configuration-set", "tls"]);
    let aws = Beside::new(&[]);
    let daemon = aws.world.add_user("daemon", &[&documents["CredAdmin.credadmin.json"].to_string()]);
    ["example.com", "jane@corp.example"].into_iter().for_each(|identity| aws.world.verify_identity(identity));
    aws.world.put_configuration_set("tls", true);
    let send = |from: &str| {
        let mail = SendEmail {
            from: from.into(),
            to: vec!["jane@corp.example".into()],
            configuration_set: Some("tls".into()),
            subject: "s".into(),
            text: Some("t".into()),
            ..SendEmail::default()
        };
        aws.world.send_email(&Caller::holding(&daemon), &mail).map(drop).map_err(|error| error.code)
    };
    assert_eq!(send("credadmin@example.com"), Ok(()));
    assert_eq!(send("ceo@example.com"), Err("AccessDeniedException".into()));
}
