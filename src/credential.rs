//! The secret-bearing type. Its secret parts are wiped when dropped and never shown.

use std::{fmt, io};

use serde::Serialize;
use zeroize::Zeroizing;

/// The three parts of a temporary credential, as STS hands them out.
///
/// Not `Clone`: there is one copy, and it ends with its owner. The copies inside the AWS SDK are out of reach.
pub struct Credential {
    /// `ASIA…`: names the session in CloudTrail, and is no secret.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: Zeroizing<String>,
    /// The session token.
    pub session_token: Zeroizing<String>,
}

impl Credential {
    /// Whether any part is missing, or has characters that no credential has: such a credential is never published.
    pub fn is_incomplete(&self) -> bool {
        let parts = [self.access_key_id.as_str(), self.secret_access_key.as_str(), self.session_token.as_str()];
        !parts.into_iter().all(is_fit)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// Whether it can be a part of a credential.
pub fn is_fit(part: &str) -> bool {
    !part.is_empty() && is_visible(part)
}

/// Whether all of it is visible ASCII, as the parts of AWS's credentials are: it can be put into a header or an environment as it is.
pub fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A form with secret parts, as JSON. It is written into a buffer of its very size: one that grows leaves what it held behind,
/// and that is wiped by nobody.
pub fn json(form: &impl Serialize) -> Zeroizing<String> {
    let mut length = Length(0);
    serde_json::to_writer(&mut length, form).expect("strings always serialise");
    let mut bytes = Zeroizing::new(Vec::with_capacity(length.0));
    serde_json::to_writer(&mut *bytes, form).expect("strings always serialise");
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Zeroizing::new(text),
        // Its error would show them.
        Err(_) => unreachable!("JSON is UTF-8"),
    }
}

/// Counts what is written, and keeps nothing of it.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_does_not_grow_on_the_way() {
        for length in [1, 100, 129, 700, 5000] {
            let text = json(&["\"".repeat(length)]);
            assert_eq!((text.len(), text.capacity()), (2 * length + 4, 2 * length + 4));
        }
    }

    #[test]
    fn debug_shows_no_secret_part() {
        let credential = Credential {
            access_key_id: "ASIAEXAMPLE".into(),
            secret_access_key: Zeroizing::new("canary-key".into()),
            session_token: Zeroizing::new("canary-token".into()),
        };
        assert_eq!(format!("{credential:?}"), r#"Credential { access_key_id: "ASIAEXAMPLE", .. }"#);
        assert!(!format!("{credential:#?}").contains("canary"));
    }
}
