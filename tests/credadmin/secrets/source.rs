//! The source itself: the secret parts are in few hands, and the types that hold them can't be shown, copied or serialised.

use std::fs;
use std::path::{Path, PathBuf};

/// Who may touch the secret parts: the type itself, where our own and others come in, where they are checked, where they go out, what
/// doctor and revoke try with them, what the sign-in service is sent, and what a consumer reads and hands to SDKs.
const MAY_TOUCH: &[&str] = &[
    "credential.rs",
    "aws/instance_role.rs",
    "aws/sdk.rs",
    "aws/bucket.rs",
    "vault.rs",
    "console/form.rs",
    "consumer/value.rs",
    "consumer/form.rs",
];

/// The product's source, path by path beneath `src`, without unit tests.
pub fn product() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut directories: Vec<PathBuf> = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
                let name = path.strip_prefix(&root).expect("beneath src").to_string_lossy().into_owned();
                sources.push((name, text));
            }
        }
    }
    sources.sort();
    assert!(sources.len() > 30, "the whole product");
    sources
}

/// What is wrong with these sources.
fn wrong(sources: &[(String, String)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, text) in sources {
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let touches = ["secret_access_key", "session_token"]
                .iter()
                .any(|part| line.replace("session_token_utilization", "").contains(part));
            if touches && !MAY_TOUCH.contains(&name.as_str()) {
                wrong.push(format!("{name} touches a secret part: {line}"));
            }
            let shows = ["!(", "{:?}", "{:#?}", "Debug"].iter().any(|how| line.contains(how)) && touches;
            if shows {
                wrong.push(format!("{name} shows a secret part: {line}"));
            }
            let implements = ["Display", "Clone", "Copy", "Serialize", "ToString", "Deref"]
                .iter()
                .any(|how| line.contains(&format!("{how} for Credential")));
            if implements {
                wrong.push(format!("{name} lets a secret out: {line}"));
            }
            if line.contains("expose_secret") || line.contains("LOG_SENSITIVE_BODIES") && name != "cli/surroundings.rs" {
                wrong.push(format!("{name}: {line}"));
            }
        }
        if name == "credential.rs"
            && text.split("pub struct Credential").next().is_some_and(|before| before.trim_end().ends_with(")]"))
        {
            wrong.push(format!("{name} derives something for Credential"));
        }
        if name == "journal/event.rs"
            && ["Credential", "Zeroizing", "Session,", "String>,"].iter().any(|part| text.contains(&format!(": {part}")))
        {
            wrong.push(format!("{name} has an event that could carry a secret"));
        }
    }
    wrong
}

#[test]
fn the_secret_parts_are_in_few_hands_and_never_shown() {
    assert_eq!(wrong(&product()), [""; 0]);
}

#[test]
fn each_of_these_rules_can_be_broken() {
    for (name, text) in [
        ("daemon.rs", "let x = session.credential.session_token.clone();"),
        ("vault.rs", "info!(\"{}\", session.credential.secret_access_key);"),
        ("credential.rs", "impl fmt::Display for Credential {}"),
        ("credential.rs", "impl Clone for Credential {}"),
        ("credential.rs", "impl serde::Serialize for Credential {}"),
        ("credential.rs", "#[derive(Clone)]\npub struct Credential {"),
        ("journal/event.rs", "    it: Credential,"),
        ("cli/plan.rs", "std::env::var(\"LOG_SENSITIVE_BODIES\")"),
    ] {
        assert_eq!(wrong(&[(name.to_owned(), text.to_owned())]).len().min(1), 1, "{name}: {text}");
    }
}
