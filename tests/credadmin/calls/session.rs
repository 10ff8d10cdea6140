//! What STS is asked for, and what of its answer is believed.

use credadmin::aws::Answer;
use credadmin::aws::trouble::{Kind, Operation, Trouble};
use credadmin::grant::Span;
use credadmin::session::{SKEW_ALERT, SKEW_BOUND, Session, TOLERANCE, TOO_EARLY, apart, issue, skew};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{START, Scripted, after, at, credential, names, secret};

const WHOLE: [&str; 3] = ["ASIAEXAMPLE", "key", "token"];

fn answer(parts: [&str; 3], expiration: Timestamp) -> Answer {
    let credential = credential(parts);
    Answer { credential, expiration, token_utilization: Some(7), request_id: Some("request".into()) }
}

/// What comes of an answer to the question for a session in `life`, an hour before its end at the earliest.
async fn judged(policy: bool, life: Span, parts: [&str; 3], expiration: Timestamp) -> Result<Session, Trouble> {
    let aws = Scripted::new();
    // Where it is asked once more.
    aws.sessions.lock().unwrap().extend([answer(parts, expiration), answer(parts, expiration)]);
    issue(&aws, &aws.clock, &secret(policy), &names(&["g"]), life).await
}

/// The window that began long ago and closes so many milliseconds from now.
fn until(closes: i64) -> Span {
    Span { opens: Timestamp::MIN, closes: after(closes) }
}

const HOUR: i64 = 3_600_000;

#[tokio::test(start_paused = true)]
async fn sts_is_asked_for_what_the_config_says_and_for_no_more_time_than_is_left() {
    let aws = Scripted::new();
    for (policy, closes, seconds) in [(true, HOUR, 3600), (true, 1_800_000, 1800), (true, 300_000, 900), (false, 901_000, 901)] {
        aws.sessions.lock().unwrap().push_back(answer(WHOLE, after(seconds * 1000)));
        issue(&aws, &aws.clock, &secret(policy), &names(&["g"]), until(closes)).await.unwrap();
        let ask = aws.asked.lock().unwrap().pop().unwrap();
        assert_eq!((ask.duration_seconds, ask.policy.is_some()), (seconds, policy));
        assert_eq!(ask.role_arn, "arn:aws:iam::123456789012:role/SAccess");
        assert_eq!((ask.source_identity.as_deref(), ask.external_id.as_deref()), (Some("credadmin"), Some("x-1")));
        assert_eq!(ask.tags, [("team".to_owned(), "billing".to_owned())].into());
        assert_eq!(ask.session_name, "credadmin-g-20261201T080000Z");
    }
}

/// The session policy of a session that ends at 08:05.
async fn policy() -> Value {
    let aws = Scripted::new();
    aws.sessions.lock().unwrap().push_back(answer(WHOLE, after(900_000)));
    issue(&aws, &aws.clock, &secret(true), &names(&["g"]), until(300_000)).await.unwrap();
    let policy = aws.asked.lock().unwrap().pop().unwrap().policy.unwrap();
    assert!(policy.len() <= 1024, "half of what AWS takes, as tags take of it too: {}", policy.len());
    serde_json::from_str(&policy).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_session_policy_denies_all_from_the_end_on_and_what_would_outlast_it_at_once() {
    let policy = policy().await;
    let from = |instant: &str| json!({"DateGreaterThanEquals": {"aws:CurrentTime": instant}});
    let wanted = json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": from("2026-12-01T08:05:00Z")},
        // S3 gives out tokens of five minutes for directory buckets.
        {"Effect": "Deny", "Action": "s3express:CreateSession", "Resource": "*", "Condition": from("2026-12-01T08:00:00Z")},
        {"Effect": "Deny", "Action": policy["Statement"][3]["Action"], "Resource": "*"},
    ]);
    assert_eq!(policy, json!({"Version": "2012-10-17", "Statement": wanted}));
}

#[tokio::test(start_paused = true)]
async fn what_outlasts_a_session_is_denied_to_its_holder_and_what_readers_and_writers_need_is_not() {
    let policy = policy().await;
    let patterns: Vec<&str> =
        policy["Statement"][3]["Action"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    let denied = |call: &str| patterns.iter().any(|pattern| is_like(pattern, call));
    for call in [
        // Who may have the bucket, an object, or a part of it.
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketAcl",
        "s3:PutObjectAcl",
        "s3:PutObjectVersionAcl",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutAccountPublicAccessBlock",
        "s3:PutAccessPointPublicAccessBlock",
        "s3:PutBucketOwnershipControls",
        "s3:PutBucketTagging",
        "s3:PutBucketAbac",
        "s3:TagResource",
        "s3:UntagResource",
        "s3:CreateAccessPoint",
        "s3:CreateAccessPointForObjectLambda",
        "s3:CreateMultiRegionAccessPoint",
        "s3:PutAccessPointPolicy",
        "s3:PutAccessPointPolicyForObjectLambda",
        "s3:PutAccessPointConfigurationForObjectLambda",
        "s3:DeleteAccessPointPolicy",
        "s3:DeleteAccessPointPolicyForObjectLambda",
        "s3:PutMultiRegionAccessPointPolicy",
        "s3express:PutBucketPolicy",
        "s3express:DeleteBucketPolicy",
        "s3express:CreateAccessPoint",
        "s3express:PutAccessPointPolicy",
        "s3express:PutAccessPointScope",
        "s3express:DeleteAccessPointPolicy",
        "s3express:DeleteAccessPointScope",
        "s3express:TagResource",
        "s3express:UntagResource",
        // Where it is copied to, or told of.
        "s3:PutReplicationConfiguration",
        "s3:PutInventoryConfiguration",
        "s3:PutBucketNotification",
        "s3:PutBucketLogging",
        "s3:PutBucketWebsite",
        "s3:CreateBucketMetadataTableConfiguration",
        "s3:UpdateBucketMetadataJournalTableConfiguration",
        "s3:UpdateBucketMetadataInventoryTableConfiguration",
        "s3:CreateJob",
        "s3:UpdateJobStatus",
        "s3:DeleteBucket",
        // Credentials.
        "s3:GetDataAccess",
        "s3:CreateAccessGrant",
        "s3:CreateAccessGrantsLocation",
        "s3:PutAccessGrantsInstanceResourcePolicy",
        "lakeformation:GetTemporaryGlueTableCredentials",
        "lakeformation:GetTemporaryDataLocationCredentials",
        "signin:AuthorizeOAuth2Access",
        "signin:CreateOAuth2Token",
        "sts:AssumeRole",
        "sts:AssumeRoot",
        "sts:GetWebIdentityToken",
        "sts:GetDelegatedAccessToken",
        "sts:GetFederationToken",
        "sts:GetSessionToken",
        "sts:TagSession",
        "iam:PassRole",
        "iam:CreateAccessKey",
        "iam:PutRolePolicy",
        "iam:DeleteRolePolicy",
        "iam:UpdateAssumeRolePolicy",
        "iam:SetDefaultPolicyVersion",
        "kms:CreateGrant",
        "kms:PutKeyPolicy",
        "kms:ReplicateKey",
    ] {
        assert!(denied(call), "{call}");
    }
    for call in [
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:ListBucketMultipartUploads",
        "s3:ListAllMyBuckets",
        "s3:GetBucketLocation",
        "s3:GetBucketPolicy",
        "s3:GetBucketMetadataTableConfiguration",
        "s3:GetAccessPointConfigurationForObjectLambda",
        "s3:GetReplicationConfiguration",
        "s3:CreateBucket",
        "s3:DescribeJob",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:GetObjectTagging",
        "s3:GetObjectAcl",
        "s3:GetObjectAttributes",
        "s3:GetObjectAnnotation",
        "s3:PutObjectAnnotation",
        "s3:PutObject",
        "s3:PutObjectTagging",
        "s3:PutObjectRetention",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:RestoreObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
        "s3express:CreateSession",
        "lakeformation:GetDataAccess",
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "kms:DescribeKey",
        "sts:GetCallerIdentity",
    ] {
        assert!(!denied(call), "{call}");
    }
}

/// Whether a call is one of a pattern with any number of asterisks.
fn is_like(pattern: &str, call: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == call,
        Some((begins, rest)) => call.strip_prefix(begins).is_some_and(|left| {
            let ends = left.char_indices().map(|(at, _)| at).chain([left.len()]);
            ends.into_iter().any(|at| is_like(rest, &left[at..]))
        }),
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_name_has_64_characters_at_most() {
    let aws = Scripted::new();
    let (long, longest) = ("a".repeat(37), "a".repeat(64));
    for (grants, name) in [
        (vec![], "credadmin--20261201T080000Z".to_owned()),
        (vec!["g", "h"], "credadmin-g+1-20261201T080000Z".to_owned()),
        (vec!["g", "h", "i"], "credadmin-g+2-20261201T080000Z".to_owned()),
        (vec![&*long], format!("credadmin-{long}-20261201T080000Z")),
        (vec![&*longest], format!("credadmin-{long}-20261201T080000Z")),
        (vec![&*longest, "b"], format!("credadmin-{}+1-20261201T080000Z", &long[2..])),
    ] {
        aws.sessions.lock().unwrap().push_back(answer(WHOLE, after(HOUR)));
        issue(&aws, &aws.clock, &secret(true), &names(&grants), until(HOUR)).await.unwrap();
        let asked = aws.asked.lock().unwrap().pop().unwrap().session_name;
        assert_eq!(asked, name);
        assert!(asked.len() <= 64);
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_with_its_window_or_before_if_sts_says_so() {
    let session = judged(true, until(300_000), WHOLE, after(900_000)).await.unwrap();
    assert_eq!((session.ends, session.issued_at), (after(300_000), at(START)));
    assert_eq!((session.session_name.as_str(), session.skew), ("credadmin-g-20261201T080000Z", SignedDuration::ZERO));
    assert_eq!((session.token_utilization, session.request_id.as_deref()), (Some(7), Some("request")));
    assert_eq!(session.credential.access_key_id, "ASIAEXAMPLE");
    assert_eq!(judged(true, until(HOUR), WHOLE, after(HOUR - 1000)).await.unwrap().ends, after(HOUR - 1000));
}

#[tokio::test(start_paused = true)]
async fn each_answer_that_must_not_be_published_is_refused_from_the_boundary_on() {
    let bound = SKEW_BOUND.as_secs() * 1000;
    let open = |opens: i64| Span { opens: after(opens), closes: after(HOUR) };
    let tolerance = TOLERANCE.as_secs() * 1000;
    for (case, policy, life, parts, expiration, code) in [
        ("no key id", true, until(HOUR), ["", "k", "t"], HOUR, "EmptySession"),
        ("no key", true, until(HOUR), ["A", "", "t"], HOUR, "EmptySession"),
        ("no token", true, until(HOUR), ["A", "k", ""], HOUR, "EmptySession"),
        ("a key id of two lines", true, until(HOUR), ["A\nB", "k", "t"], HOUR, "EmptySession"),
        ("a key with a blank", true, until(HOUR), ["A", "k ", "t"], HOUR, "EmptySession"),
        ("a token that no header takes", true, until(HOUR), ["A", "k", "é"], HOUR, "EmptySession"),
        ("over now", true, until(HOUR), WHOLE, 0, "SessionOver"),
        ("over in a moment", true, until(HOUR), WHOLE, 1, ""),
        ("as late as a clock may be", true, until(HOUR), WHOLE, HOUR + bound, ""),
        ("later than that", true, until(HOUR), WHOLE, HOUR + bound + 1, "SessionTooLong"),
        ("to the end, uncut", false, until(HOUR), WHOLE, HOUR, ""),
        ("past the end, uncut", false, until(HOUR), WHOLE, HOUR + 1, "SessionTooLong"),
        ("begun before the end by AWS's clock", true, until(60_000), WHOLE, 900_000 + 59_999, ""),
        ("begun at the end by AWS's clock", true, until(60_000), WHOLE, 900_000 + 60_000, "SessionOver"),
        ("two seconds before it opens", true, open(tolerance), WHOLE, HOUR, ""),
        ("more than that", true, open(tolerance + 1), WHOLE, HOUR, TOO_EARLY),
    ] {
        let judged = judged(policy, life, parts, after(expiration)).await;
        let trouble = judged.err();
        assert_eq!(trouble.as_ref().map_or("", |trouble| trouble.code.as_str()), code, "{case}");
        if let Some(trouble) = trouble {
            assert_eq!((trouble.operation, trouble.kind), (Operation::AssumeRole, Kind::BadSession), "{case}");
            assert_eq!(trouble.request_id.as_deref(), Some("request"), "{case}");
        }
    }
}

/// Nothing but its duration ends a session without a session policy, and STS counts that by AWS's clock.
#[tokio::test(start_paused = true)]
async fn an_uncut_session_by_a_clock_that_is_a_little_behind_is_asked_for_again_shorter() {
    for (behind, asks) in [(0, 1), (1, 2), (2_000, 2), (2_001, 1)] {
        let aws = Scripted::new();
        let ends = |seconds: i64| after(seconds * 1000 + behind);
        aws.sessions.lock().unwrap().extend([3600, 3598].map(|seconds| answer(WHOLE, ends(seconds))));
        let issued = issue(&aws, &aws.clock, &secret(false), &names(&["g"]), until(HOUR)).await;
        let asked: Vec<i64> = aws.asked.lock().unwrap().iter().map(|ask| ask.duration_seconds).collect();
        assert_eq!(asked, [3600, 3598][..asks], "{behind}");
        match behind {
            2_001 => assert_eq!(issued.unwrap_err().code, "SessionTooLong"),
            _ => assert_eq!(issued.unwrap().ends, ends(asked[asks - 1]), "{behind}"),
        }
    }
    // There is no shorter one than 15 minutes.
    let aws = Scripted::new();
    aws.sessions.lock().unwrap().extend([901, 901].map(|seconds| answer(WHOLE, after(seconds * 1000))));
    let issued = issue(&aws, &aws.clock, &secret(false), &names(&["g"]), until(900_000)).await;
    assert_eq!(issued.unwrap_err().code, "SessionTooLong");
}

#[tokio::test(start_paused = true)]
async fn whose_clock_is_to_blame_is_told() {
    let early = |behind: i64| async move {
        let life = Span { opens: at(START), closes: after(HOUR) };
        judged(true, life, WHOLE, after(HOUR - behind)).await.unwrap_err().message
    };
    // AWS's time is known to a second: as far as is certain, it is 999 ms less.
    assert_eq!(
        early(300_999).await,
        "by AWS's clock, 5m behind ours, the window is not open yet: it opens at 2026-12-01T08:00:00Z; the session is not published"
    );
    assert_eq!(
        early(301_999).await,
        "AWS's clock is 5m 1s behind ours, too far for windows to mean anything; the session is not published"
    );
    let late = judged(false, until(HOUR), WHOLE, after(HOUR + 60_000)).await.unwrap_err().message;
    assert!(late.starts_with("STS answered with a session until 2026-12-01T09:01:00Z, later than planned (2026-12-01T09:00:00Z), by a clock 1m ahead of ours"), "{late}");
    let over = judged(true, until(HOUR), WHOLE, after(-60_000)).await.unwrap_err().message;
    assert!(over.contains("by a clock 1h 59s behind ours"), "{over}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_long_is_judged_by_when_it_came() {
    let mut aws = Scripted::new();
    aws.takes = SignedDuration::from_secs(10);
    for (expiration, is_good) in [(10_001, true), (10_000, false)] {
        let start = aws.clock.now();
        let later = |milliseconds| start + SignedDuration::from_millis(milliseconds);
        aws.sessions.lock().unwrap().push_back(answer(WHOLE, later(expiration)));
        let life = Span { opens: Timestamp::MIN, closes: later(HOUR) };
        let issued = issue(&aws, &aws.clock, &secret(true), &names(&["g"]), life).await;
        assert_eq!(issued.is_ok(), is_good, "{expiration}");
    }
}

#[test]
fn the_clocks_are_apart_by_what_is_certain_and_no_more() {
    let (asked, answered) = (0, 2_000);
    for (aws, wanted) in [(-1_000, -1), (-999, 0), (0, 0), (2_000, 0), (2_001, 1), (62_000, 60_000), (-60_999, -60_000)] {
        let found = skew(after(aws), after(asked), after(answered));
        assert_eq!(found, SignedDuration::from_millis(wanted), "{aws}");
    }
    assert_eq!((SKEW_BOUND, SKEW_ALERT), (SignedDuration::from_mins(5), SignedDuration::from_mins(1)));
    for (skew, words) in [
        (0, "less than a second from"),
        (999, "less than a second from"),
        (1_000, "1s ahead of"),
        (-1_000, "1s behind"),
        (90_500, "1m 30s ahead of"),
    ] {
        assert_eq!(apart(SignedDuration::from_millis(skew)), words);
    }
}
