//! The version id is the state: `ClientRequestToken` becomes the version id of what it publishes (aws-facts §6), so
//! credadmin makes it of the plan. Whoever reads the version id knows until when the session lives; whoever plans the same
//! session makes the same token, and Secrets Manager lets one of them win.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::grant::Secret;

const PREFIX: &str = "credadmin-";
/// No end of a session: that begins with a digit.
const CLOSED: &str = "credadmin-closed-";
/// `20261201T085112Z`
const INSTANT: &str = "%Y%m%dT%H%M%SZ";
const INSTANT_LENGTH: usize = 16;

/// The token of the session of `secret` that ends at `ends`: 59 characters, of the 32 to 64 that Secrets Manager takes.
///
/// It hashes all that defines the session. `over` is the version that it takes the place of where that is not just its
/// predecessor: a version written by a stranger, a tombstone, or a lapsed one of another plan.
pub fn token(secret: &Secret, ends: Timestamp, over: Option<&str>) -> String {
    let mut hash = Sha256::new();
    let mut field = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    };
    field("credadmin 1");
    field(&secret.secret_id);
    field(&secret.role_arn);
    field(if secret.session_policy { "session policy" } else { "no session policy" });
    field(secret.source_identity.as_deref().unwrap_or(""));
    field(secret.external_id.as_deref().unwrap_or(""));
    field(&secret.tags.len().to_string());
    for (key, value) in &secret.tags {
        field(key);
        field(value);
    }
    field(&instant(ends));
    field(over.unwrap_or(""));
    let digest: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{PREFIX}{}-{digest}", instant(ends))
}

/// The version id of a tombstone: what is put in the place of a session when access is revoked. It says from when on new
/// sessions are good again: those issued before are denied (aws-facts §4). `nonce` tells it from others of the same second; of
/// its digits 24 are used, so that it is 58 characters long.
pub fn tombstone(denied_before: Timestamp, nonce: u128) -> String {
    format!("{CLOSED}{}-{:024x}", instant(denied_before), nonce >> 32)
}

/// Before which instant a session was issued if it is denied, as a tombstone says; `None` if the version is none.
pub fn denied_before(version_id: &str) -> Option<Timestamp> {
    stamped(version_id, CLOSED, 24)
}

/// When the session of a version ends; `None` if the version is not credadmin's, or a tombstone.
pub fn ends(version_id: &str) -> Option<Timestamp> {
    stamped(version_id, PREFIX, 32)
}

/// The instant between a prefix and so many hexadecimal digits.
fn stamped(version_id: &str, prefix: &str, digits: usize) -> Option<Timestamp> {
    let (text, hash) = version_id.strip_prefix(prefix)?.split_at_checked(INSTANT_LENGTH)?;
    let digest = hash.strip_prefix('-')?;
    if digest.len() != digits || !digest.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let civil = jiff::civil::DateTime::strptime(INSTANT, text).ok()?;
    // strptime lets some spaces and signs pass that credadmin never writes.
    TimeZone::UTC.to_timestamp(civil).ok().filter(|stamp| instant(*stamp) == text)
}

/// An instant as in a version id or a role session name: basic ISO 8601, UTC, whole seconds.
pub fn instant(t: Timestamp) -> String {
    t.strftime(INSTANT).to_string()
}
