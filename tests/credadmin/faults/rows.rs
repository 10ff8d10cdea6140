//! The tables of aws-facts §6 and §7, with what is expected of the daemon.

use strict_aws::Operation;

use super::Tries::{self, AfterQuota, Slowly, Soon};
use super::{DELETED, FAILING, NO_SECRET, NOT_WRITABLE};

/// A row: the call it hits, its status, code and text; how it is retried; its message id; what the remedy names.
pub struct Row(pub Operation, pub u16, pub &'static str, pub &'static str, pub Tries, pub &'static str, pub &'static str);

pub const DESCRIBE: Operation = Operation::DescribeSecret;
pub const PUT: Operation = Operation::PutSecretValue;
pub const ASSUME: Operation = Operation::AssumeRole;

/// aws-facts §6.
pub const SECRETS_MANAGER: &[Row] = &[
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
pub const STS: &[Row] = &[
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
    Row(ASSUME, 403, "SignatureDoesNotMatch", "Signature expired: a is now earlier than b", Soon, FAILING, "timedatectl"),
    Row(
        ASSUME,
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided.",
        Slowly,
        FAILING,
        "nothing rewrites its requests",
    ),
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
