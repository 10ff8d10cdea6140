//! The whole story with these policies only, against ministack with IAM enforced; and with each call taken out of them.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use super::{BUCKET, CONFIG, made, statements, texts};
use crate::emulators::{Emulator, Keys, grant, in_seconds};
use crate::harness::{Credadmin, PATIENCE, run_slowly};
use crate::install::shell;

/// What each call said: `ok`, or AWS's words.
pub type Said = BTreeMap<String, String>;

/// Calls that would let a holder in after the window: nothing allows them.
const OUTLASTING: [&str; 3] = ["s3:PutBucketPolicy", "s3:PutBucketAcl", "s3:PutObjectAcl"];
/// What ministack does not look at: it is shown in `strict`.
const UNSEEN: [(&str, &str); 3] = [
    ("CredAdmin.credadmin.json", "sts:SetSourceIdentity"),
    ("CredAdmin.credadmin.json", "sts:TagSession"),
    ("SensitiveS3Access.trust.json", "sts:SetSourceIdentity"),
];
/// A call that nobody makes, in the place of one that is taken out.
pub const NEVER: &str = "sts:DecodeAuthorizationMessage";

/// An account in ministack, made by what is printed.
pub struct Account {
    pub ministack: Emulator,
    stories: std::cell::Cell<i64>,
}

impl Account {
    pub fn new() -> Self {
        Self { ministack: Emulator::empty("ministack"), stories: 0.into() }
    }

    /// Makes it as the documents say, or as a template does. Answers with the keys of CredAdmin and of EC2Normal.
    pub fn apply(&self, what: &Value) -> Result<(Keys, Keys), String> {
        let said = self.run("apply.py", Some(what), &self.ministack.root())?;
        let keys = |name: &str| serde_json::from_value(said[name].clone()).expect("keys");
        Ok((keys("credadmin"), keys("ec2_normal")))
    }

    /// What a program of tests/emulators prints.
    pub fn run(&self, program: &str, input: Option<&Value>, keys: &Keys) -> Result<Value, String> {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("input.json");
        fs::write(&file, input.map(Value::to_string).unwrap_or_default()).expect("a file");
        let arguments: &[&str] = if input.is_some() { &[file.to_str().expect("text")] } else { &[] };
        let output = run_slowly(self.ministack.program(program, arguments, keys));
        match output.status.success() {
            true => Ok(serde_json::from_slice(&output.stdout).expect("JSON")),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    /// The daemon publishes, and an application uses what it reads; each time for a window of its own.
    fn story(&self, what: &Value) -> Said {
        let (credadmin, reader) = match self.apply(what) {
            Ok(keys) => keys,
            Err(said) => return [("the instance's role".to_owned(), said)].into(),
        };
        self.stories.set(self.stories.get() + 1);
        let window = grant("quarter-end", in_seconds(-60), in_seconds(600 + self.stories.get()));
        let issuer =
            Credadmin::new(CONFIG).write("grants.d/10-first.toml", &window).env("AWS_ENDPOINT_URL", &self.ministack.endpoint);
        let issuer = credadmin.iter().fold(issuer, |issuer, (name, value)| issuer.env(name, value));
        let daemon = issuer.run();
        let outcome = daemon.wait_for("session or failure", PATIENCE, |lines| {
            let of_it = |line: &&String| line.contains("session published in") || line.contains("ERROR failing");
            lines.iter().map(|(_, line)| line).find(of_it).cloned()
        });
        drop(daemon);
        if !outcome.contains("session published in") {
            return [("the daemon".to_owned(), outcome)].into();
        }
        let mut said: Said = serde_json::from_value(self.run("use.py", None, &reader).expect("it runs")).expect("what was said");
        for call in OUTLASTING {
            let of_it = said.remove(call).unwrap_or_else(|| "not tried".into());
            if said.contains_key("s3:GetObject") {
                assert!(of_it.contains("AccessDenied"), "{call}: {of_it}");
            }
        }
        said
    }
}

fn is_whole(said: &Said) -> bool {
    said.len() >= 9 && said.values().all(|said| said == "ok")
}

/// Each call in each document.
fn calls(documents: &Value) -> Vec<(String, usize, String)> {
    let names = documents.as_object().expect("documents").keys();
    let of = |name: &String| {
        let each = statements(documents, name).iter().enumerate();
        each.flat_map(|(n, statement)| {
            texts(&statement["Action"]).into_iter().map(move |action| (name.clone(), n, action.to_owned()))
        })
        .collect::<Vec<_>>()
    };
    names.flat_map(of).collect()
}

/// The same documents without one call.
fn without(documents: &Value, (name, statement, call): &(String, usize, String)) -> Value {
    let mut documents = documents.clone();
    let action = &mut documents[name]["Statement"][statement]["Action"];
    let left: Vec<String> = texts(action).into_iter().filter(|action| action != call).map(str::to_owned).collect();
    *action = if left.is_empty() { json!(NEVER) } else { json!(left) };
    documents
}

#[test]
fn the_whole_story_needs_each_call_and_no_more() {
    let account = Account::new();
    let documents = made(CONFIG, &BUCKET);
    let whole = account.story(&documents);
    assert!(is_whole(&whole), "{whole:#?}");
    for call in calls(&documents) {
        let said = account.story(&without(&documents, &call));
        let (name, _, action) = &call;
        if UNSEEN.contains(&(name.as_str(), action.as_str())) {
            assert!(is_whole(&said), "ministack sees {action} of {name} now: it can be shown here: {said:#?}");
            continue;
        }
        let failed: Vec<&String> = said.values().filter(|said| *said != "ok").collect();
        assert!(!failed.is_empty(), "{action} of {name} is not needed");
        let is_clear =
            |said: &&&String| said.contains("AccessDenied") && (said.contains(action) || name == "CredAdmin.trust.json");
        assert!(failed.iter().any(|said| is_clear(&said)), "no word of {action} of {name}: {failed:#?}");
    }
    assert!(is_whole(&account.story(&documents)), "and it was nothing else");
}

#[test]
fn the_story_is_the_same_where_the_buckets_policy_allows_the_access() {
    let account = Account::new();
    let documents = made(CONFIG, &[&BUCKET[..], &["--bucket-policy"]].concat());
    assert!(documents.get("SensitiveS3Access.credadmin.json").is_none(), "one of the two is enough");
    let whole = account.story(&documents);
    assert!(is_whole(&whole), "{whole:#?}");
    let of_bucket = |(name, ..): &(String, usize, String)| name == "sensitive-bucket.bucket-policy.json";
    let calls: Vec<_> = calls(&documents).into_iter().filter(of_bucket).collect();
    assert_eq!(calls.len(), 7);
    for call in calls {
        let said = account.story(&without(&documents, &call));
        assert!(said[&call.2].contains("AccessDenied"), "{call:?}: {said:#?}");
    }
}

#[test]
fn read_only_is_no_more_than_that() {
    let account = Account::new();
    let said = account.story(&made(CONFIG, &[&BUCKET[..], &["--read-only"]].concat()));
    for call in ["s3:ListBucket", "s3:GetBucketLocation", "s3:GetObject"] {
        assert_eq!(said[call], "ok", "{call}");
    }
    for call in ["s3:PutObject", "s3:DeleteObject", "begin", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"] {
        assert!(said[call].contains("AccessDenied"), "{call}: {}", said[call]);
    }
}

/// CloudFormation itself makes the account, as far as ministack plays it: it has no instances in templates.
#[test]
fn the_template_makes_an_account_in_which_the_story_works() {
    let account = Account::new();
    let whole = account.story(&made(CONFIG, &[&BUCKET[..], &["--format", "cloudformation"]].concat()));
    assert!(is_whole(&whole), "{whole:#?}");
    let profile =
        "aws iam get-instance-profile --instance-profile-name CredAdmin --query InstanceProfile.Roles[].RoleName --output text";
    assert_eq!(shell(&account.ministack, &account.ministack.root(), profile).trim(), "CredAdmin");
}
