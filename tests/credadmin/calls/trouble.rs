//! The error table, row by row: which kind an answer is, how it is tried again, and what an operator is told to do.

use credadmin::aws::trouble::{Kind, Operation, Trouble};
use credadmin::schedule::backoff::Pace;

/// Kind, the codes that are it, and how it is tried again (aws-facts §6, §7, §9, §11).
const CODES: &[(Kind, &[&str])] = &[
    (Kind::Denied, &["AccessDenied", "AccessDeniedException"]),
    (
        Kind::Throttled,
        &[
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "RequestThrottled",
            "RequestThrottledException",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "SlowDown",
        ],
    ),
    (
        Kind::StaleCredentials,
        &[
            "ExpiredToken",
            "ExpiredTokenException",
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "InvalidAccessKeyId",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
        ],
    ),
    (Kind::WrongTime, &["RequestExpired", "RequestTimeTooSkewed"]),
    (
        Kind::BadSignature,
        &["SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "IncompleteSignatureException"],
    ),
    (Kind::RegionDisabled, &["RegionDisabledException"]),
    (
        Kind::BadPolicy,
        &["MalformedPolicyDocument", "MalformedPolicyDocumentException", "PackedPolicyTooLarge", "PackedPolicyTooLargeException"],
    ),
    (Kind::NoSecret, &["ResourceNotFoundException"]),
    (Kind::NotWritable, &["InvalidRequestException"]),
    (Kind::Exists, &["ResourceExistsException"]),
    (Kind::VersionQuota, &["LimitExceededException"]),
    (Kind::Kms, &["EncryptionFailure", "EncryptionFailureException", "DecryptionFailure", "DecryptionFailureException"]),
    (Kind::Invalid, &["ValidationError", "ValidationException", "InvalidParameterException", "InvalidParameterValue"]),
    (Kind::Server, &["InternalServiceError", "InternalFailure", "InternalServerError", "ServiceUnavailable"]),
];

/// How each kind is tried again, and what an operator does about it, by a few words of the sentence.
const KINDS: &[(Kind, Pace, &str)] = &[
    (Kind::Throttled, Pace::Soon, "request quota"),
    (Kind::Server, Pace::Soon, "AWS Health Dashboard"),
    (Kind::Network, Pace::Soon, "route from this host"),
    (Kind::Timeout, Pace::Soon, "route from this host"),
    (Kind::Garbled, Pace::Soon, "answers in its place"),
    (Kind::NoCredentials, Pace::Soon, "attach the instance profile"),
    (Kind::NoRegion, Pace::Soon, "set region in the config"),
    (Kind::StaleCredentials, Pace::Soon, "fetched by themselves"),
    (Kind::WrongTime, Pace::Soon, "nothing rewrites its requests"),
    (Kind::BadSignature, Pace::Slowly, "nothing rewrites its requests"),
    (Kind::Denied, Pace::Slowly, "trust policy names this instance's role"),
    (Kind::OverRoleMaximum, Pace::Slowly, "MaxSessionDuration or less"),
    (Kind::OverChainMaximum, Pace::Slowly, "session_duration = \"1h\""),
    (Kind::RegionDisabled, Pace::Slowly, "switch STS on"),
    (Kind::BadPolicy, Pace::Slowly, "fewer or shorter tags"),
    (Kind::Invalid, Pace::Slowly, "external_id of this secret"),
    (Kind::NoSecret, Pace::Slowly, "create the secret"),
    (Kind::Deleted, Pace::Slowly, "restore-secret"),
    (Kind::NotWritable, Pace::Slowly, "no AWS service manages"),
    (Kind::Exists, Pace::Soon, "another instance was first"),
    (Kind::VersionQuota, Pace::AfterQuota, "keeps 100 versions in 24 h"),
    (Kind::VersionBudget, Pace::AfterQuota, "keeps 100 versions in 24 h"),
    (Kind::Kms, Pace::Slowly, "kms:GenerateDataKey"),
    (Kind::BadSession, Pace::Soon, "if it lasts, check this host's clock"),
    (Kind::Other, Pace::Slowly, "look the code up"),
];

fn kind(status: u16, code: &str, message: &str) -> Kind {
    Trouble::from_answer(Operation::AssumeRole, status, code, message).kind
}

#[test]
fn each_code_is_of_its_kind_whatever_the_status() {
    for (wanted, codes) in CODES {
        for code in *codes {
            for status in [400, 403, 429, 500] {
                assert_eq!(kind(status, code, ""), *wanted, "{code} {status}");
            }
        }
    }
}

#[test]
fn one_code_with_two_meanings_is_told_apart_by_its_message() {
    let over = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    let chained = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    assert_eq!(kind(400, "ValidationError", over), Kind::OverRoleMaximum);
    assert_eq!(kind(400, "ValidationError", chained), Kind::OverChainMaximum);
    for message in ["… because it was marked for deletion.", "… because it was marked deleted."] {
        assert_eq!(kind(400, "InvalidRequestException", message), Kind::Deleted);
    }
    for code in ["SignatureDoesNotMatch", "InvalidSignatureException"] {
        for message in ["Signature expired: …", "Signature not yet current: …"] {
            assert_eq!(kind(403, code, message), Kind::WrongTime, "{code}: {message}");
        }
    }
    assert_eq!(kind(403, "IncompleteSignature", "Signature expired: …"), Kind::BadSignature);
    for (code, message) in [("AccessDenied", over), ("ValidationException", chained), ("ValidationError", "marked deleted")] {
        assert!(!matches!(kind(400, code, message), Kind::OverRoleMaximum | Kind::OverChainMaximum | Kind::Deleted), "{code}");
    }
}

#[test]
fn what_no_table_knows_goes_by_its_status() {
    for (status, wanted) in [
        (400, Kind::Other),
        (402, Kind::Other),
        (403, Kind::Denied),
        (404, Kind::Other),
        (429, Kind::Throttled),
        (499, Kind::Other),
        (500, Kind::Server),
        (503, Kind::Server),
    ] {
        assert_eq!(kind(status, "SomethingNew", ""), wanted, "{status}");
    }
}

#[test]
fn each_kind_has_its_pace_and_its_remedy() {
    for (kind, pace, words) in KINDS {
        assert_eq!(kind.pace(), *pace, "{kind:?}");
        let trouble = Trouble::new(Operation::AssumeRole, *kind, "X", "");
        assert!(trouble.remedy().contains(words), "{kind:?}: {}", trouble.remedy());
        let is_ambiguous = matches!(kind, Kind::Server | Kind::Network | Kind::Timeout | Kind::Garbled);
        assert_eq!(trouble.is_ambiguous(), is_ambiguous, "{kind:?}");
    }
}

#[test]
fn what_to_do_depends_on_the_call_too() {
    use Operation::{DescribeSecret, GetSecretValue, GetSigninToken, PutSecretValue};
    for (operation, kind, words) in [
        (DescribeSecret, Kind::Denied, "check that the secret exists in this region"),
        (PutSecretValue, Kind::Denied, "check that the secret exists in this region"),
        (DescribeSecret, Kind::Invalid, "check secret_id of this secret"),
        (PutSecretValue, Kind::Invalid, "check secret_id of this secret"),
        (GetSigninToken, Kind::Invalid, "doctor --live"),
        (GetSecretValue, Kind::Denied, "check --secret-id and --region"),
        (GetSecretValue, Kind::NoSecret, "check --secret-id and --region"),
        (GetSecretValue, Kind::Invalid, "check --secret-id and --region"),
        (GetSecretValue, Kind::Kms, "may use it (kms:Decrypt)"),
        (GetSecretValue, Kind::NoRegion, "give --region"),
    ] {
        let remedy = Trouble::new(operation, kind, "X", "").remedy();
        assert!(remedy.contains(words), "{operation} {kind:?}: {remedy}");
    }
}

#[test]
fn a_failure_is_one_sentence_with_the_call_the_code_and_the_message() {
    let told = |operation, message: &str| Trouble::new(operation, Kind::Other, "Code", message).to_string();
    assert_eq!(told(Operation::AssumeRole, "No."), "sts:AssumeRole failed with Code: No");
    for (operation, call) in [
        (Operation::AssumeRole, "sts:AssumeRole"),
        (Operation::DescribeSecret, "secretsmanager:DescribeSecret"),
        (Operation::PutSecretValue, "secretsmanager:PutSecretValue"),
        (Operation::GetCallerIdentity, "sts:GetCallerIdentity"),
        (Operation::ListSecretVersionIds, "secretsmanager:ListSecretVersionIds"),
        (Operation::GetSigninToken, "signin:GetSigninToken"),
        (Operation::GetSecretValue, "secretsmanager:GetSecretValue"),
        (Operation::GetRolePolicy, "iam:GetRolePolicy"),
        (Operation::PutRolePolicy, "iam:PutRolePolicy"),
        (Operation::SendEmail, "ses:SendEmail"),
        (Operation::GetConfigurationSet, "ses:GetConfigurationSet"),
        (Operation::GetEmailIdentity, "ses:GetEmailIdentity"),
        (Operation::GetAccount, "ses:GetAccount"),
        (Operation::PutObject, "s3:PutObject"),
    ] {
        assert_eq!(told(operation, ""), format!("{call} failed with Code"));
    }
}

#[test]
fn of_awss_message_the_first_line_is_kept_without_whole_requests_and_over_long_words() {
    let kept = |message: &str| Trouble::new(Operation::AssumeRole, Kind::Other, "X", message).message;
    assert_eq!(kept("\n  \n one  line \n another\n"), "one line");
    assert_eq!(kept("It is wrong. The Canonical String for this request should have been GET /token"), "It is wrong.");
    assert_eq!(kept("It is wrong. The canonical string should be GET /token"), "It is wrong.");
    assert_eq!(kept("a\u{1b}[31mb"), "a[31mb");
    let (long, longer) = ("w".repeat(160), "w".repeat(161));
    assert_eq!(kept(&format!("a {long} b")), format!("a {long} b"));
    assert_eq!(kept(&format!("a {longer} b")), "a … b");
    assert_eq!(kept(&"word ".repeat(100)).chars().count(), 400);
    assert_eq!(kept(&"ü ".repeat(300)).chars().count(), 400);
}
