//! From a planned end to a session: AssumeRole, and the proof that what came back ends when it should.

use jiff::{SignedDuration, Timestamp};

use crate::aws::trouble::{Kind, Operation, Trouble};
use crate::aws::{Answer, Ask, Aws};
use crate::clock::Clock;
use crate::credential::Credential;
use crate::grant::{Name, Secret};
use crate::schedule::token::instant;

/// By how much AWS's clock may differ from ours. STS refuses a signature that is more than five minutes off.
pub const SKEW_BOUND: SignedDuration = SignedDuration::from_mins(5);

/// A session that may be published: complete, alive, and over at its planned end.
#[derive(Debug)]
pub struct Session {
    /// Its three parts.
    pub credential: Credential,
    /// The moment from which it is good for nothing: the planned end, or a second or so before it.
    pub ends: Timestamp,
    /// When it was asked for.
    pub issued_at: Timestamp,
    /// Names it in CloudTrail.
    pub session_name: String,
    /// AWS's clock minus ours, to about a second.
    pub skew: SignedDuration,
    /// How much of the largest possible session token is used up, in percent.
    pub token_utilization: Option<i32>,
    /// AWS's id of the request.
    pub request_id: Option<String>,
}

/// Asks for a session of `secret` that ends at `ends`, for these grants.
///
/// # Errors
/// What STS says; or that its answer is empty, already over, or longer than planned.
pub async fn issue(aws: &impl Aws, clock: &Clock, secret: &Secret, grants: &[Name], ends: Timestamp) -> Result<Session, Trouble> {
    let asked_at = clock.now();
    let ask = ask(secret, grants, asked_at, ends);
    let answer = aws.assume_role(&ask).await?;
    accept(secret, ask, answer, asked_at, clock.now(), ends)
}

fn ask(secret: &Secret, grants: &[Name], now: Timestamp, ends: Timestamp) -> Ask {
    Ask {
        role_arn: secret.role_arn.clone(),
        session_name: session_name(grants, now),
        duration_seconds: secret.cadence.duration_seconds(now, ends),
        policy: secret.session_policy.then(|| session_policy(ends)),
        source_identity: secret.source_identity.clone(),
        tags: secret.tags.clone(),
        external_id: secret.external_id.clone(),
    }
}

/// `credadmin-<grant>-<time>`, 64 characters at most (aws-facts §3): what is too long of the grant's name is cut.
fn session_name(grants: &[Name], now: Timestamp) -> String {
    const LONGEST_GRANT: usize = 64 - "credadmin--20261201T080000Z".len();
    let first = grants.first().map_or("", Name::as_str);
    let more = match grants.len() {
        0 | 1 => String::new(),
        n => format!("+{}", n - 1),
    };
    let first = &first[..first.len().min(LONGEST_GRANT - more.len())];
    format!("credadmin-{first}{more}-{}", instant(now))
}

/// The session policy that ends a session at `ends` by AWS's own clock, whatever its duration (aws-facts §2): an explicit Deny,
/// because only that binds whatever the bucket policy says. The second Deny takes the calls by which a holder could keep
/// access for later, or hand it on.
fn session_policy(ends: Timestamp) -> String {
    let ends = ends.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!(
        concat!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}},"#,
            r#"{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{{"DateGreaterThanEquals":{{"aws:CurrentTime":"{ends}"}}}}}},"#,
            r#"{{"Effect":"Deny","Resource":"*","Action":["s3:PutBucketPolicy","s3:DeleteBucketPolicy","s3:PutBucketAcl","#,
            r#""s3:PutObjectAcl","s3:PutObjectVersionAcl","s3:PutBucketPublicAccessBlock","s3:PutBucketOwnershipControls","#,
            r#""s3:PutReplicationConfiguration","s3:DeleteBucket","sts:AssumeRole","sts:TagSession"]}}]}}"#
        ),
        ends = ends
    )
}

/// What STS answered is believed only as far as it can be checked.
fn accept(
    secret: &Secret,
    ask: Ask,
    answer: Answer,
    asked_at: Timestamp,
    now: Timestamp,
    ends: Timestamp,
) -> Result<Session, Trouble> {
    let refuse = |code: &str, message: String| {
        let mut trouble = Trouble::new(Operation::AssumeRole, Kind::BadSession, code, &message);
        trouble.request_id.clone_from(&answer.request_id);
        trouble
    };
    if answer.credential.is_incomplete() {
        return Err(refuse("EmptySession", "STS answered without a complete credential; it is not published".into()));
    }
    // STS counts the duration from its own clock, at some moment between our question and its answer.
    let duration = SignedDuration::from_secs(ask.duration_seconds);
    let aws_now = answer.expiration.saturating_sub(duration).unwrap_or(Timestamp::MIN);
    let skew = match () {
        () if aws_now < asked_at => aws_now.duration_since(asked_at),
        () if aws_now > now => aws_now.duration_since(now),
        () => SignedDuration::ZERO,
    };
    let dies = answer.expiration.min(ends);
    if answer.expiration <= now || aws_now >= ends {
        return Err(refuse(
            "SessionOver",
            format!("STS answered with a session that was over at {dies}, by a clock {skew:#} from ours; it is not published"),
        ));
    }
    // Without a session policy nothing but the expiration ends the session, and that is AWS's clock plus the duration.
    let latest = match secret.session_policy {
        true => ends.max(now.saturating_add(duration).unwrap_or(Timestamp::MAX)).saturating_add(SKEW_BOUND),
        false => Ok(ends),
    };
    if answer.expiration > latest.unwrap_or(Timestamp::MAX) {
        return Err(refuse(
            "SessionTooLong",
            format!("STS answered with a session until {}, past the planned end {ends}; it is not published", answer.expiration),
        ));
    }
    Ok(Session {
        credential: answer.credential,
        ends: dies,
        issued_at: asked_at,
        session_name: ask.session_name,
        skew,
        token_utilization: answer.token_utilization,
        request_id: answer.request_id,
    })
}
