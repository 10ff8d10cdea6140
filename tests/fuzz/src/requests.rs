//! What applicants and approvers write: it never names a role, is within the secret's limits where it is taken, is never approved by
//! who asked, and comes back as it was.

use std::cell::RefCell;

use credadmin::grant::{Grant, Name, Papers, Span, Window};
use credadmin::requests::decision::Decision;
use credadmin::requests::drop_in::Approved;
use credadmin::requests::inbox::Inbox;
use credadmin::requests::judge::{Signed, judge};
use credadmin::requests::statement::Statement;
use credadmin::requests::{Accounts, Evidence, Id, Person, Request, Rules};
use jiff::{SignedDuration, Timestamp};

use crate::files::Files;
use crate::town::Town;
use crate::written;

const MAIN: &str = "[secrets.s]\nsecret_id = \"S\"\nrole_arn = \"arn:aws:iam::123456789012:role/S\"\n";

pub const WORDS: &[&str] = &[
    "\n---\n",
    "[request]\n",
    "secret = \"s\"\n",
    "from = \"2026-12-01T08:00:00Z\"\n",
    "until = \"2026-12-01T18:00:00Z\"\n",
    "reason = \"quarter end\"\n",
    "ticket = \"OPS-1\"\n",
    "asked = \"2026-11-30T12:00:00.123Z\"\n",
    "role_arn = \"arn:aws:iam::123456789012:role/Admin\"\n",
    "[secrets.s]\n",
    "[grants.x]\n",
    "[approval]\nsha256 = \"SHA256\"\napprover = \"bob\"\nat = \"2026-12-01T07:00:00Z\"\n",
    "SHA256",
    "approver = \"alice\"\n",
    "[decision]\n",
    "id = \"ID\"\n",
    "ID",
    "verdict = \"approved\"\n",
    "by = \"bob\"\n",
    "why = \"x\"\n",
    "applicant_uid = 1\n",
    "\\u202e",
    "\\u001b",
    "\\\"\\nrole_arn = \\\"x",
    "\"\"\"",
    "'''",
    "bob",
    "alice",
    "carol",
    "root",
    "\u{0}",
    "+01:00",
];

/// Up to three texts with `---` between: a request, an approval, a decision. SHA256 is the digest of the request, and ID its id.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut parts = text.split("\n---\n");
    let mut next = || parts.next().unwrap_or_default();
    let (request, approval, decision) = (next(), next(), next());
    let parsed = Request::parse(request);
    let id = parsed.as_ref().ok().map(|parsed| Id::of(request, parsed.window.opens));
    let named = |text: &str| {
        let id = id.as_ref().map_or_else(|| "ID".to_owned(), Id::to_string);
        text.replace("SHA256", &credadmin::requests::request::sha256(request)).replace("ID", &id)
    };
    if let Some(decision) = Decision::parse(&named(decision)) {
        assert_eq!(Decision::parse(&decision.text()), Some(decision));
    }
    let approval = named(approval);
    let statement = Statement::parse(&approval);
    if let Ok(statement) = &statement {
        assert_eq!(Statement::parse(&statement.text()).as_ref(), Ok(statement));
    }
    match parsed.as_ref().map(|parsed| (parsed, id.expect("each request has an id"))) {
        Ok((parsed, id)) => {
            asked(request, parsed, &id);
            limits(parsed);
            approved(parsed, &id, request, &approval, &statement);
        }
        Err(why) => assert!(!why.is_empty()),
    }
}

thread_local!(static FILES: RefCell<Option<Files>> = const { RefCell::new(None) });

/// It comes back as it was, from its text and from its file, and names no role in the drop-in that it may become.
fn asked(text: &str, request: &Request, id: &Id) {
    assert_eq!(request.fault(), None);
    assert_eq!(Request::parse(&request.text()).as_ref(), Ok(request));
    let approved = Approved {
        id: id.clone(),
        request: request.clone(),
        requested_by: "alice".into(),
        approved_by: "bob".into(),
        evidence: Evidence {
            request: text.into(),
            approval: "x".into(),
            applicant_uid: Some(1),
            approver_uid: Some(2),
            ..Evidence::default()
        },
    };
    let drop_in = written::table(&approved.text()).expect("TOML");
    assert!(drop_in.keys().all(|room| room == "grants"), "{drop_in:?}");
    let grants = written::room(&drop_in, "grants");
    assert!(grants.len() == 1 && grants[0].0 == id.to_string(), "{drop_in:?}");
    assert!(grants[0].1.keys().all(|key| !key.contains("role")), "{drop_in:?}");
    FILES.with_borrow_mut(|files| {
        let files = files.get_or_insert_with(|| {
            let files = Files::new(MAIN);
            std::fs::create_dir_all(files.path("requests/decided")).expect("a directory");
            files
        });
        files.write("grants.d/50.toml", approved.text().as_bytes());
        let now: Timestamp = "2026-12-01T07:00:00Z".parse().expect("an instant");
        let settings = files.load(now).expect("the main file is valid");
        let watched = &settings.secrets[0];
        assert_eq!(watched.secret.role_arn, "arn:aws:iam::123456789012:role/S");
        let opened: Vec<Span> = watched
            .grants
            .iter()
            .map(|grant| match &grant.window {
                Window::Once(span) => *span,
                Window::Recurring(_) => panic!("nobody can ask for that"),
            })
            .collect();
        let wanted = if request.secret.as_str() == "s" { vec![request.window] } else { vec![] };
        assert_eq!(opened, wanted, "{:?}", settings.remarks);
        let inbox = Inbox::open(&files.path("requests")).expect("a directory that can be believed");
        let name = format!("requests/{id}.toml");
        files.write(&name, text.as_bytes());
        let pending = inbox.read(id).expect("it is what it is called").expect("it is there");
        assert!(pending.text == text && pending.request == *request && pending.signature.is_none());
        std::fs::remove_file(files.path(&name)).expect("it is there");
    });
}

/// What breaks no limit is within each.
fn limits(request: &Request) {
    let now: Timestamp = "2026-12-01T07:00:00Z".parse().expect("an instant");
    let hours = SignedDuration::from_hours;
    let rules = Rules { longest_window: Some(hours(10)), latest_start: Some(hours(48)), most_at_once: Some(1), ..rules() };
    let other = Span { opens: now + hours(20), closes: now + hours(30) };
    let Span { opens, closes } = request.window;
    let within = closes > now
        && closes.duration_since(opens) <= hours(10)
        && opens.duration_since(now) <= hours(48)
        && (closes <= other.opens || other.closes <= opens);
    assert_eq!(rules.broken(&request.secret, request.window, &[other], now).is_empty(), within, "{request:?}");
}

fn rules() -> Rules {
    Rules {
        approvers: vec![Person::User("bob".into()), Person::Group("security".into())],
        applicants: None,
        longest_window: None,
        latest_start: None,
        most_at_once: None,
        hours: None,
        signatures_required: false,
    }
}

/// Whoever asked and whoever approves, as the kernel has it, and whatever the statement says.
fn approved(request: &Request, id: &Id, text: &str, approval: &str, statement: &Result<Statement, String>) {
    let approver = statement.as_ref().map_or("bob", |statement| statement.approver.as_str());
    for (asked, said_yes) in (0..5).flat_map(|asked| (0..5).map(move |said_yes| (asked, said_yes))) {
        let (applicant_uid, approver_uid) = (Some(asked).filter(|uid| *uid < 4), Some(said_yes).filter(|uid| *uid < 4));
        let evidence =
            Evidence { request: text.into(), approval: approval.into(), applicant_uid, approver_uid, ..Evidence::default() };
        let applicant = applicant_uid.and_then(|uid| Town.user(uid)).unwrap_or_else(|| "nobody".into());
        let papers = Papers {
            requested_by: Some(applicant.into()),
            approved_by: Some(approver.into()),
            reason: Some(request.reason.clone().into()),
            ticket: request.ticket.clone().map(Into::into),
        };
        let grant =
            Grant { name: id.name().clone(), secret: request.secret.clone(), window: Window::Once(request.window), papers };
        if judge(&grant, &evidence, &Signed::default(), Some(&rules()), &Town).is_empty() {
            let statement = statement.as_ref().expect("there is no approval without a statement");
            assert_ne!(applicant_uid, approver_uid, "{statement:?}");
            assert!(approver_uid.is_some_and(|uid| [2, 3].contains(&uid)), "user {approver_uid:?} may not approve");
            assert_eq!(Town.uid(&statement.approver), approver_uid, "{statement:?}");
            assert_eq!(statement.sha256, credadmin::requests::request::sha256(text));
            let other = Grant { secret: Name::parse("other").expect("a name"), ..grant };
            assert!(
                !judge(&other, &evidence, &Signed::default(), Some(&rules()), &Town).is_empty()
                    || request.secret.as_str() == "other"
            );
        }
    }
}
