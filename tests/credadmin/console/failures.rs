//! What there is instead of a URL: each failure in its own words, with its remedy, and how often it was tried.

use strict_aws::{ApiError, Fault, Operation};

use super::{Said, calls, closing_in, config, console, credadmin, last_session};
use crate::harness::Credadmin;
use crate::story::{Beside, minutes, seconds};

const LATER: &str = "from = '2198-01-01T00:00:00Z'\nuntil = '2199-01-01T00:00:00Z'";
const OVER: &str = "from = '2020-01-01T00:00:00Z'\nuntil = '2021-01-01T00:00:00Z'";

fn open_now(aws: &Beside) -> Credadmin {
    credadmin(aws, &config("", &closing_in(minutes(30)).0))
}

fn refused(said: &Said, code: i32, words: &str) {
    assert_eq!((said.code, said.words.as_str()), (code, words));
}

#[test]
fn outside_a_window_nothing_is_issued() {
    let aws = Beside::new(&["SensitiveS3"]);
    let closed = |window: &str| console(&credadmin(&aws, &config("", window)), &[]);
    refused(&closed(LATER), 75, "error: s3 is closed, opens Mon 2198-01-01 00:00 UTC\n");
    refused(&closed(OVER), 75, "error: s3 is closed for good\n");
    let (window, end) = closing_in(seconds(20));
    let open = format!("error: s3 is open until {} for g", end.strftime("%a %F %H:%M UTC"));
    refused(&closed(&window), 75, &format!("{open}: no session is issued for less than 30s\n"));
    let drop_in =
        credadmin(&aws, &config("", &closing_in(minutes(30)).0)).write("grants.d/50.toml", "[grants.g]\nnonsense = 1\n");
    let said = console(&drop_in, &[]);
    assert!(said.code == 75 && said.words.ends_with("error: s3 is closed\n"), "{}: a bad drop-in closes its grant", said.words);
    assert_eq!(aws.world.calls().len(), 0, "AWS was not even called");
}

#[test]
fn a_session_that_would_not_be_cut_is_made_only_for_who_accepts_that() {
    let aws = Beside::new(&["SensitiveS3"]);
    let (window, end) = closing_in(minutes(30));
    let credadmin = credadmin(&aws, &config("session_policy = 'off'", &window));
    refused(
        &console(&credadmin, &[]),
        78,
        "error: s3: session_policy is off: AWS would not end the console session with the window. Set it to \"on\", or accept \
         that with --may-outlive\n",
    );
    assert_eq!(aws.world.calls().len(), 0, "AWS was not even called");
    let said = console(&credadmin, &["--may-outlive"]);
    assert!(said.words.ends_with(": these carry no session policy, and nothing denies its calls then.\n"), "{}", said.words);
    let session = last_session(&aws);
    assert!(session.policy_end.is_none() && session.expiration <= end, "{session:?}");
}

const ROUTE: &str = "check the route from this host to the endpoint: DNS, security group, VPC endpoint, proxy";

/// How the sign-in service fails, how often it is tried then, and what is said, with which remedy.
type Row<'a> = (Fault, usize, &'a str, &'a str);

fn judge(aws: &Beside, rows: &[Row]) {
    let credadmin = open_now(aws);
    for (fault, tries, says, remedy) in rows {
        let before = calls(aws, Operation::GetSigninToken).len();
        aws.world.fail(Operation::GetSigninToken, fault.clone(), usize::MAX);
        let said = console(&credadmin, &[]);
        aws.world.heal();
        assert_eq!(calls(aws, Operation::GetSigninToken).len() - before, *tries, "{says}");
        let failed = format!("error: s3: signin:GetSigninToken failed with {says}");
        let is_told = said.words.starts_with(&failed) && said.words.ends_with(&format!("; {remedy}\n"));
        assert!(said.code == 1 && is_told, "{says}: {}", said.words);
    }
    assert_eq!(aws.world.sessions().len(), rows.len(), "another try of the sign-in service takes no other session");
}

#[test]
fn what_does_not_pass_is_tried_once_and_what_may_pass_three_times() {
    let aws = Beside::new(&["SensitiveS3"]);
    let invalid = "Invalid credentials parameter. The request sent by the client was syntactically incorrect.";
    let answer = |status, text: &str| Fault::Answer(ApiError::new(status, "x", text));
    let rewritten = "check that nothing between this host and the sign-in service rewrites requests; credadmin doctor --live shows \
                     what the service takes of a session";
    let quota = "nothing to do unless it lasts: another program uses up this account's request quota";
    let passes = "nothing to do unless it lasts: see the AWS Health Dashboard";
    let in_between = "something between this host and AWS answers in its place: check proxy and VPC endpoint";
    let lost = format!("NoConnection: {}/federation: ", aws.environment[0].1);
    let rows: &[Row] = &[
        (answer(400, invalid), 1, "HTTP 400: Invalid credentials parameter", rewritten),
        (answer(400, "{\"sessionKey\":\"CanaryInTheCoalMine\"}"), 1, "HTTP 400", rewritten),
        (answer(403, "no"), 1, "HTTP 403", rewritten),
        (answer(429, "slow down"), 3, "HTTP 429", quota),
        (answer(503, "busy"), 3, "HTTP 503", passes),
        (answer(302, "elsewhere"), 3, "HTTP 302: what came is no answer of AWS's", in_between),
        (answer(400, &"x".repeat(70_000)), 3, "UnreadableAnswer: the answer is far too long", in_between),
        (Fault::Garbage, 3, "UnreadableAnswer: the answer holds no sign-in token", in_between),
        (Fault::WrongShape, 3, "UnreadableAnswer: the answer holds no sign-in token", in_between),
        (Fault::Reset, 3, &lost, ROUTE),
        (Fault::LostAnswer, 3, &lost, ROUTE),
    ];
    judge(&aws, rows);
}

#[test]
fn a_sign_in_service_that_says_nothing_or_half_of_it_is_not_waited_for_for_ever() {
    let aws = Beside::new(&["SensitiveS3"]);
    let late = format!("Timeout: no answer of {}/federation in 5s", aws.environment[0].1);
    judge(&aws, &[(Fault::Silent, 3, &late, ROUTE), (Fault::HalfBody, 3, &late, ROUTE)]);
}

#[test]
fn a_sign_in_service_that_is_away_is_told_with_its_address() {
    let aws = Beside::new(&["SensitiveS3"]);
    let credadmin = open_now(&aws).env("AWS_ENDPOINT_URL_SIGNIN", "http://127.0.0.1:9");
    let said = console(&credadmin, &[]);
    let failed = "error: s3: signin:GetSigninToken failed with NoConnection: http://127.0.0.1:9/federation: ";
    assert!(said.code == 1 && said.words.starts_with(failed), "{}", said.words);
}

#[test]
fn what_passes_while_it_is_tried_is_no_failure() {
    let aws = Beside::new(&["SensitiveS3"]);
    let credadmin = open_now(&aws);
    let busy = |code| Fault::Answer(ApiError::new(503, code, "busy"));
    aws.world.fail(Operation::GetSigninToken, busy("ServiceUnavailable"), 2);
    aws.world.fail(Operation::AssumeRole, busy("ServiceUnavailable"), 2);
    assert_eq!(console(&credadmin, &[]).code, 0);
    assert_eq!((calls(&aws, Operation::AssumeRole).len(), calls(&aws, Operation::GetSigninToken).len()), (3, 3));
}

#[test]
fn a_role_that_can_not_be_assumed_signs_nobody_in() {
    let aws = Beside::new(&["SensitiveS3"]);
    let credadmin = open_now(&aws);
    aws.world.delete_role("SensitiveS3Access");
    let said = console(&credadmin, &[]);
    let failed = "error: s3: sts:AssumeRole failed with AccessDenied: User: arn:aws:sts::123456789012:assumed-role/CredAdmin/";
    assert!(said.code == 1 && said.words.starts_with(failed), "{}", said.words);
    assert!(said.words.contains("; check that the role exists, that its trust policy names this instance's role"));
    assert_eq!((calls(&aws, Operation::AssumeRole).len(), calls(&aws, Operation::GetSigninToken).len()), (1, 0));
}

#[test]
fn a_name_or_a_partition_that_is_not_known_is_told() {
    let aws = Beside::new(&["SensitiveS3"]);
    let (window, _) = closing_in(minutes(30));
    let output = open_now(&aws).run_to_end(&["console", "s4"]);
    let words = "error: the config has no [secrets.s4]; it has s3\n";
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(2), words));
    let secluded = config("", &window).replace("arn:aws:iam", "arn:aws-iso:iam");
    let arn = "arn:aws-iso:iam::123456789012:role/SensitiveS3Access";
    let words = format!("error: s3: the sign-in host of this partition is not known: {arn}\n");
    refused(&console(&credadmin(&aws, &secluded), &[]), 78, &words);
    let loud = open_now(&aws).env("LOG_SENSITIVE_BODIES", "");
    assert_eq!(console(&loud, &[]).code, 78);
    let wrong = console(&credadmin(&aws, &config("nonsense = 1", &window)), &[]);
    assert!(wrong.code == 78 && wrong.words.contains("unknown key nonsense"), "{}", wrong.words);
    assert_eq!(aws.world.calls().len(), 0, "AWS was not even called");
}
