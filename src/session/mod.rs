//! From a planned end to a session: AssumeRole, and the proof that what came back ends when it should.

mod policy;

use jiff::{SignedDuration, Timestamp};

use crate::aws::trouble::{Kind, Operation, Trouble};
use crate::aws::{Answer, Ask, Aws};
use crate::clock::Clock;
use crate::credential::Credential;
use crate::grant::{Name, Secret, Span};
use crate::instant::{after, before};
use crate::schedule::token::instant;
pub use policy::session_policy;

/// By how much AWS's clock may differ from ours. STS refuses a signature that is more than five minutes off.
pub const SKEW_BOUND: SignedDuration = SignedDuration::from_mins(5);
/// A clock that far from AWS's is worth an alert.
pub const SKEW_ALERT: SignedDuration = SignedDuration::from_secs(60);

/// `Expiration` is cut to whole seconds, and two hosts kept by NTP differ by less than this.
pub const TOLERANCE: SignedDuration = SignedDuration::from_secs(2);

/// The code of a session that AWS issued before its window was open by AWS's own clock.
pub const TOO_EARLY: &str = "SessionTooEarly";

/// The code of a session that was over when it came.
pub const OVER: &str = "SessionOver";

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
    /// AWS's clock minus ours, as far as it is certain; zero where they may agree.
    pub skew: SignedDuration,
    /// How much of the largest possible session token is used up, in percent.
    pub token_utilization: Option<i32>,
    /// AWS's id of the request.
    pub request_id: Option<String>,
}

/// Asks for a session of `secret` that ends when `life` closes, for these grants. By AWS's clock too, `life` has to be open by now.
///
/// # Errors
/// What STS says; or that its answer is empty, not yet open, already over, or longer than planned.
pub async fn issue(aws: &impl Aws, clock: &Clock, secret: &Secret, grants: &[Name], life: Span) -> Result<Session, Trouble> {
    let mut asked_at = clock.now();
    let mut asked = ask(secret, grants, asked_at, life.closes);
    let mut answer = aws.assume_role(&asked).await?;
    let late = answer.expiration.duration_since(life.closes);
    if !secret.session_policy && late.is_positive() && late <= TOLERANCE {
        // By a clock that is well kept, and behind AWS's. That session is handed to nobody; a shorter one is.
        asked_at = clock.now();
        asked = ask(secret, grants, asked_at, before(life.closes, TOLERANCE));
        answer = aws.assume_role(&asked).await?;
    }
    accept(secret, asked, answer, asked_at, clock.now(), life)
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

/// What STS answered is believed only as far as it can be checked.
fn accept(
    secret: &Secret,
    ask: Ask,
    answer: Answer,
    asked_at: Timestamp,
    now: Timestamp,
    life: Span,
) -> Result<Session, Trouble> {
    let refuse = |code: &str, message: String| {
        let mut trouble = Trouble::new(Operation::AssumeRole, Kind::BadSession, code, &message);
        trouble.request_id.clone_from(&answer.request_id);
        Err(trouble)
    };
    if answer.credential.is_incomplete() {
        return refuse("EmptySession", "STS answered without a complete credential; it is not published".into());
    }
    let duration = SignedDuration::from_secs(ask.duration_seconds);
    let aws_now = before(answer.expiration, duration);
    let skew = skew(aws_now, asked_at, now);
    let over = |clock: String| format!("STS answered with a session that was over, by a clock {clock} ours; it is not published");
    if answer.expiration <= now {
        return refuse(OVER, over(apart(skew)));
    }
    // Without a session policy nothing but the expiration ends the session, and that is AWS's clock plus the duration.
    let latest = match secret.session_policy {
        true => after(now, duration + SKEW_BOUND),
        false => life.closes,
    };
    if answer.expiration > latest {
        let message = format!(
            "STS answered with a session until {}, later than planned ({}), by a clock {} ours; it is not published",
            answer.expiration,
            life.closes,
            apart(skew)
        );
        return refuse("SessionTooLong", message);
    }
    if aws_now >= life.closes {
        return refuse(OVER, over(apart(skew)));
    }
    if after(aws_now, TOLERANCE) < life.opens {
        let off = apart(skew);
        let message = match skew < -SKEW_BOUND {
            true => format!("AWS's clock is {off} ours, too far for windows to mean anything; the session is not published"),
            false => format!(
                "by AWS's clock, {off} ours, the window is not open yet: it opens at {}; the session is not published",
                life.opens
            ),
        };
        return refuse(TOO_EARLY, message);
    }
    Ok(Session {
        credential: answer.credential,
        ends: answer.expiration.min(life.closes),
        issued_at: asked_at,
        session_name: ask.session_name,
        skew,
        token_utilization: answer.token_utilization,
        request_id: answer.request_id,
    })
}

/// How AWS's clock stands to ours, in words: `1m 30s ahead of`.
pub fn apart(skew: SignedDuration) -> String {
    let by = SignedDuration::from_secs(skew.as_secs()).abs();
    match skew.as_secs() {
        0 => "less than a second from".into(),
        1.. => format!("{by:#} ahead of"),
        _ => format!("{by:#} behind"),
    }
}

/// AWS's clock minus ours, as far as it is certain: STS counted the duration from some moment between our question and its
/// answer, and told the end in whole seconds.
pub fn skew(aws_now: Timestamp, asked_at: Timestamp, now: Timestamp) -> SignedDuration {
    let latest = after(aws_now, SignedDuration::from_millis(999));
    match () {
        () if latest < asked_at => latest.duration_since(asked_at),
        () if aws_now > now => aws_now.duration_since(now),
        () => SignedDuration::ZERO,
    }
}
