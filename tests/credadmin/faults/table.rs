//! The tables of aws-facts §6 and §7, row by row, each from an empty secret and under a published session.

use jiff::SignedDuration;
use strict_aws::{ApiError, Fault, Operation};
use tracing::Level;

use super::Tries::{AfterQuota, Slowly, Soon};
use super::{DELETED, FAILING, LONG, NO_SECRET, NOT_WRITABLE, Tries, failed, judge_sentence};
use crate::story::{ONE_DAY, Story, minutes, seconds};

/// A row: the call it hits, its status, code and text; how it is retried; its message id; what the remedy names.
struct Row(Operation, u16, &'static str, &'static str, Tries, &'static str, &'static str);

const DESCRIBE: Operation = Operation::DescribeSecret;
const PUT: Operation = Operation::PutSecretValue;
const ASSUME: Operation = Operation::AssumeRole;

/// aws-facts §6.
const SECRETS_MANAGER: &[Row] = &[
    Row(
        DESCRIBE,
        400,
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret.",
        Slowly,
        NO_SECRET,
        "create the secret",
    ),
    Row(
        PUT,
        400,
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret.",
        Slowly,
        NO_SECRET,
        "create the secret",
    ),
    Row(
        PUT,
        400,
        "InvalidRequestException",
        "You can't perform this operation on the secret because it was marked for deletion.",
        Slowly,
        DELETED,
        "aws secretsmanager restore-secret",
    ),
    Row(
        PUT,
        400,
        "InvalidRequestException",
        "You can't perform this operation on the secret because it's managed by rds.",
        Slowly,
        NOT_WRITABLE,
        "name a secret that no AWS service manages",
    ),
    Row(DESCRIBE, 400, "InvalidParameterException", "Invalid name.", Slowly, FAILING, "check secret_id"),
    Row(PUT, 400, "InvalidParameterException", "Invalid name.", Slowly, FAILING, "check secret_id"),
    Row(
        PUT,
        400,
        "LimitExceededException",
        "You have exceeded a limit.",
        AfterQuota,
        FAILING,
        "find out who else writes to this secret",
    ),
    Row(PUT, 400, "EncryptionFailure", "Secrets Manager can't encrypt the secret.", Slowly, FAILING, "kms:GenerateDataKey"),
    Row(PUT, 400, "DecryptionFailure", "Secrets Manager can't decrypt the secret.", Slowly, FAILING, "kms:Decrypt"),
    Row(DESCRIBE, 500, "InternalServiceError", "An error occurred on the server side.", Soon, FAILING, "AWS Health Dashboard"),
    Row(PUT, 500, "InternalServiceError", "An error occurred on the server side.", Soon, FAILING, "AWS Health Dashboard"),
    Row(DESCRIBE, 400, "ThrottlingException", "Rate exceeded", Soon, FAILING, "request quota"),
    Row(PUT, 400, "ThrottlingException", "Rate exceeded", Soon, FAILING, "request quota"),
    Row(
        DESCRIBE,
        400,
        "AccessDeniedException",
        "User: x is not authorized",
        Slowly,
        FAILING,
        "check that the secret exists in this region",
    ),
    Row(PUT, 400, "AccessDeniedException", "Access to KMS is not allowed", Slowly, FAILING, "KMS key"),
];

/// aws-facts §1 and §7.
const STS: &[Row] = &[
    Row(
        ASSUME,
        403,
        "AccessDenied",
        "User: x is not authorized to perform: sts:AssumeRole on resource: y",
        Slowly,
        FAILING,
        "trust policy",
    ),
    Row(
        ASSUME,
        403,
        "AccessDenied",
        "User: x is not authorized to perform: sts:SetSourceIdentity on resource: y",
        Slowly,
        FAILING,
        "sts:SetSourceIdentity",
    ),
    Row(ASSUME, 400, "ValidationError", "1 validation error detected: Value 'x' at 'tags'", Slowly, FAILING, "check role_arn"),
    Row(
        ASSUME,
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        Slowly,
        FAILING,
        "session_duration",
    ),
    Row(
        ASSUME,
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        Slowly,
        FAILING,
        "session_duration",
    ),
    Row(
        ASSUME,
        403,
        "ExpiredToken",
        "The security token included in the request is expired",
        Soon,
        FAILING,
        "instance role still exists",
    ),
    Row(
        ASSUME,
        403,
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
        Soon,
        FAILING,
        "instance role",
    ),
    Row(ASSUME, 403, "SignatureDoesNotMatch", "Signature expired: a is now earlier than b", Slowly, FAILING, "timedatectl"),
    Row(ASSUME, 403, "RegionDisabledException", "STS is not activated in this region", Slowly, FAILING, "switch STS on"),
    Row(ASSUME, 400, "MalformedPolicyDocument", "Syntax errors in policy.", Slowly, FAILING, "session_policy"),
    Row(
        ASSUME,
        400,
        "PackedPolicyTooLarge",
        "Packed size of session tags consumes 498% of allotted space.",
        Slowly,
        FAILING,
        "fewer or shorter tags",
    ),
    Row(ASSUME, 400, "Throttling", "Rate exceeded", Soon, FAILING, "request quota"),
    Row(ASSUME, 500, "InternalFailure", "The request processing has failed.", Soon, FAILING, "AWS Health Dashboard"),
    Row(ASSUME, 503, "ServiceUnavailable", "The server is busy.", Soon, FAILING, "AWS Health Dashboard"),
];

impl Row {
    fn fault(&self) -> Fault {
        Fault::Answer(ApiError::new(self.1, self.2, self.3))
    }

    /// Nothing is published yet: no access at all until it heals.
    async fn from_the_start(&self) {
        let Self(operation, _, code, text, tries, id, remedy) = *self;
        let what = format!("{operation:?} {code}: {text}");
        let story = Story::new(ONE_DAY).await;
        story.world.fail(operation, self.fault(), usize::MAX);
        let mut daemon = story.daemon().await;
        story.pass(LONG).await;
        let record = daemon.says_once("failing for");
        judge_sentence(
            &record,
            id,
            &format!("failed with {code}: {}", text.trim_end_matches('.')),
            "no access for quarter-end",
            remedy,
        );
        assert_eq!(record.fields.error_code.as_deref(), Some(code));
        assert!(record.fields.aws_request_id.is_some() && record.fields.grant.as_deref() == Some("quarter-end"), "{record:?}");
        let failed = failed(&story, operation, code);
        assert!(failed.len() >= 7, "{what}: {} tries in two hours", failed.len());
        // A put that may have arrived is sent a second time at once; that is no new try.
        let twice = operation == PUT && self.1 >= 500;
        let every_try: Vec<_> = failed.into_iter().step_by(if twice { 2 } else { 1 }).collect();
        tries.judge(&every_try, &what);
        assert_eq!(story.world.versions("SensitiveS3").len(), 0, "{what}");

        story.world.heal();
        story.pass(minutes(18)).await;
        let well = daemon.says_once("well again: sensitive-s3 after ");
        assert_eq!((well.level, well.message.ends_with("failed tries")), (Level::INFO, true), "{}", well.message);
        assert!(!daemon.says("session published").is_empty(), "{what}");
        assert_eq!(daemon.says("failing").len(), 1, "{what}: said once");
        daemon.kill();
    }

    /// A session is published already: access goes on until it dies, and the tries don't let it die between two of them.
    async fn under_a_session(&self) {
        let Self(operation, _, code, _, tries, ..) = *self;
        let what = format!("{operation:?} {code}");
        let story = Story::new(ONE_DAY).await;
        let mut daemon = story.daemon().await;
        story.pass(seconds(5)).await;
        let published = story.value();
        let dies: jiff::Timestamp = published["expiration"].as_str().expect("a text").parse().expect("an instant");
        story.world.fail(operation, self.fault(), usize::MAX);
        story.pass(dies.duration_since(story.clock.now()) - seconds(1)).await;
        let failing = daemon.says_once("failing for sensitive-s3");
        assert!(failing.message.contains(&format!("access goes on until {dies}")), "{what}: {}", failing.message);
        assert_eq!(story.value(), published, "{what}: what is published is left alone");
        assert_eq!(daemon.says("access lapsed").len(), 0, "{what}");
        let last_tries = failed(&story, operation, code);
        assert!(last_tries.len() > 1, "{what}: tried again while the session lived");
        story.pass(SignedDuration::from_mins(30)).await;
        let lapsed = daemon.says_once("access lapsed in sensitive-s3 at");
        assert!(
            lapsed.level == Level::ERROR && lapsed.message.contains(&format!("at {dies}, while open for quarter-end")),
            "{lapsed:?}"
        );
        if tries != AfterQuota {
            let last = last_tries.iter().map(|call| call.at).max().expect("a try");
            assert!(
                dies.duration_since(last) <= seconds(62),
                "{what}: the last try was {:#} before the end",
                dies.duration_since(last)
            );
        }
        story.world.heal();
        story.pass(minutes(18)).await;
        daemon.says_once("well again: sensitive-s3 after ");
        assert!(daemon.says("session published").len() >= 2, "{what}");
        assert_eq!(daemon.says("failing").len(), 1, "{what}: said once");
        daemon.kill();
    }
}

#[tokio::test(start_paused = true)]
async fn each_error_of_secrets_manager_before_anything_is_published() {
    for row in SECRETS_MANAGER {
        row.from_the_start().await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_error_of_sts_before_anything_is_published() {
    for row in STS {
        row.from_the_start().await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_error_of_secrets_manager_under_a_published_session() {
    for row in SECRETS_MANAGER {
        row.under_a_session().await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_error_of_sts_under_a_published_session() {
    for row in STS {
        row.under_a_session().await;
    }
}

/// Troubles that come one after another without a good moment between are each told once, those that pass by themselves as one.
#[tokio::test(start_paused = true)]
async fn a_secret_that_fails_in_turns_says_each_kind_once() {
    let story = Story::new(ONE_DAY).await;
    let mut daemon = story.daemon().await;
    story.pass(seconds(5)).await;
    for _ in 0..20 {
        story.world.fail(DESCRIBE, STS[11].fault(), 1);
        story.world.fail(DESCRIBE, SECRETS_MANAGER[13].fault(), 1);
        story.world.fail(DESCRIBE, SECRETS_MANAGER[9].fault(), 1);
    }
    story.pass(SignedDuration::from_hours(3)).await;
    let failing = daemon.says("failing for");
    assert_eq!(failing.len(), 2, "{failing:#?}");
    assert!(failing[0].contains("Throttling") && failing[1].contains("AccessDeniedException"), "{failing:#?}");
    daemon.says_once("well again: sensitive-s3 after ");
    daemon.kill();
}
