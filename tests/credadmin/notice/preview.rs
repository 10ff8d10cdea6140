//! Templates: seen before anything is sent, and named where they are broken.

use crate::harness::Credadmin;

fn said(credadmin: &Credadmin, args: &[&str]) -> (Option<i32>, String, String) {
    let output = credadmin.run_to_end(args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn with_templates(files: &[(&str, &str)]) -> Credadmin {
    let (config, _) = super::config(super::MAIL);
    let credadmin =
        files.iter().fold(Credadmin::new(&config), |credadmin, (name, text)| credadmin.write(&format!("mail/{name}"), text));
    let directory = credadmin.path("mail").display().to_string();
    let config = config.replace("[mail]\n", &format!("[mail]\ntemplates = '{directory}'\n"));
    credadmin.write("credadmin.toml", &config).env("TZ", "UTC")
}

#[test]
fn each_event_can_be_seen_without_aws() {
    let credadmin = Credadmin::new(&super::config(super::MAIL).0).env("TZ", "UTC");
    for event in ["requested", "approved", "denied", "withdrawn", "opens", "ending", "ended", "revoked", "failing", "well-again"]
    {
        let (code, out, err) = said(&credadmin, &["notify", "--preview", event]);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{event}");
        assert!(out.starts_with("To, each alone: jane@example.com, john@example.com\nSubject: [credadmin] "), "{out}");
        assert!(out.contains("\n-- as HTML:\n<!DOCTYPE html>") && out.contains(&format!("\"event\":\"{event}\"")), "{out}");
        assert!(out.contains("requested by: jane.doe\napproved by: john.roe\n"), "{out}");
    }
    let (code, _, err) = said(&credadmin, &["notify", "--preview", "opens", "--grant", "other"]);
    assert_eq!((code, err.as_str()), (Some(2), "error: the config has no [grants.other]\n"));
    let (code, out, _) = said(&Credadmin::new(&super::config("").0), &["notify", "--preview", "opens"]);
    assert!(code == Some(0) && out.starts_with("To, each alone: (nobody: the config has no [mail])\n"), "{out}");
}

#[test]
fn a_template_of_ones_own_takes_the_place_of_the_built_in_one() {
    let files = [
        ("opens.txt", "Hello {{ requested_by }}, {{ secret }} is yours. {% if ticket %}{{ ticket }}{% endif %}\n"),
        ("mail.html", "<p>{{ headline }} for {{ requested_by }}</p>"),
    ];
    let credadmin = with_templates(&files);
    let (code, out, err) = said(&credadmin, &["notify", "--preview", "opens"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.contains("\n\nHello jane.doe, s3 is yours.") && out.contains("for jane.doe</p>\n"), "{out}");
    let (_, out, _) = said(&credadmin, &["notify", "--preview", "ending"]);
    assert!(out.contains("Finish what you are doing.") && out.contains("for jane.doe</p>\n"), "{out}");
}

#[test]
fn a_broken_template_is_named_with_its_line() {
    let credadmin = with_templates(&[("opens.txt", "Hello\n{% if secret %}\n{{ nothing closes it\n")]);
    let path = credadmin.path("mail/opens.txt").display().to_string();
    for args in [&["check"][..], &["notify", "--preview", "opens"]] {
        let (code, out, err) = said(&credadmin, args);
        assert_eq!((code, out.as_str()), (Some(78), ""), "{args:?}");
        assert!(err.starts_with(&format!("error: template {path}:3: syntax error: ")), "{err}");
        assert!(err.ends_with("\nthe built-in templates take their place; access is not affected\n"), "{err}");
    }
    let credadmin = with_templates(&[]);
    let (code, _, err) = said(&credadmin, &["check"]);
    assert!(
        code == Some(0) && err.starts_with("warning: templates ") && err.contains("mail: No such file or directory"),
        "{err}"
    );
}
