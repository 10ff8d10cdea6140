//! The secret-bearing type. Its secret parts are wiped when dropped and never shown.

use std::fmt;

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
    /// Whether any part is missing: such a credential is never published.
    pub fn is_incomplete(&self) -> bool {
        self.access_key_id.is_empty() || self.secret_access_key.is_empty() || self.session_token.is_empty()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
