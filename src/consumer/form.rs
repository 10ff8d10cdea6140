//! The forms in which AWS's SDKs take a session (aws-facts §10). All are secrets.

use jiff::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use super::value::Session;
use crate::credential::json;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Process<'a> {
    version: u8,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: &'a str,
    expiration: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Container<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
    token: &'a str,
    expiration: String,
}

/// What a `credential_process` prints.
pub fn process(session: &Session) -> Zeroizing<String> {
    let credential = &session.credential;
    json(&Process {
        version: 1,
        access_key_id: &credential.access_key_id,
        secret_access_key: &credential.secret_access_key,
        session_token: &credential.session_token,
        expiration: instant(session.ends),
    })
}

/// What the container endpoint answers: the token has another name there.
pub fn container(session: &Session) -> Zeroizing<String> {
    let credential = &session.credential;
    json(&Container {
        access_key_id: &credential.access_key_id,
        secret_access_key: &credential.secret_access_key,
        token: &credential.session_token,
        expiration: instant(session.ends),
    })
}

/// The variables of a process that has this session and no other.
pub fn environment(session: &Session) -> [(&'static str, Zeroizing<String>); 4] {
    let credential = &session.credential;
    [
        ("AWS_ACCESS_KEY_ID", Zeroizing::new(credential.access_key_id.clone())),
        ("AWS_SECRET_ACCESS_KEY", credential.secret_access_key.clone()),
        ("AWS_SESSION_TOKEN", credential.session_token.clone()),
        ("AWS_CREDENTIAL_EXPIRATION", Zeroizing::new(instant(session.ends))),
    ]
}

/// To whole seconds, of which no SDK makes a later instant.
fn instant(t: Timestamp) -> String {
    t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::Credential;

    #[test]
    fn each_form_has_its_own_names() {
        let credential = Credential {
            access_key_id: "ASIAEXAMPLE".into(),
            secret_access_key: Zeroizing::new("k+/".into()),
            session_token: Zeroizing::new("t==".into()),
        };
        let session = Session { credential, ends: "2026-12-01T09:00:00.9Z".parse().unwrap(), opens_next: None };
        assert_eq!(
            *process(&session),
            r#"{"Version":1,"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"k+/","SessionToken":"t==","Expiration":"2026-12-01T09:00:00Z"}"#
        );
        assert_eq!(
            *container(&session),
            r#"{"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"k+/","Token":"t==","Expiration":"2026-12-01T09:00:00Z"}"#
        );
        let variables: Vec<String> = environment(&session).iter().map(|(name, value)| format!("{name}={}", **value)).collect();
        assert_eq!(
            variables.join(" "),
            "AWS_ACCESS_KEY_ID=ASIAEXAMPLE AWS_SECRET_ACCESS_KEY=k+/ AWS_SESSION_TOKEN=t== \
             AWS_CREDENTIAL_EXPIRATION=2026-12-01T09:00:00Z"
        );
    }
}
