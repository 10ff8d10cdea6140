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
/// Of a session, and of what it takes the place of: 80 and 48 bits.
const SESSION_DIGITS: usize = 20;
const OVER_DIGITS: usize = OVER_NOTHING.len();
const OVER_NOTHING: &str = "000000000000";

/// The token of the session of `secret` that ends at `ends`: 59 characters, of the 32 to 64 that Secrets Manager takes.
///
/// Its first 20 digits hash all that defines the session. The last 12 are zeros, or the hash of the version that it is published
/// `over`, where that is a tombstone, or came to be in its place: a stranger's, or one of another plan that runs out or
/// outlives the coverage.
pub fn token(secret: &Secret, ends: Timestamp, over: Option<&str>) -> String {
    let (many, stamp) = (secret.tags.len().to_string(), instant(ends));
    let fields = [
        "credadmin 1",
        &secret.secret_id,
        &secret.role_arn,
        if secret.session_policy { "session policy" } else { "no session policy" },
        secret.source_identity.as_deref().unwrap_or(""),
        secret.external_id.as_deref().unwrap_or(""),
        &many,
        &stamp,
    ];
    let tags = secret.tags.iter().flat_map(|(key, value)| [key.as_str(), value]);
    let session = hash(fields.into_iter().chain(tags), SESSION_DIGITS);
    let over = over.map_or_else(|| OVER_NOTHING.to_owned(), |over| hash([over], OVER_DIGITS));
    format!("{PREFIX}{stamp}-{session}{over}")
}

/// So many hexadecimal digits of the hash of these.
fn hash<'a>(fields: impl IntoIterator<Item = &'a str>, digits: usize) -> String {
    let mut hash = Sha256::new();
    for text in fields {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().iter().take(digits / 2).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a version of credadmin's was published over one that is not just its predecessor.
pub fn is_over(version_id: &str) -> bool {
    session(version_id).is_some() && !version_id.ends_with(OVER_NOTHING)
}

/// Whether a version of credadmin's was published over this one, and not just after it.
pub fn is_put_over(version_id: &str, over: &str) -> bool {
    session(version_id).is_some() && version_id.ends_with(&hash([over], OVER_DIGITS))
}

/// What all versions of one session have in common, whatever they take the place of; `None` if the version is not credadmin's.
pub fn session(version_id: &str) -> Option<&str> {
    ends(version_id).and_then(|_| version_id.get(..version_id.len() - OVER_DIGITS))
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
    stamped(version_id, PREFIX, SESSION_DIGITS + OVER_DIGITS)
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
