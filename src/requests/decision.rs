//! What became of a request: a file beside the pending ones, which belongs to whoever decided.

use jiff::Timestamp;
use serde::Deserialize;

use super::Id;
use super::request::LONGEST_REASON;
use super::statement::LONGEST_NAME;
use super::text::{is_plain, quoted};

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It became a drop-in.
    Approved,
    /// An approver said no.
    Denied,
    /// The applicant took it back.
    Withdrawn,
}

impl Verdict {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// A decision over a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The request.
    pub id: Id,
    /// What was decided.
    pub verdict: Verdict,
    /// By whom, in their own words; the file's owner is the kernel's word.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why, if it was said.
    pub why: Option<String>,
    /// The text of the request, so that nothing is lost with the pending file.
    pub request: String,
    /// The user that the request belonged to.
    pub applicant_uid: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    decision: Keys,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    id: String,
    verdict: Verdict,
    by: String,
    at: String,
    why: Option<String>,
    request: String,
    applicant_uid: u32,
}

impl Decision {
    /// Reads the text of one; `None` for what is none, or would not show itself as it is.
    pub fn parse(text: &str) -> Option<Self> {
        let File { decision: Keys { id, verdict, by, at, why, request, applicant_uid } } = toml::from_str(text).ok()?;
        let are_plain = is_plain(&by, LONGEST_NAME) && why.as_ref().is_none_or(|why| is_plain(why, LONGEST_REASON));
        let decision = Self { id: Id::parse(&id)?, verdict, by, at: at.parse().ok()?, why, request, applicant_uid };
        are_plain.then_some(decision)
    }

    /// Its text.
    pub fn text(&self) -> String {
        let why = self.why.iter().map(|why| format!("why = {}\n", quoted(why))).collect::<String>();
        format!(
            "[decision]\nid = \"{}\"\nverdict = \"{}\"\nby = {}\nat = \"{}\"\n{why}request = {}\napplicant_uid = {}\n",
            self.id,
            self.verdict.word(),
            quoted(&self.by),
            self.at,
            quoted(&self.request),
            self.applicant_uid
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::request;
    use super::*;

    #[test]
    fn a_decision_is_read_as_it_was_written() {
        let text = request().text();
        for (verdict, why) in
            [(Verdict::Approved, None), (Verdict::Denied, Some("not \"now\"".to_owned())), (Verdict::Withdrawn, None)]
        {
            let decision = Decision {
                id: Id::of(&text, request().window.opens),
                verdict,
                by: "bob".into(),
                at: "2026-12-01T07:00:00Z".parse().expect("an instant"),
                why,
                request: text.clone(),
                applicant_uid: 1,
            };
            for (by, why) in [("\u{1b}[2J", decision.why.clone()), ("bob", Some("now \u{202e}txet".into())), ("", None)] {
                assert_eq!(Decision::parse(&Decision { by: by.into(), why, ..decision.clone() }.text()), None);
            }
            assert_eq!(Decision::parse(&decision.text()), Some(decision));
        }
        assert_eq!(Decision::parse("[decision]\nverdict = \"granted\"\n"), None);
    }
}
