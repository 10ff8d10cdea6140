//! What can go wrong with a call, sorted: the tables of aws-facts §6 (Secrets Manager), §7 (STS), §9 (our own credentials) and
//! §11 (the SDK). Each kind says what it means for access, what to do, and how it is retried.

use std::fmt;

use crate::schedule::backoff::Pace;

/// A call of credadmin's; of the daemon's, where it is not said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// STS.
    AssumeRole,
    /// Secrets Manager.
    DescribeSecret,
    /// Secrets Manager.
    PutSecretValue,
    /// STS; not the daemon's.
    GetCallerIdentity,
    /// Secrets Manager; not the daemon's.
    ListSecretVersionIds,
    /// The sign-in service of the console; not the daemon's.
    GetSigninToken,
    /// Secrets Manager; not the daemon's.
    GetSecretValue,
    /// IAM; not the daemon's.
    GetRolePolicy,
    /// IAM; not the daemon's.
    PutRolePolicy,
    /// SES; the notifier's.
    SendEmail,
    /// SES; the notifier's.
    GetConfigurationSet,
    /// SES; doctor's.
    GetEmailIdentity,
    /// SES; doctor's.
    GetAccount,
    /// S3; the notifier's.
    PutObject,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AssumeRole => "sts:AssumeRole",
            Self::DescribeSecret => "secretsmanager:DescribeSecret",
            Self::PutSecretValue => "secretsmanager:PutSecretValue",
            Self::GetCallerIdentity => "sts:GetCallerIdentity",
            Self::ListSecretVersionIds => "secretsmanager:ListSecretVersionIds",
            Self::GetSigninToken => "signin:GetSigninToken",
            Self::GetSecretValue => "secretsmanager:GetSecretValue",
            Self::GetRolePolicy => "iam:GetRolePolicy",
            Self::PutRolePolicy => "iam:PutRolePolicy",
            Self::SendEmail => "ses:SendEmail",
            Self::GetConfigurationSet => "ses:GetConfigurationSet",
            Self::GetEmailIdentity => "ses:GetEmailIdentity",
            Self::GetAccount => "ses:GetAccount",
            Self::PutObject => "s3:PutObject",
        })
    }
}

/// The kinds of trouble that are treated differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Too many requests in this account and region.
    Throttled,
    /// AWS's own fault, 5xx.
    Server,
    /// No connection, or it broke.
    Network,
    /// No answer in time.
    Timeout,
    /// An answer that can't be read.
    Garbled,
    /// The credentials that sign our calls could not be had.
    NoCredentials,
    /// Nobody told the region.
    NoRegion,
    /// The credentials that sign our calls are no longer good.
    StaleCredentials,
    /// The key is wrong, or something rewrites requests.
    BadSignature,
    /// A signature of another time: a clock is off, was set, or the host slept while it was under way. The SDK learns AWS's
    /// time from the refusal, so the next try may be right.
    WrongTime,
    /// A policy says no, or the role does not exist: AWS does not tell these apart.
    Denied,
    /// The role's MaxSessionDuration is shorter than asked.
    OverRoleMaximum,
    /// One hour is all there is for a chained role.
    OverChainMaximum,
    /// STS is switched off in this region.
    RegionDisabled,
    /// The session policy and tags don't fit, or are not well formed.
    BadPolicy,
    /// An argument is refused.
    Invalid,
    /// No such secret in this region.
    NoSecret,
    /// The secret is scheduled for deletion.
    Deleted,
    /// The secret belongs to an AWS service, or can't be written for another reason.
    NotWritable,
    /// The version id was used for other content: somebody published it first.
    Exists,
    /// No room for another version.
    VersionQuota,
    /// No room for it in credadmin's own budget of versions.
    VersionBudget,
    /// The KMS key of the secret can't be used.
    Kms,
    /// STS gave a session that must not be published.
    BadSession,
    /// What AWS answers and no table knows.
    Other,
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The call.
    pub operation: Operation,
    /// What sort of failure it is.
    pub kind: Kind,
    /// AWS's error code, or what stands for one; as long and as plain as the message, whoever answers.
    pub code: String,
    /// AWS's message: its first line, cut to a readable length. AWS quotes whole requests behind it, tokens included.
    pub message: String,
    /// AWS's id of the request.
    pub request_id: Option<String>,
}

impl Trouble {
    /// A failure with AWS's error code and message, or with whatever stands for them.
    pub fn new(operation: Operation, kind: Kind, code: &str, message: &str) -> Self {
        Self { operation, kind, code: readable(code), message: readable(message), request_id: None }
    }

    /// Sorts an answer of AWS by its status, code and message.
    pub fn from_answer(operation: Operation, status: u16, code: &str, message: &str) -> Self {
        Self::new(operation, kind_of(status, code, message), code, message)
    }

    /// Whether AWS may have done what was asked all the same.
    pub fn is_ambiguous(&self) -> bool {
        matches!(self.kind, Kind::Server | Kind::Network | Kind::Timeout | Kind::Garbled)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed with {}", self.operation, self.code)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message.trim_end_matches('.'))?;
        }
        Ok(())
    }
}

fn kind_of(status: u16, code: &str, message: &str) -> Kind {
    match code {
        "ValidationError" if message.contains("exceeds the MaxSessionDuration set for this role") => Kind::OverRoleMaximum,
        "ValidationError" if message.contains("1 hour session limit for roles assumed by role chaining") => {
            Kind::OverChainMaximum
        }
        "InvalidRequestException" if message.contains("marked for deletion") || message.contains("marked deleted") => {
            Kind::Deleted
        }
        "AccessDenied" | "AccessDeniedException" => Kind::Denied,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "SlowDown" => Kind::Throttled,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => Kind::StaleCredentials,
        "RequestExpired" | "RequestTimeTooSkewed" => Kind::WrongTime,
        "SignatureDoesNotMatch" | "InvalidSignatureException"
            if message.contains("Signature expired") || message.contains("Signature not yet current") =>
        {
            Kind::WrongTime
        }
        "SignatureDoesNotMatch" | "InvalidSignatureException" | "IncompleteSignature" | "IncompleteSignatureException" => {
            Kind::BadSignature
        }
        "RegionDisabledException" => Kind::RegionDisabled,
        "MalformedPolicyDocument"
        | "MalformedPolicyDocumentException"
        | "PackedPolicyTooLarge"
        | "PackedPolicyTooLargeException" => Kind::BadPolicy,
        "ResourceNotFoundException" => Kind::NoSecret,
        "InvalidRequestException" => Kind::NotWritable,
        "ResourceExistsException" => Kind::Exists,
        "LimitExceededException" => Kind::VersionQuota,
        "EncryptionFailure" | "EncryptionFailureException" | "DecryptionFailure" | "DecryptionFailureException" => Kind::Kms,
        "ValidationError" | "ValidationException" | "InvalidParameterException" | "InvalidParameterValue" => Kind::Invalid,
        "InternalServiceError" | "InternalFailure" | "InternalServerError" | "ServiceUnavailable" => Kind::Server,
        _ if status == 429 => Kind::Throttled,
        _ if status >= 500 => Kind::Server,
        _ if status == 403 => Kind::Denied,
        _ => Kind::Other,
    }
}

impl Trouble {
    /// What to do about it, for a tired operator.
    pub fn remedy(&self) -> &'static str {
        match (self.kind, self.operation) {
            (Kind::Denied, Operation::DescribeSecret | Operation::PutSecretValue) => {
                "check that the secret exists in this region, and that the instance role allows the call on it and on its KMS key: \
                 AWS does not tell these apart; a change takes a few minutes to be seen"
            }
            (Kind::Invalid, Operation::DescribeSecret | Operation::PutSecretValue) => "check secret_id of this secret",
            (Kind::Invalid, Operation::GetSigninToken) => {
                "check that nothing between this host and the sign-in service rewrites requests; credadmin doctor --live shows what \
                 the service takes of a session"
            }
            (Kind::Denied | Kind::NoSecret | Kind::Invalid, Operation::GetSecretValue) => {
                "check --secret-id and --region, and that this instance's role allows the call on the secret, and kms:Decrypt on its KMS \
                 key; a change takes a few minutes to be seen"
            }
            (Kind::Kms, Operation::GetSecretValue) => {
                "check that the KMS key is enabled, and that this instance's role may use it (kms:Decrypt)"
            }
            (Kind::NoRegion, Operation::GetSecretValue) => {
                "give --region, or check that IMDSv2 is on: the metadata service tells it, too"
            }
            (kind, _) => kind.remedy(),
        }
    }
}

impl Kind {
    /// How it is retried.
    pub fn pace(self) -> Pace {
        match self {
            Self::Throttled
            | Self::Server
            | Self::Network
            | Self::Timeout
            | Self::Garbled
            | Self::NoCredentials
            | Self::NoRegion
            | Self::StaleCredentials
            | Self::WrongTime
            | Self::Exists
            | Self::BadSession => Pace::Soon,
            Self::VersionQuota | Self::VersionBudget => Pace::AfterQuota,
            _ => Pace::Slowly,
        }
    }

    /// What to do about it, whatever the call.
    fn remedy(self) -> &'static str {
        match self {
            Self::Throttled => "nothing to do unless it lasts: another program uses up this account's request quota",
            Self::Server => "nothing to do unless it lasts: see the AWS Health Dashboard",
            Self::Network | Self::Timeout => {
                "check the route from this host to the endpoint: DNS, security group, VPC endpoint, proxy"
            }
            Self::Garbled => "something between this host and AWS answers in its place: check proxy and VPC endpoint",
            Self::NoCredentials => {
                "attach the instance profile, and check that IMDSv2 is on: curl the metadata service from this host"
            }
            Self::NoRegion => "set region in the config, or check that IMDSv2 is on: the metadata service tells it, too",
            Self::StaleCredentials => {
                "new ones are fetched by themselves; if it lasts, check that the instance role still exists"
            }
            Self::BadSignature | Self::WrongTime => {
                "check this host's clock (timedatectl) and that nothing rewrites its requests"
            }
            Self::Denied => {
                "check that the role exists, that its trust policy names this instance's role, and that the instance role allows the call; \
                 a change takes a few minutes to be seen"
            }
            Self::OverRoleMaximum => "set session_duration to the role's MaxSessionDuration or less",
            Self::OverChainMaximum => "set session_duration = \"1h\"",
            Self::RegionDisabled => "switch STS on for this region in the account settings, or set another region",
            Self::BadPolicy => "use fewer or shorter tags, or set session_policy = \"off\" for this secret",
            Self::Invalid => "check role_arn, source_identity, tags and external_id of this secret",
            Self::NoSecret => "create the secret in this region, or correct secret_id",
            Self::Deleted => "restore it: aws secretsmanager restore-secret",
            Self::NotWritable => "name a secret that no AWS service manages, in the region of its primary",
            Self::Exists => "nothing to do: another instance was first",
            Self::VersionQuota | Self::VersionBudget => {
                "find out who else writes to this secret; Secrets Manager keeps 100 versions in 24 h"
            }
            Self::Kms => {
                "check that the KMS key is enabled and that the instance role may use it (kms:GenerateDataKey, kms:Decrypt)"
            }
            Self::BadSession => "if it lasts, check this host's clock (timedatectl)",
            Self::Other => "look the code up in the AWS documentation of the call",
        }
    }
}

/// The first line, without over-long words: AWS's text on a bad signature goes on with the whole request, session token included.
fn readable(message: &str) -> String {
    const LONGEST: usize = 400;
    const LONGEST_WORD: usize = 160;
    let line = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
    let line = line.split("The Canonical String").next().unwrap_or("").split("The canonical string").next().unwrap_or("");
    let words = line.split_whitespace().map(|word| if word.len() > LONGEST_WORD { "…" } else { word });
    let text: String = words.collect::<Vec<_>>().join(" ");
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_told_as_code_and_message_is_one_line_of_a_sane_length() {
        let long = "long words ".repeat(1000);
        for (code, message) in [("No\r\n\u{1b}[2JCode", "\nno\u{1b}[2J\nmore"), (long.as_str(), long.as_str())] {
            let told = Trouble::from_answer(Operation::AssumeRole, 400, code, message).to_string();
            assert!(!told.contains(char::is_control) && told.chars().count() < 1000, "{told:?}");
        }
        let told = Trouble::from_answer(Operation::AssumeRole, 418, "HTTP 418", "").to_string();
        assert_eq!(told, "sts:AssumeRole failed with HTTP 418");
    }
}
