//! Whether the evidence of a grant shows what it has to: that this window was asked for by one person, and approved by another
//! who may.

use jiff::{SignedDuration, Timestamp};

use super::people::{list, one_person};
use super::request::sha256;
use super::statement::Statement;
use super::{Accounts, Evidence, Id, Request, Rules, Signer, Who};
use crate::grant::{Grant, Span, Window};

/// Something that the evidence of a grant does not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The key of the grant's table that is at fault; `evidence.request` for one of the table in it.
    pub key: &'static str,
    /// What is wrong.
    pub found: String,
    /// What it should be.
    pub wanted: String,
}

/// What became of the signatures: nothing where there is none; else who signed, or why that can't be told.
#[derive(Clone, Debug, Default)]
pub struct Signed {
    /// That of the request.
    pub request: Option<Result<Signer, String>>,
    /// That of the approval.
    pub approval: Option<Result<Signer, String>>,
}

/// All that is wrong with the evidence of `grant`. `rules` are those of its secret.
pub fn judge(grant: &Grant, evidence: &Evidence, signed: &Signed, rules: Option<&Rules>, accounts: &impl Accounts) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let mut tell = |key, found: String, wanted: &str| wrong.push(Wrong { key, found, wanted: format!("wanted: {wanted}") });
    let request = Request::parse(&evidence.request);
    let statement = Statement::parse(&evidence.approval);
    if let Err(why) = &request {
        tell("evidence.request", why.clone(), "the text of a request");
    }
    if let Err(why) = &statement {
        tell("evidence.approval", why.clone(), "the text of an approval");
    }
    for (key, signature) in [("evidence.request_signature", &signed.request), ("evidence.approval_signature", &signed.approval)] {
        if let Some(Err(why)) = signature {
            tell(key, format!("the signature does not hold: {why}"), "a signature by one of the allowed signers");
        }
    }
    let (Ok(request), Ok(statement)) = (request, statement) else { return wrong };
    if statement.sha256 != sha256(&evidence.request) {
        tell("evidence.approval", "the approval is of another request".into(), "the SHA-256 of this request in it");
    }
    if grant.secret != request.secret {
        let found = format!("secret {} was asked for, and {} is granted", request.secret, grant.secret);
        tell("secret", found, "the secret of the request");
    }
    match &grant.window {
        Window::Once(span) if is_revoked(grant, *span, &evidence.request, &request) => {}
        Window::Once(span) if span.opens < request.window.opens => {
            tell("from", format!("the window was asked for from {} on", request.window.opens), "no earlier start than that");
        }
        Window::Once(span) if span.closes > request.window.closes => {
            tell("until", format!("the window was asked for until {}", request.window.closes), "no later end than that");
        }
        Window::Once(_) => {}
        Window::Recurring(_) => tell("cron", "a window that opens once was asked for".into(), "from and until"),
    }
    let papers = &grant.papers;
    if papers.reason.as_deref() != Some(&request.reason) {
        tell("reason", "the reason is not that of the request".into(), "the same");
    }
    if papers.ticket.as_deref() != request.ticket.as_deref() {
        tell("ticket", "the ticket is not that of the request".into(), "the same");
    }
    if papers.approved_by.as_deref() != Some(&statement.approver) {
        tell("approved_by", "approved_by is not the approver of the approval".into(), "the same");
    }
    let signer = |signed: &Option<Result<Signer, String>>| signed.clone().and_then(Result::ok);
    let applicant = Who::of(evidence.applicant_uid, signer(&signed.request), accounts);
    let approver = Who { name: statement.approver, ..Who::of(evidence.approver_uid, signer(&signed.approval), accounts) };
    let is_known = applicant.uid.is_some() || applicant.signer.is_some();
    let applicant = match papers.requested_by.as_deref() {
        Some(name) if !is_known => Who { name: name.to_owned(), ..applicant },
        _ => applicant,
    };
    if papers.requested_by.as_deref() != Some(&applicant.name) {
        tell("requested_by", format!("the evidence is of a request by {}", applicant.name), "the same");
    }
    if let Some(why) = one_person(&applicant, &approver) {
        tell("evidence", why, "two persons: one who asks and one who approves");
    }
    let Some(rules) = rules else {
        let found = format!("secrets.{} has no table of requests", grant.secret);
        tell("evidence", found, "approvers, in [secrets.NAME.requests]: without it nobody may approve");
        return wrong;
    };
    // A signature that does not hold is told above, and whose it would be is not known.
    let unproven = matches!(signed.approval, Some(Err(_)));
    if !unproven && !approver.is_one_of(&rules.approvers, accounts) {
        let found = format!("{} may not approve requests for {}", approver.name, grant.secret);
        tell("evidence.approval", found, &format!("one of {}", list(&rules.approvers)));
    }
    if rules.signatures_required && (signed.request.is_none() || signed.approval.is_none()) {
        let found = format!("secrets.{}.requests.signatures is \"required\"", grant.secret);
        tell("evidence", found, "request_signature and approval_signature");
    }
    wrong
}

/// What `credadmin revoke` leaves of a window that has not opened: a second before it, too short for any session. The grant has the
/// request's name, so there is one such second for each.
fn is_revoked(grant: &Grant, span: Span, text: &str, request: &Request) -> bool {
    let is_a_second = span.closes.duration_since(span.opens) == SignedDuration::from_secs(1);
    let asked = request.window.opens;
    is_a_second && span.closes <= asked && grant.name == *Id::of(text, asked).name()
}

/// As of when a signature has to hold: now, where it gives access; when it was made, where that is over.
pub fn verify_at(grant: &Grant, evidence: &Evidence, now: Timestamp) -> Timestamp {
    match Statement::parse(&evidence.approval) {
        Ok(statement) if grant.window.is_over(now) => statement.at,
        _ => now,
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::{Town, request};
    use super::super::{Person, drop_in::Approved};
    use super::*;
    use crate::grant::{Name, Papers};

    /// As `credadmin approve` makes it: alice asked, bob approved.
    fn approved() -> (Grant, Evidence, Rules) {
        let request = request();
        let text = request.text();
        let approval = Statement::of(&text, "bob", "2026-12-01T07:00:00Z".parse().expect("an instant")).text();
        let evidence =
            Evidence { request: text.clone(), approval, applicant_uid: Some(1), approver_uid: Some(2), ..Evidence::default() };
        let papers = Papers {
            requested_by: Some("alice".into()),
            approved_by: Some("bob".into()),
            reason: Some(request.reason.clone().into()),
            ticket: request.ticket.clone().map(Into::into),
        };
        let grant = Grant {
            name: Id::of(&text, request.window.opens).name().clone(),
            secret: request.secret.clone(),
            window: Window::Once(request.window),
            papers,
        };
        let rules = Rules {
            approvers: vec![Person::User("bob".into()), Person::Signer("bob@x".into())],
            applicants: None,
            longest_window: None,
            latest_start: None,
            most_at_once: None,
            hours: None,
            signatures_required: false,
        };
        (grant, evidence, rules)
    }

    fn signer(principal: &str) -> Option<Result<Signer, String>> {
        Some(Ok(Signer { principals: vec![principal.into()], key: format!("key of {principal}") }))
    }

    #[test]
    fn what_approve_makes_is_in_order_and_so_is_a_window_that_was_cut() {
        let (mut grant, evidence, rules) = approved();
        assert_eq!(judge(&grant, &evidence, &Signed::default(), Some(&rules), &Town), []);
        let Window::Once(span) = &mut grant.window else { unreachable!("it opens once") };
        span.closes = "2026-12-01T09:00:00Z".parse().expect("an instant");
        assert_eq!(judge(&grant, &evidence, &Signed::default(), Some(&rules), &Town), []);
        let parsed: toml::Table = toml::from_str(
            &Approved {
                id: Id::parse(grant.name.as_str()).expect("an id"),
                request: request(),
                requested_by: "alice".into(),
                approved_by: "bob".into(),
                evidence: evidence.clone(),
            }
            .text(),
        )
        .expect("TOML");
        assert_eq!(parsed["grants"][grant.name.as_str()]["evidence"]["request"].as_str(), Some(evidence.request.as_str()));
    }

    #[test]
    fn what_was_revoked_before_it_opened_is_in_order_and_nothing_else_is_that_opens_earlier() {
        let (mut grant, evidence, rules) = approved();
        let told = |grant: &Grant| {
            let wrong = judge(grant, &evidence, &Signed::default(), Some(&rules), &Town);
            wrong.into_iter().map(|wrong| wrong.key).collect::<Vec<_>>()
        };
        let opens: Timestamp = "2026-12-01T07:00:00Z".parse().expect("an instant");
        let lasts = |seconds| Window::Once(Span { opens, closes: opens + SignedDuration::from_secs(seconds) });
        for (seconds, wrong) in [(1, vec![]), (2, vec!["from"]), (3601, vec!["from"])] {
            grant.window = lasts(seconds);
            assert_eq!(told(&grant), wrong, "{seconds} s");
        }
        // Of many a second long, one after the other, one counts.
        let another = Grant { name: Name::parse("another").expect("a name"), window: lasts(1), ..grant };
        assert_eq!(told(&another), ["from"]);
    }

    #[test]
    fn each_lie_is_told_with_its_key() {
        type Lie = fn(&mut Grant, &mut Evidence, &mut Rules, &mut Signed);
        let lies: [(Lie, &str, &str); 16] = [
            (|_, evidence, _, _| evidence.request = "x".into(), "evidence.request", "not a request: "),
            (|_, evidence, _, _| evidence.approval = "x".into(), "evidence.approval", "not an approval: "),
            (
                |_, evidence, _, _| evidence.request = evidence.request.replace("12:00:00Z", "12:00:01Z"),
                "evidence.approval",
                "the approval is of another request",
            ),
            (
                |grant, _, _, _| grant.secret = Name::parse("t").expect("a name"),
                "secret",
                "secret s was asked for, and t is granted",
            ),
            (
                |grant, _, _, _| {
                    if let Window::Once(span) = &mut grant.window {
                        span.opens = Timestamp::UNIX_EPOCH;
                    }
                },
                "from",
                "the window was asked for from 2026-12-01T08:00:00Z on",
            ),
            (
                |grant, _, _, _| {
                    if let Window::Once(span) = &mut grant.window {
                        span.closes = Timestamp::MAX;
                    }
                },
                "until",
                "the window was asked for until 2026-12-01T18:00:00Z",
            ),
            (|grant, _, _, _| grant.papers.reason = None, "reason", "the reason is not that of the request"),
            (|grant, _, _, _| grant.papers.ticket = Some("X".into()), "ticket", "the ticket is not that of the request"),
            (
                |grant, _, _, _| grant.papers.approved_by = Some("carol".into()),
                "approved_by",
                "approved_by is not the approver of",
            ),
            (
                |grant, _, _, _| grant.papers.requested_by = Some("carol".into()),
                "requested_by",
                "the evidence is of a request by alice",
            ),
            (|_, evidence, _, _| evidence.applicant_uid = Some(2), "evidence", "user 2 asked for it and approves it"),
            (|_, _, rules, _| rules.approvers.clear(), "evidence.approval", "bob may not approve requests for s"),
            (|_, evidence, _, _| evidence.approver_uid = Some(3), "evidence.approval", "bob may not approve requests for s"),
            (|_, _, rules, _| rules.signatures_required = true, "evidence", "secrets.s.requests.signatures is \"required\""),
            (
                |_, _, _, signed| signed.request = Some(Err("no".into())),
                "evidence.request_signature",
                "the signature does not hold: no",
            ),
            (
                |_, _, _, signed| signed.approval = signer("mallory@x"),
                "evidence",
                "the approval is signed and the request is not",
            ),
        ];
        for (lie, key, says) in lies {
            let (mut grant, mut evidence, mut rules) = approved();
            let mut signed = Signed::default();
            lie(&mut grant, &mut evidence, &mut rules, &mut signed);
            let wrong = judge(&grant, &evidence, &signed, Some(&rules), &Town);
            assert!(wrong.iter().any(|wrong| wrong.key == key && wrong.found.starts_with(says)), "{key}: {says}: {wrong:?}");
        }
        let (grant, evidence, _) = approved();
        let wrong = judge(&grant, &evidence, &Signed::default(), None, &Town);
        assert!(wrong.iter().any(|wrong| wrong.found == "secrets.s has no table of requests"), "{wrong:?}");
    }

    #[test]
    fn a_signer_is_who_the_allowed_signers_say_and_not_who_the_statement_says() {
        let (mut grant, mut evidence, rules) = approved();
        evidence.approval = evidence.approval.replace("\"bob\"", "\"bob@x\"");
        grant.papers.approved_by = Some("bob@x".into());
        grant.papers.requested_by = Some("alice@x".into());
        let signed = |approval| Signed { request: signer("alice@x"), approval: signer(approval) };
        let strict = Rules { signatures_required: true, ..rules };
        assert_eq!(judge(&grant, &evidence, &signed("bob@x"), Some(&strict), &Town), []);
        let wrong = judge(&grant, &evidence, &signed("mallory@x"), Some(&strict), &Town);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!(wrong[0].found, "bob@x may not approve requests for s");
        let wrong = judge(&grant, &evidence, &signed("alice@x"), Some(&strict), &Town);
        assert!(wrong.iter().any(|wrong| wrong.found.starts_with("alice@x asked for it and approves it")), "{wrong:?}");
    }
}
