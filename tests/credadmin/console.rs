//! `credadmin console`, the real binary, against the strict double.

mod browser;
mod failures;
mod kept;

use std::io::{Read, Write};
use std::net::TcpStream;

use credadmin::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use strict_aws::{Call, Operation, Role, SessionRecord};

use crate::harness::{Credadmin, PATIENCE};
use crate::story::{Beside, CANARY, minutes, seconds};

/// A config with one secret, `s3`, with these keys of its table, and one grant with these.
fn config(secret: &str, window: &str) -> String {
    format!(
        "region = 'eu-central-1'\n[secrets.s3]\nsecret_id = 'SensitiveS3'\n\
         role_arn = 'arn:aws:iam::123456789012:role/SensitiveS3Access'\n{secret}\n[grants.g]\nsecret = 's3'\n{window}\n"
    )
}

/// A window that has been open for a long while and closes at this time from now; and when that is.
fn closing_in(time: SignedDuration) -> (String, Timestamp) {
    let end = Timestamp::from_second((Clock::system().now() + time).as_second()).expect("an instant");
    (format!("from = '2020-01-01T00:00:00Z'\nuntil = '{end}'"), end)
}

fn credadmin(aws: &Beside, config: &str) -> Credadmin {
    let variables = aws.environment.iter().map(|(name, value)| (*name, value.as_str()));
    variables.fold(Credadmin::new(config).env("TZ", "UTC"), |credadmin, (name, value)| credadmin.env(name, value))
}

/// What came of it.
struct Said {
    code: i32,
    url: String,
    words: String,
}

/// Runs `credadmin console s3 …`. No words ever hold a secret, nor does the URL but for its sign-in token.
fn console(credadmin: &Credadmin, more: &[&str]) -> Said {
    let output = credadmin.run_to_end(&[&["console", "s3"], more].concat());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let said = Said { code: output.status.code().expect("a status"), url: text(output.stdout), words: text(output.stderr) };
    assert!(!said.words.contains(CANARY) && !said.words.contains("SigninToken="), "a secret in the words");
    assert_eq!(said.code == 0, !said.url.is_empty(), "a URL, or why there is none: {}", said.words);
    said
}

impl Said {
    /// The fields of the URL's query, decoded.
    fn field(&self, name: &str) -> String {
        let query = self.url.trim_end().split_once('?').expect("a query").1;
        let field = query.split('&').find_map(|field| field.strip_prefix(&format!("{name}="))).expect(name);
        let mut parts = field.split('%');
        let mut bytes = parts.next().expect("a start").as_bytes().to_vec();
        for part in parts {
            bytes.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
            bytes.extend(part[2..].bytes());
        }
        String::from_utf8(bytes).expect("text")
    }
}

fn calls(aws: &Beside, operation: Operation) -> Vec<Call> {
    aws.world.calls().into_iter().filter(|call| call.operation == operation).collect()
}

fn last_session(aws: &Beside) -> SessionRecord {
    aws.world.sessions().pop().expect("a session")
}

/// What a browser does with the URL, and what it is answered.
fn open(url: &str) -> String {
    send("GET", url, "")
}

/// A request with a form.
fn send(method: &str, url: &str, form: &str) -> String {
    let (host, path) = url.trim_end().strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("a URL");
    let mut stream = TcpStream::connect(host).expect("the double");
    let form_headers = format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}", form.len());
    let headers = format!("Host: {host}\r\nConnection: close\r\n{form_headers}");
    write!(stream, "{method} /{path} HTTP/1.1\r\n{headers}\r\n\r\n{form}").expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn the_url_signs_in_with_a_session_of_its_own_that_ends_with_the_window() {
    let aws = Beside::new(&["SensitiveS3"]);
    let (window, end) = closing_in(minutes(30));
    let said = console(&credadmin(&aws, &config("", &window)), &[]);
    assert_eq!(said.code, 0, "{}", said.words);
    assert!(said.url.starts_with(&format!("{}/federation?Action=login&Issuer=", aws.environment[0].1)), "where it is told to be");
    assert_eq!((said.field("Issuer").as_str(), said.url.lines().count()), ("credadmin", 1));
    assert_eq!(said.field("Destination"), "https://console.aws.amazon.com/s3/home");

    let session = last_session(&aws);
    let live_end = aws.world.live_end(&session.access_key_id).expect("an end");
    assert!(session.policy_end == Some(end) && live_end <= end && live_end >= end - seconds(1), "{session:?}");
    assert!(session.session_name.starts_with("credadmin-g-"), "{}", session.session_name);
    assert!((1790..=1800).contains(&session.requested_seconds), "{session:?}");
    let asked = calls(&aws, Operation::GetSigninToken).pop().expect("it was asked for");
    assert_eq!(asked.access_key_id.as_ref(), Some(&session.access_key_id), "of that very session");
    assert_eq!((asked.parameter("method"), asked.parameter("sessionDuration")), (Some("POST"), None));
    assert_eq!(asked.parameter("keys"), Some("sessionId sessionKey sessionToken"));
    assert!(aws.world.versions("SensitiveS3").is_empty() && calls(&aws, Operation::DescribeSecret).is_empty(), "and no more");

    let answer = open(&said.url);
    assert!(
        answer.starts_with("HTTP/1.1 302") && answer.contains("location: https://console.aws.amazon.com/s3/home"),
        "{answer}"
    );
    let [browser] = &aws.world.console_sessions()[..] else { panic!("one browser") };
    assert_eq!((&browser.access_key_id, browser.ends), (&session.access_key_id, session.expiration));
    assert!(browser.ends <= end);

    let day = |t: Timestamp| t.strftime("%a %F %H:%M:%S UTC").to_string();
    let opens_until = asked.at + minutes(15);
    assert_eq!(
        said.words,
        format!(
            "s3: session {} ({}) of arn:aws:iam::123456789012:role/SensitiveS3Access\n\
             The URL is a credential: whoever opens it is that session. Keep it out of chats, tickets and logs.\n\
             It opens for 15m, until {}. The console session ends {}, the end of the window.\n\
             A console session can outlive the credentials that it is made of: these carry a session policy that denies every \
             call from that moment on.\n",
            session.session_name,
            session.access_key_id,
            // A second may begin between its own look at the clock and AWS's.
            [opens_until, opens_until - seconds(1)].map(day).into_iter().find(|t| said.words.contains(t)).expect("15 minutes"),
            day(session.expiration)
        )
    );
}

#[test]
fn it_is_cut_by_the_policy_that_the_daemon_uses() {
    let aws = Beside::new(&["SensitiveS3"]);
    let credadmin = credadmin(&aws, &config("", &closing_in(minutes(30)).0));
    credadmin.run().wait_for_line("session published", PATIENCE);
    assert_eq!(console(&credadmin, &[]).code, 0);
    let sessions = aws.world.sessions();
    let policies: Vec<String> = calls(&aws, Operation::AssumeRole)
        .iter()
        .zip(&sessions)
        .map(|(call, session)| {
            let end = session.policy_end.expect("an end");
            let policy = call.parameter("policy").expect("a policy");
            assert!(policy.contains(&end.to_string()), "{policy}");
            policy.replace(&end.to_string(), "END").replace(&(end - minutes(5)).to_string(), "EARLIER")
        })
        .collect();
    let [daemons, ours] = &policies[..] else { panic!("two sessions: {sessions:?}") };
    assert_eq!(daemons, ours);
    assert!(ours.contains("s3:PutBucket*") && ours.contains("sts:Assume*"));
    assert_ne!(sessions[0].access_key_id, sessions[1].access_key_id);
}

#[test]
fn in_a_long_window_a_session_lasts_as_long_as_the_config_has_it() {
    let aws = Beside::new(&["SensitiveS3"]);
    let (window, _) = closing_in(minutes(600));
    for (keys, lasts) in [("", 60), ("session_duration = '30m'", 30)] {
        let said = console(&credadmin(&aws, &config(keys, &window)), &[]);
        assert!(said.words.contains(", the window goes on: ask again then."), "{}", said.words);
        let session = last_session(&aws);
        let life = session.policy_end.expect("an end").duration_since(session.issued_at);
        assert!(life > minutes(lasts) - seconds(30) && life <= minutes(lasts), "{life}");
        assert!(session.expiration <= session.policy_end.expect("an end"));
    }
}

#[test]
fn where_an_hour_is_all_there_is_it_is_an_hour() {
    for (chained, maximum) in [(false, 3600), (true, 43200)] {
        let aws = Beside::new(&["SensitiveS3"]);
        aws.world.update_role("SensitiveS3Access", |role: &mut Role| role.max_session_seconds = maximum);
        aws.world.set_instance_roles_are_capped(chained);
        let said = console(&credadmin(&aws, &config("session_duration = '4h'", &closing_in(minutes(600)).0)), &[]);
        assert_eq!(said.code, 0, "{}", said.words);
        let session = last_session(&aws);
        let life = session.policy_end.expect("an end").duration_since(session.issued_at);
        assert!(life > minutes(59) && life <= minutes(60), "{life}");
    }
}

#[test]
fn the_page_and_the_issuer_are_the_configs() {
    let aws = Beside::new(&["SensitiveS3"]);
    let (window, _) = closing_in(minutes(30));
    let bucket = "bucket = 'sensitive-s3'";
    let page = "console_destination = 'https://eu-central-1.console.aws.amazon.com/s3/buckets/x?region=eu-central-1&tab=objects'";
    let issuer = "console_issuer = 'https://intranet.example.com/access'";
    for (keys, destination, sent_by) in [
        (bucket.to_owned(), "https://console.aws.amazon.com/s3/buckets/sensitive-s3", "credadmin"),
        (
            format!("{bucket}\n{page}\n{issuer}"),
            "https://eu-central-1.console.aws.amazon.com/s3/buckets/x?region=eu-central-1&tab=objects",
            "https://intranet.example.com/access",
        ),
    ] {
        let said = console(&credadmin(&aws, &config(&keys, &window)), &[]);
        assert_eq!((said.field("Destination").as_str(), said.field("Issuer").as_str()), (destination, sent_by));
        assert!(open(&said.url).starts_with("HTTP/1.1 302"));
        let browser = aws.world.console_sessions().pop().expect("a browser");
        assert_eq!((browser.destination.as_str(), browser.issuer.as_str()), (destination, sent_by));
    }
}
