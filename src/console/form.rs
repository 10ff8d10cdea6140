//! What is sent to the sign-in service, and the URL or page that is made of its answer (aws-facts §5).

use serde::Serialize;
use zeroize::Zeroizing;

use crate::credential::{Credential, json};

/// The path of both, on the sign-in host.
const PATH: &str = "/federation";

/// What is sent beside the session. `credadmin console` sends nothing; the others are what `credadmin doctor` tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Nothing.
    Nothing,
    /// `SessionDuration`, with which a console session outlives its credentials.
    SessionDuration,
    /// A fourth key in the session.
    FourthKey,
}

/// The session as the sign-in service takes it: exactly these three keys.
#[derive(Serialize)]
struct Session<'a> {
    #[serde(rename = "sessionId")]
    id: &'a str,
    #[serde(rename = "sessionKey")]
    key: &'a str,
    #[serde(rename = "sessionToken")]
    token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<&'static str>,
}

/// The URL that getSigninToken is posted to.
pub fn federation(sign_in: &str) -> String {
    format!("{}{PATH}", sign_in.trim_end_matches('/'))
}

/// The form that getSigninToken takes.
pub fn get_signin_token(credential: &Credential, beside: Beside) -> Zeroizing<String> {
    let session = Session {
        id: &credential.access_key_id,
        key: &credential.secret_access_key,
        token: &credential.session_token,
        expiration: (beside == Beside::FourthKey).then_some("2026-12-01T08:00:00Z"),
    };
    let duration = if beside == Beside::SessionDuration { "&SessionDuration=900" } else { "" };
    joined(&["Action=getSigninToken", duration, "&Session="], &json(&session))
}

/// The URL that signs a browser in. It is a credential.
pub fn login(sign_in: &str, issuer: &str, destination: &str, token: &str) -> Zeroizing<String> {
    let (issuer, destination) = (encoded(issuer), encoded(destination));
    let start = [&federation(sign_in), "?Action=login&Issuer=", &issuer, "&Destination=", &destination, "&SigninToken="];
    joined(&start, token)
}

/// A page that signs in by itself, by POST, so that no browser keeps the token in its history. It is a credential.
pub fn page(sign_in: &str, issuer: &str, destination: &str, token: &str) -> Zeroizing<String> {
    let fields = [("Action", "login"), ("Issuer", issuer), ("Destination", destination), ("SigninToken", token)];
    let longest: usize = fields.iter().map(|(name, value)| 64 + name.len() + 6 * value.len()).sum();
    let action = federation(sign_in);
    let mut page = Zeroizing::new(String::with_capacity(512 + 6 * action.len() + longest));
    page.push_str("<!DOCTYPE html><meta charset=\"utf-8\"><title>credadmin</title><form method=\"post\" action=\"");
    escape(&action, &mut page);
    page.push_str("\">");
    for (name, value) in fields {
        page.extend(["<input type=\"hidden\" name=\"", name, "\" value=\""]);
        escape(value, &mut page);
        page.push_str("\">");
    }
    page.push_str("<button>Sign in</button></form><script>document.forms[0].submit()</script>\n");
    page
}

/// `start`, and behind it a secret, encoded. Nothing is left of the secret where the text grew: it does not grow.
fn joined(start: &[&str], secret: &str) -> Zeroizing<String> {
    let start = start.concat();
    let mut text = Zeroizing::new(String::with_capacity(start.len() + 3 * secret.len()));
    text.push_str(&start);
    encode(secret, &mut text);
    text
}

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    encode(text, &mut encoded);
    encoded
}

/// Percent-encoding of all but RFC 3986's unreserved characters.
fn encode(text: &str, into: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => into.push(char::from(byte)),
            _ => into.extend(['%', char::from(HEX[usize::from(byte >> 4)]), char::from(HEX[usize::from(byte & 15)])]),
        }
    }
}

/// HTML's own characters, in an attribute.
fn escape(text: &str, into: &mut String) {
    for c in text.chars() {
        match c {
            '&' => into.push_str("&amp;"),
            '"' => into.push_str("&quot;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            c => into.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential() -> Credential {
        Credential {
            access_key_id: "ASIAEXAMPLE".into(),
            secret_access_key: Zeroizing::new("k+/=".into()),
            session_token: Zeroizing::new("t&t".into()),
        }
    }

    #[test]
    fn a_session_is_sent_with_its_three_keys_and_nothing_else() {
        let form = get_signin_token(&credential(), Beside::Nothing);
        let session =
            "%7B%22sessionId%22%3A%22ASIAEXAMPLE%22%2C%22sessionKey%22%3A%22k%2B%2F%3D%22%2C%22sessionToken%22%3A%22t%26t%22%7D";
        assert_eq!(*form, format!("Action=getSigninToken&Session={session}"));
    }

    #[test]
    fn what_doctor_tries_differs_by_one_thing() {
        let form = |beside| get_signin_token(&credential(), beside);
        let plain = form(Beside::Nothing);
        assert_eq!(form(Beside::SessionDuration).replace("&SessionDuration=900", ""), *plain);
        assert_eq!(form(Beside::FourthKey).replace("%2C%22expiration%22%3A%222026-12-01T08%3A00%3A00Z%22", ""), *plain);
    }

    #[test]
    fn a_page_holds_each_part_escaped_and_does_not_grow_on_the_way() {
        let token = "\"".repeat(5000);
        let page = page("https://signin.aws.amazon.com", "<me> & \"you\"", "https://console.aws.amazon.com/s3?a=b&c=d", &token);
        assert!(page.contains(r#"action="https://signin.aws.amazon.com/federation">"#));
        assert!(page.contains(r#"name="Action" value="login">"#));
        assert!(page.contains(r#"name="Issuer" value="&lt;me&gt; &amp; &quot;you&quot;">"#));
        assert!(page.contains(r#"name="Destination" value="https://console.aws.amazon.com/s3?a=b&amp;c=d">"#));
        let longest = 512 + 6 * 40 + 64 * 4 + 33 + 6 * (token.len() + 70);
        assert!(page.capacity() <= longest && page.len() > 6 * token.len(), "{}", page.capacity());
    }

    #[test]
    fn a_url_holds_each_part_encoded() {
        let url = login("https://signin.aws.amazon.com/", "me & you", "https://console.aws.amazon.com/s3?a=b#ü", "a+b/c=");
        assert_eq!(
            *url,
            "https://signin.aws.amazon.com/federation?Action=login&Issuer=me%20%26%20you\
             &Destination=https%3A%2F%2Fconsole.aws.amazon.com%2Fs3%3Fa%3Db%23%C3%BC&SigninToken=a%2Bb%2Fc%3D"
        );
    }
}
