//! The AWS SDK alone, in a process of its own: the two calls of a refresh, with a program around them that keeps nothing. What
//! it leaves in memory, nobody who uses the SDK can do anything about.

use std::io::Write;
use std::process::Command;

use aws_config::BehaviorVersion;
use signal_hook::consts::SIGUSR1;
use signal_hook::iterator::Signals;
use zeroize::Zeroizing;

use crate::harness::Process;
use crate::story::Beside;

/// With it, this test is that process.
const MODE: &str = "BARE_SDK";
const SECRET: &str = "BareSecret";

/// Starts it, to publish once at the start and once more at each SIGUSR1.
pub fn start(aws: &Beside, variables: &[(&str, &str)]) -> Process {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "secrets::memory::bare::the_sdk_and_nothing_else", "--ignored", "--nocapture"]).env_clear();
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.envs(aws.environment.iter().map(|(name, value)| (*name, value.as_str())));
    command.envs(variables.iter().copied()).env(MODE, "1").env("AWS_REGION", "eu-central-1");
    Process::spawn("the bare SDK", &command)
}

#[test]
#[ignore = "no test: the process that secrets::memory starts"]
fn the_sdk_and_nothing_else() {
    assert!(std::env::var_os(MODE).is_some(), "it is started by secrets::memory");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let config = runtime.block_on(aws_config::defaults(BehaviorVersion::v2026_01_12()).load());
    let (sts, secrets) = (aws_sdk_sts::Client::new(&config), aws_sdk_secretsmanager::Client::new(&config));
    let mut go_on = Signals::new([SIGUSR1]).expect("signals");
    for number in 1.. {
        runtime.block_on(async {
            // As the daemon looks first.
            secrets.describe_secret().secret_id(SECRET).send().await.expect("it is there");
            let call = sts.assume_role().role_arn("arn:aws:iam::123456789012:role/SensitiveS3Access");
            let answer = call.role_session_name("bare").send().await.expect("a session");
            let session = answer.credentials.expect("its parts");
            let (key, token) = (Zeroizing::new(session.secret_access_key), Zeroizing::new(session.session_token));
            let mut value = Zeroizing::new(String::with_capacity(4096));
            let id = &session.access_key_id;
            for part in [r#"{"sessionId":""#, id, r#"","sessionKey":""#, &key, r#"","sessionToken":""#, &token, r#""}"#] {
                value.push_str(part);
            }
            secrets.put_secret_value().secret_id(SECRET).secret_string(value.as_str()).send().await.expect("it is written");
        });
        println!("published {number}");
        std::io::stdout().flush().expect("somebody reads");
        go_on.forever().next();
    }
}
