//! The model's secret beside that of strict-aws, which keeps Secrets Manager's rules: the same writes, the same answers, the same
//! labels.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use credadmin_protocol::world::{Answer, Put, Session, World};
use jiff::{SignedDuration, Timestamp};
use strict_aws::{Caller, PutSecretValue, Role};

const SEED: u64 = 7;

#[test]
fn the_models_secret_is_that_of_strict_aws() {
    let start: Timestamp = "2026-12-01T08:00:00Z".parse().expect("an instant");
    // Seconds, for the sake of the rate.
    let elapsed = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&elapsed);
    let account = strict_aws::World::new(move || start + SignedDuration::from_secs(clock.load(Ordering::Relaxed)));
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":"secretsmanager:*"}]}"#;
    account.add_role(Role::new("CredAdmin").policy("job", policy));
    account.create_secret("Alpha", None);
    let keys = account.instance_credentials(&account.launch_instance("CredAdmin")).expect("a role");
    let mut world = World::default();
    let mut chance = fastrand::Rng::with_seed(SEED);
    let (mut written, mut exists) = (0, 0);
    for _ in 0..400 {
        let now = start + SignedDuration::from_secs(1 + elapsed.fetch_add(1, Ordering::Relaxed));
        let caller = Caller::holding(&keys).signed_at(now);
        let (token, number) = (format!("{:032}", chance.u8(0..60)), chance.u8(1..4));
        let session = Session { number, config: 0, ends: start, denied: false };
        let put = Put { daemon: 0, send: 1, id: token.as_str().into(), session, outside: false };
        let request = PutSecretValue {
            secret_id: "Alpha".to_owned(),
            client_request_token: Some(token),
            secret_string: number.to_string(),
            version_stages: None,
        };
        match (world.put(put, false), account.put_secret_value(&caller, &request)) {
            (Answer::Written, Ok(_)) => written += 1,
            (Answer::Exists, Err(error)) if error.code == "ResourceExistsException" => exists += 1,
            (model, strict) => panic!("{model:?}, but {strict:?}"),
        }
        let described = account.describe_secret(&caller, "Alpha").expect("it is there").version_ids_to_stages;
        let of = |label: &str| described.iter().find(|(_, labels)| labels.iter().any(|it| it == label)).map(|(id, _)| id.clone());
        let staged = world.staged(world.versions.len());
        assert_eq!((staged.current, staged.others.first().cloned()), (of("AWSCURRENT"), of("AWSPREVIOUS")));
        assert_eq!(described.len(), 1 + staged.others.len());
    }
    println!(
        "seed {SEED}: {} versions, {written} times written or there, {exists} times there with other content",
        world.versions.len()
    );
    assert!(world.versions.len() > 40 && written > world.versions.len() && exists > 100);
}
