//! What there is instead of a session: each reason in its own words, and the exit status that scripts go by.

use strict_aws::{ApiError, Fault, Operation};

use super::{Said, Scene, in_seconds};

const CLOSED: i32 = 75;
const FAILED: i32 = 1;

fn refused(said: &Said, code: i32, words: &str) {
    let Said { code: status, out, words: told } = said;
    assert_eq!((*status, out.as_str(), told.as_str()), (code, "", format!("error: SensitiveS3: {words}\n").as_str()));
}

#[test]
fn outside_a_window_it_says_since_when_and_hands_out_nothing() {
    let scene = Scene::new();
    refused(&scene.process(), CLOSED, "closed: the secret has no value yet; no window has opened so far");

    let ended = in_seconds(-1);
    let words = format!("closed since {ended}: the session in the secret has ended, and none has taken its place");
    let mut session = scene.publish("over", ended);
    refused(&scene.process(), CLOSED, &words);
    for (next, more) in [(in_seconds(7200), "it opens again at"), (in_seconds(-1), "it was to open again at")] {
        session["opens_next"] = next.to_string().into();
        scene.put(&session.to_string());
        refused(&scene.process(), CLOSED, &format!("{words}; by the plan of then {more} {next}"));
    }

    for (tombstone, words) in [
        (r#"{"state":"closed","since":"2026-12-01T09:00:00Z"}"#, "closed since 2026-12-01T09:00:00Z: revoked"),
        (
            r#"{"state":"closed","since":"2026-12-01T09:00:00Z","reason":"laptop\n \u0007lost"}"#,
            "closed since 2026-12-01T09:00:00Z: revoked: laptop lost",
        ),
        (r#"{"state":"closed","since":"just now"}"#, "closed: revoked"),
    ] {
        scene.put(tombstone);
        refused(&scene.process(), CLOSED, words);
    }
    // Whatever else is in it.
    let mut session = scene.session("revoked", in_seconds(3600));
    session["state"] = "closed".into();
    scene.put(&session.to_string());
    refused(&scene.process(), CLOSED, "closed: revoked");
}

#[test]
fn a_value_that_is_no_session_is_not_handed_out_nor_quoted() {
    let scene = Scene::new();
    let whole = scene.session("one", in_seconds(3600));
    let with = |key: &str, value: serde_json::Value| {
        let mut session = whole.clone();
        session[key] = value;
        session.to_string()
    };
    let without = |key: &str| {
        let mut session = whole.clone();
        session.as_object_mut().expect("an object").remove(key);
        session.to_string()
    };
    let text = whole.to_string();
    let shape =
        |line: usize, column: usize| format!("it is not the JSON object that credadmin writes (line {line}, column {column})");
    let type_at = with("sessionKey", 7.into()).find(":7").expect("a number") + 2;
    for (value, why) in [
        ("hunter2".to_owned(), shape(1, 0)),
        (format!("[{text}]"), shape(1, 0)),
        (text[..text.len() - 1].to_owned(), shape(1, text.len() - 1)),
        (with("sessionKey", 7.into()), shape(1, type_at)),
        (without("sessionId"), "it has no sessionId".into()),
        (with("sessionKey", "".into()), "it has no sessionKey".into()),
        (without("sessionToken"), "it has no sessionToken".into()),
        (without("expiration"), "it has no expiration".into()),
        (with("expiration", "tomorrow".into()), "its expiration is no instant".into()),
        (with("sessionToken", "two words".into()), "its sessionToken has characters that no credential has".into()),
        (with("state", "ajar".into()), "its state is none that this version of credadmin knows".into()),
    ] {
        scene.put(&value);
        let words = format!("the value of the secret is no session: {why}; find out who else writes to it");
        refused(&scene.process(), FAILED, &words);
    }
}

#[test]
fn a_secret_that_cannot_be_read_is_told_with_what_to_do() {
    let scene = Scene::open();
    let call = "secretsmanager:GetSecretValue failed with";
    let fault = |fault: Fault, times: usize| {
        scene.aws.world.fail(Operation::GetSecretValue, fault, times);
        let before = scene.reads();
        let said = scene.process();
        scene.aws.world.heal();
        (said, scene.reads() - before)
    };
    let error = |status, code: &str, message: &str| Fault::Answer(ApiError::new(status, code, message));
    let check = "check --secret-id and --region, and that this instance's role allows the call on the secret, and kms:Decrypt on its \
                 KMS key; a change takes a few minutes to be seen";
    let (said, _) = fault(error(400, "AccessDeniedException", "no"), 9);
    refused(&said, FAILED, &format!("{call} AccessDeniedException: no; {check}"));
    let (said, _) = fault(error(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."), 9);
    let missing = "ResourceNotFoundException: Secrets Manager can't find the specified secret";
    refused(&said, FAILED, &format!("{call} {missing}; {check}"));
    let (said, _) = fault(error(500, "InternalServiceError", "oops"), 9);
    let wait = "nothing to do unless it lasts: see the AWS Health Dashboard";
    refused(&said, FAILED, &format!("{call} InternalServiceError: oops; {wait}"));
    // What passes by itself is tried again.
    let (said, _) = fault(error(500, "InternalServiceError", "oops"), 2);
    assert_eq!(said.code, 0, "{said:?}");
    scene.aws.world.set_metadata_enabled(&scene.instance, false);
    let said = scene.process();
    assert!(said.code == 1 && said.words.contains("NoRegion"), "{said:?}");
    assert!(
        said.words.ends_with("; give --region, or check that IMDSv2 is on: the metadata service tells it, too\n"),
        "{said:?}"
    );
}
