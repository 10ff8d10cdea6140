//! The AWS SDK and nothing else: the calls of a refresh, one after the other, in a process of its own.

use std::sync::Arc;
use std::time::Duration;

use aws_config::BehaviorVersion;
use credadmin::clock::Clock;
use credadmin::session::session_policy;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::Told;
use crate::account::{Account, bare_secret_id, target};
use crate::proc;
use crate::servant::{self, Servant};

/// The mode of this program.
pub const MODE: &str = "bare";
/// As far apart as the daemon's: Secrets Manager takes 50 writes a second (aws-facts §6).
const GAP: SignedDuration = SignedDuration::from_millis(20);
/// Which calls make a refresh.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// AssumeRole, PutSecretValue.
    Two,
    /// DescribeSecret, AssumeRole, PutSecretValue, as the daemon makes them.
    Three,
}

/// The SDK, from outside.
pub struct Bare(Servant);

/// What refreshes took.
#[derive(Clone, Copy, Default)]
pub struct Cost {
    /// CPU time, user and system.
    pub cpu: Duration,
    /// From the first to the last, with the time between them.
    pub wall: Duration,
}

impl Bare {
    /// Starts it, and has it open its connections.
    pub fn start(account: &Account) -> Told<Self> {
        let mut bare = Self(Servant::start(&[MODE.into()], &account.user())?);
        bare.refresh(Calls::Three, 10)?;
        Ok(bare)
    }

    /// So many refreshes at the daemon's own pace.
    pub fn refresh(&mut self, calls: Calls, count: usize) -> Told<Cost> {
        self.ask(calls, count, 1)
    }

    /// So many refreshes as fast as can be, so many at a time.
    pub fn rush(&mut self, calls: Calls, count: usize, at_a_time: usize) -> Told<Cost> {
        self.ask(calls, count, at_a_time)
    }

    fn ask(&mut self, calls: Calls, count: usize, at_a_time: usize) -> Told<Cost> {
        let calls = if calls == Calls::Two { 2 } else { 3 };
        let answer = self.0.ask(&format!("{calls} {count} {at_a_time}"))?;
        let time = |name: &str| answer[name].as_u64().map(Duration::from_nanos).ok_or(format!("the bare SDK tells no {name}"));
        Ok(Cost { cpu: time("cpu")?, wall: time("wall")? })
    }
}

struct Sdk {
    clock: Clock,
    sts: aws_sdk_sts::Client,
    secrets: aws_sdk_secretsmanager::Client,
}

/// The SDK, from inside.
pub fn serve() -> Told {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let config = runtime.block_on(aws_config::defaults(BehaviorVersion::latest()).load());
    let sdk = Arc::new(Sdk {
        clock: Clock::system(),
        sts: aws_sdk_sts::Client::new(&config),
        secrets: aws_sdk_secretsmanager::Client::new(&config),
    });
    let mut done = 0;
    servant::answer(|question| {
        let numbers: Vec<usize> = question.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        let [calls, count, at_a_time] = numbers[..] else { return Err("wanted: CALLS COUNT AT-A-TIME".into()) };
        let calls = if calls == 2 { Calls::Two } else { Calls::Three };
        let first = done;
        done += count;
        runtime.block_on(sdk.refresh(calls, first, count, at_a_time))
    })
}

impl Sdk {
    async fn refresh(self: &Arc<Self>, calls: Calls, first: usize, count: usize, at_a_time: usize) -> Told<Value> {
        let (cpu, began) = (proc::own_cpu()?, self.clock.elapsed());
        let mut work = JoinSet::new();
        for part in 0..at_a_time {
            let sdk = Arc::clone(self);
            work.spawn(async move {
                for number in (first + part..first + count).step_by(at_a_time) {
                    sdk.once(calls, &bare_secret_id(number)).await.map_err(|error| format!("{error:?}"))?;
                    if at_a_time == 1 && number + 1 < first + count {
                        let next = began.after(GAP * (number + 1 - first) as i32);
                        sdk.clock.sleep(next.since(sdk.clock.elapsed())).await;
                    }
                }
                Ok::<_, String>(())
            });
        }
        while let Some(part) = work.join_next().await {
            part??;
        }
        let wall = self.clock.elapsed().since(began).unsigned_abs();
        Ok(json!({ "cpu": (proc::own_cpu()? - cpu).as_nanos() as u64, "wall": wall.as_nanos() as u64 }))
    }

    async fn once(&self, calls: Calls, secret_id: &str) -> Result<(), aws_sdk_secretsmanager::Error> {
        if calls == Calls::Three {
            self.secrets.describe_secret().secret_id(secret_id).send().await?;
        }
        let call = self.sts.assume_role().role_arn(target()).role_session_name("credadmin-bare").duration_seconds(3600);
        let answer = call.policy(session_policy(Timestamp::MAX)).send().await.expect("the account's user may assume the role");
        let credentials = answer.credentials.expect("STS answers with credentials");
        let value = json!({
            "sessionId": credentials.access_key_id,
            "sessionKey": credentials.secret_access_key,
            "sessionToken": credentials.session_token,
        });
        self.secrets.put_secret_value().secret_id(secret_id).secret_string(value.to_string()).send().await?;
        Ok(())
    }
}
