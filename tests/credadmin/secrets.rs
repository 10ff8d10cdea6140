//! Nothing of a session's secret parts, or of the instance's own, comes out of the process but in PutSecretValue.
//!
//! The real binary runs with every log variable turned up over everything that can go wrong; each secret part of this account
//! begins with a canary, and all that came out is searched for it, and for parts of every key and token that there was.

mod commands;
pub mod memory;
pub mod source;

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::Signal;
use strict_aws::{ApiError, Fault, Operation, Role, role_arn};

use crate::harness::{Credadmin, PATIENCE, Process};
use crate::story::{Beside, CANARY};

/// Every variable that is known to make some library talk, or that an operator may try.
const LOUD: &[(&str, &str)] = &[
    ("RUST_LOG", "trace"),
    ("RUST_LOG_STYLE", "never"),
    ("RUST_BACKTRACE", "full"),
    ("RUST_LIB_BACKTRACE", "full"),
    ("AWS_LOG_LEVEL", "trace"),
    ("AWS_DEBUG", "true"),
    ("SMITHY_LOG", "trace"),
    ("HYPER_LOG", "trace"),
    ("RUSTLS_LOG", "trace"),
    ("SSLKEYLOGFILE", "keys.log"),
    ("TOKIO_CONSOLE", "1"),
    ("DEBUG", "*"),
];

/// A window that is open now.
fn config(ids: &[&str]) -> String {
    let mut config = "region = 'eu-central-1'\n".to_owned();
    for id in ids {
        let name = id.to_lowercase();
        config += &format!(
            "[secrets.{name}]\nsecret_id = '{id}'\nrole_arn = 'arn:aws:iam::123456789012:role/{id}Access'\n\
             [grants.{name}]\nsecret = '{name}'\nfrom = '2020-01-01T00:00:00Z'\nuntil = '2199-01-01T00:00:00Z'\n"
        );
    }
    config
}

/// With one secret and nothing wrong.
fn fine() -> Beside {
    let aws = Beside::new(&["Fine"]);
    aws.world.add_role(Role::new("FineAccess").trusting(&role_arn("CredAdmin")));
    aws
}

fn loud(aws: &Beside, config: &str) -> Credadmin {
    let variables = aws.environment.iter().map(|(name, value)| (*name, value.as_str())).chain(LOUD.iter().copied());
    variables.fold(Credadmin::new(config), |credadmin, (name, value)| credadmin.env(name, value))
}

/// Texts that may be nowhere: the canary, and from each secret part a stretch of its own.
fn forbidden(aws: &Beside, ids: &[&str]) -> Vec<String> {
    let mut forbidden = vec![CANARY.to_owned()];
    let instance = aws.world.instance_credentials("i-00000000000000001").expect("a role");
    let mut parts = vec![instance.secret_access_key, instance.session_token.expect("a token")];
    for version in ids.iter().flat_map(|id| aws.world.versions(id)) {
        let value: serde_json::Value = serde_json::from_str(&version.content).expect("JSON");
        parts.extend(["sessionKey", "sessionToken"].map(|key| value[key].as_str().expect("a text").to_owned()));
    }
    for part in parts {
        assert!(part.starts_with(CANARY), "a secret part without its canary");
        forbidden.push(part[part.len() - 16..].to_owned());
        forbidden.push(part[part.len() / 2..part.len() / 2 + 12].to_owned());
    }
    forbidden
}

fn search(what: &str, text: &str, forbidden: &[String]) {
    for secret in forbidden {
        // The secret itself is not repeated into the log of the tests.
        let found = text.lines().find(|line| line.contains(secret.as_str()));
        assert!(
            found.is_none(),
            "{what} holds part of a secret: {}",
            found.unwrap_or_default().replace(secret.as_str(), "[HERE]")
        );
    }
}

fn said(process: &Process) -> String {
    process.lines().into_iter().map(|(_, line)| line + "\n").collect()
}

/// AWS's text on a bad signature, which quotes the request that was signed, our own session token in it.
fn bad_signature(token: &str) -> ApiError {
    let text = format!(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and \
         signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n\
         'POST\n/\n\nhost:sts\nx-amz-date:20261201T080000Z\nx-amz-security-token:{token}\n\nhost;x-amz-date;x-amz-security-token\n\
         0123'\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20261201T080000Z'\n"
    );
    ApiError::new(403, "SignatureDoesNotMatch", text)
}

#[test]
fn nothing_secret_comes_out_whatever_goes_wrong() {
    use Operation::{AssumeRole, DescribeSecret, PutSecretValue};
    let quoting =
        |status, code: &str, token: &str| Fault::Answer(ApiError::new(status, code, format!("in {token} there is no good")));
    let aws = Beside::new(&[]);
    let token = aws.world.instance_credentials("i-00000000000000001").expect("a role").session_token.expect("a token");
    // Each secret has a fault of its own, as often as it takes to be told of.
    let ill = [
        ("StsSignature", AssumeRole, Fault::Answer(bad_signature(&token)), 1),
        ("StsDenied", AssumeRole, quoting(403, "AccessDenied", &token), 1),
        ("StsThrottled", AssumeRole, quoting(400, "Throttling", &token), 1),
        ("StsHalf", AssumeRole, Fault::HalfBody, 1),
        ("StsReset", AssumeRole, Fault::Reset, 1),
        ("StsLost", AssumeRole, Fault::LostAnswer, 1),
        ("StsGarbage", AssumeRole, Fault::Garbage, 1),
        ("StsEmpty", AssumeRole, Fault::EmptyCredentials, 1),
        ("StsPast", AssumeRole, Fault::PastExpiration, 1),
        ("StsLonger", AssumeRole, Fault::LongerThanAsked, 1),
        ("SeeSignature", DescribeSecret, Fault::Answer(bad_signature(&token)), 1),
        ("SeeServer", DescribeSecret, quoting(500, "InternalServiceError", &token), 1),
        ("SeeSilent", DescribeSecret, Fault::Silent, 1),
        ("SeeStale", DescribeSecret, quoting(400, "ExpiredTokenException", &token), 1),
        ("PutSignature", PutSecretValue, Fault::Answer(bad_signature(&token)), 1),
        ("PutGarbage", PutSecretValue, Fault::Garbage, 2),
        ("PutLost", PutSecretValue, Fault::LostAnswer, 2),
        ("PutHalf", PutSecretValue, Fault::HalfBody, 2),
    ];
    let ids: Vec<&str> = ill.iter().map(|(id, ..)| *id).chain(["Fine"]).collect();
    for id in &ids {
        aws.world.create_secret(id, None);
        aws.world.add_role(Role::new(&format!("{id}Access")).trusting(&role_arn("CredAdmin")));
    }
    for (id, operation, fault, times) in &ill {
        let of = if *operation == AssumeRole { format!("{id}Access") } else { (*id).to_owned() };
        aws.world.fail_for(*operation, &of, fault.clone(), *times);
    }

    let credadmin = loud(&aws, &config(&ids));
    let mut daemon = credadmin.run();
    daemon.wait_for_line("session published in fine", PATIENCE);
    for (id, ..) in &ill {
        daemon.wait_for_line(&format!("failing for {} ({id})", id.to_lowercase()), PATIENCE);
    }
    credadmin.rewrite("credadmin.toml", "region = 'eu-central-1'\nnonsense = 1\n");
    daemon.signal(Signal::SIGHUP);
    daemon.wait_for_line("reload refused", PATIENCE);
    assert!(daemon.stop().success());
    let said = said(&daemon);
    assert!(said.contains("SignatureDoesNotMatch") && said.contains("DEBUG"), "it was as loud as it gets:\n{said}");
    let forbidden = forbidden(&aws, &ids);
    assert!(forbidden.len() > 20, "there were sessions to give away");
    search("the output", &said, &forbidden);
    assert!(!credadmin.path("keys.log").exists(), "no TLS keys are written");

    for command in [["check"].as_slice(), &["plan"], &["plan", "--format", "json"]] {
        credadmin.rewrite("credadmin.toml", &config(&ids));
        let output = credadmin.run_to_end(command);
        search(
            "the output of a command",
            &format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)),
            &forbidden,
        );
    }
}

/// What other users of the host can see of a process: its command line; and what root can, its environment.
#[test]
fn nothing_secret_is_in_the_command_line_or_the_environment() {
    let aws = fine();
    let credadmin = loud(&aws, &config(&["Fine"]));
    let log = fs::File::create(credadmin.path("log")).expect("a file");
    let mut command = credadmin.command(&["run"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    let mut child = command.spawn().expect("credadmin");
    let mut patience = 6000;
    while aws.world.versions("Fine").is_empty() && patience > 0 {
        std::thread::sleep(Duration::from_millis(10));
        patience -= 1;
    }
    let read = |name: &str| fs::read(format!("/proc/{}/{name}", child.id())).expect("a process");
    let (command_line, environment) = (read("cmdline"), read("environ"));
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    assert_eq!(aws.world.versions("Fine").len(), 1, "it did its work");
    let forbidden = forbidden(&aws, &["Fine"]);
    let split = |bytes: &[u8]| {
        bytes
            .split(|byte| *byte == 0)
            .map(|part| String::from_utf8_lossy(part).into_owned())
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
    };
    let (command_line, mut environment) = (split(&command_line), split(&environment));
    assert_eq!(command_line[1..], ["run", "--config", &credadmin.path("credadmin.toml").to_string_lossy()]);
    let mut given: Vec<String> = aws.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    given.extend(LOUD.iter().map(|(name, value)| format!("{name}={value}")));
    environment.retain(|variable| !variable.starts_with("PATH="));
    given.sort();
    environment.sort();
    assert_eq!(environment, given, "the environment is as it was given");
    search("the command line", &command_line.join("\n"), &forbidden);
    search("the environment", &environment.join("\n"), &forbidden);
    search("the log", &fs::read_to_string(credadmin.path("log")).expect("a log"), &forbidden);
}

/// With this variable the SDK logs whole answers, credentials included: whatever its value, credadmin does not start.
#[test]
fn log_sensitive_bodies_is_refused() {
    let aws = fine();
    for value in ["true", "false", "1", ""] {
        let output = loud(&aws, &config(&["Fine"])).env("LOG_SENSITIVE_BODIES", value).run_to_end(&["run"]);
        assert_eq!(output.status.code(), Some(78), "LOG_SENSITIVE_BODIES={value}");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            text,
            "error: LOG_SENSITIVE_BODIES is set: with it the AWS SDK logs credentials. Unset it; credadmin does not start.\n"
        );
    }
    assert_eq!(aws.world.calls().len(), 0, "AWS was not even called");
}
