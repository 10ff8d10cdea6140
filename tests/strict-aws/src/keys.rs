//! Access keys that look like AWS's and are the same in every run.

use std::fmt;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Length of a session token: as with AWS's regional (v2) tokens, long and not to be relied on (aws-facts §7).
const TOKEN_LENGTH: usize = 700;

/// A set of keys. `Debug` shows the key id and the expiration only.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `ASIA…` for temporary keys, `AKIA…` for those of an IAM user; 20 characters, not a secret.
    pub access_key_id: String,
    /// 40 characters.
    pub secret_access_key: String,
    /// Only temporary keys have one; about 700 characters.
    pub session_token: Option<String>,
    /// Only temporary keys have one; whole seconds.
    pub expiration: Option<Timestamp>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("expiration", &self.expiration)
            .finish_non_exhaustive()
    }
}

/// Makes keys from a counter. Secret parts start with the canary, so that a test can look for it where none may be.
#[derive(Debug, Default)]
pub(crate) struct Mint {
    made: u64,
    pub(crate) canary: String,
}

impl Mint {
    /// Long-lived keys of an IAM user.
    pub(crate) fn long_lived(&mut self) -> Credentials {
        self.made += 1;
        Credentials {
            access_key_id: format!("AKIA{}", self.text("id", UPPER, 16)),
            secret_access_key: self.secret("secret", 40),
            session_token: None,
            expiration: None,
        }
    }

    /// Temporary keys that end at `expiration`.
    pub(crate) fn temporary(&mut self, expiration: Timestamp) -> Credentials {
        self.made += 1;
        Credentials {
            access_key_id: format!("ASIA{}", self.text("id", UPPER, 16)),
            secret_access_key: self.secret("secret", 40),
            session_token: Some(self.secret("token", TOKEN_LENGTH)),
            expiration: Some(expiration),
        }
    }

    /// What a login URL carries (aws-facts §5).
    pub(crate) fn signin_token(&mut self) -> String {
        self.made += 1;
        self.secret("signin", TOKEN_LENGTH)
    }

    /// An id of 21 characters as IAM gives to roles (`AROA`) and users (`AIDA`).
    pub(crate) fn unique_id(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}{}", self.text("unique", UPPER, 17))
    }

    /// A UUID, for request ids and for version ids that a stranger's SDK makes up.
    pub(crate) fn uuid(&mut self) -> String {
        self.made += 1;
        let hex = self.text("uuid", b"0123456789abcdef", 32);
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }

    fn secret(&self, what: &str, length: usize) -> String {
        let start = &self.canary[..self.canary.len().min(length - 16)];
        format!("{start}{}", self.text(what, BASE64, length - start.len()))
    }

    fn text(&self, what: &str, alphabet: &[u8], length: usize) -> String {
        spread(&format!("{what} {}", self.made), alphabet, length)
    }
}

/// The six characters that Secrets Manager puts behind a name in its ARN (aws-facts §6).
pub(crate) fn arn_suffix(secret: &str) -> String {
    spread(secret, &BASE64[..62], 6)
}

fn spread(seed: &str, alphabet: &[u8], length: usize) -> String {
    let mut text = String::with_capacity(length);
    for block in 0u32.. {
        for byte in Sha256::digest(format!("{block} {seed}")) {
            if text.len() == length {
                return text;
            }
            text.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_look_like_those_of_aws() {
        let mut mint = Mint { canary: "CANARY".into(), ..Mint::default() };
        let user = mint.long_lived();
        assert!(user.access_key_id.starts_with("AKIA") && user.access_key_id.len() == 20);
        assert_eq!((user.session_token, user.expiration), (None, None));
        let session = mint.temporary(Timestamp::UNIX_EPOCH);
        assert!(session.access_key_id.starts_with("ASIA") && session.access_key_id.len() == 20);
        assert_eq!(session.secret_access_key.len(), 40);
        assert!(session.secret_access_key.starts_with("CANARY"));
        assert!(session.session_token.as_ref().is_some_and(|token| token.len() == 700 && token.starts_with("CANARY")));
        let shown = format!("{session:?}");
        assert!(!shown.contains("CANARY") && shown.contains(&session.access_key_id));
    }

    #[test]
    fn keys_are_all_different_and_the_same_in_every_run() {
        let (mut one, mut two) = (Mint::default(), Mint::default());
        let first = one.temporary(Timestamp::UNIX_EPOCH);
        assert_eq!(first, two.temporary(Timestamp::UNIX_EPOCH));
        assert_ne!(first.access_key_id, one.temporary(Timestamp::UNIX_EPOCH).access_key_id);
        assert_eq!(one.uuid().len(), 36);
        assert_eq!(arn_suffix("SensitiveS3").len(), 6);
    }
}
