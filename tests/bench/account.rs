//! The AWS double, in a process of its own: one account, real signatures, HTTP on loopback, the host's clock.

use std::thread;
use std::time::Duration;

use credadmin::clock::Clock;
use jiff::Timestamp;
use serde_json::{Value, json};
use strict_aws::{Call, Operation, Role, World, role_arn};

use crate::Told;
use crate::servant::{self, Environment, Servant};

/// The mode of this program.
pub const MODE: &str = "account";
/// The role that everybody assumes; `tests/emulators/field.py` names it too.
pub const TARGET: &str = "SensitiveS3Access";
/// Secrets of the bare SDK: each takes 100 versions a day (aws-facts §6).
pub const BARE_SECRETS: usize = 100;
/// A guard against waiting for ever; nothing is judged by it.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(100);
const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// The account, from outside.
pub struct Account {
    servant: Servant,
    services: String,
    metadata: String,
    keys: (String, String),
}

/// Whether the quotas of aws-facts §6 and §7 are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Quotas {
    /// As AWS has them.
    Kept,
    /// As if there were none.
    Off,
}

impl Account {
    /// Starts one with so many secrets for the daemon, those of the bare SDK, and the one of what cron would start.
    pub fn start(secrets: usize, quotas: Quotas) -> Told<Self> {
        let quotas = if quotas == Quotas::Kept { "kept" } else { "off" };
        let mut servant = Servant::start(&[MODE.into(), secrets.to_string(), quotas.into()], &Environment::new())?;
        let about = servant.ask("about")?;
        let text = |name: &str| about[name].as_str().map(str::to_owned).ok_or(format!("the account tells no {name}"));
        let keys = (text("access_key_id")?, text("secret_access_key")?);
        Ok(Self { services: text("services")?, metadata: text("metadata")?, keys, servant })
    }

    /// The environment of the daemon: an instance with the role CredAdmin.
    pub fn instance(&self) -> Environment {
        let mut environment = self.anybody();
        environment.push(("AWS_EC2_METADATA_SERVICE_ENDPOINT".into(), self.metadata.clone()));
        environment
    }

    /// The environment of a program with the long-lived keys of the IAM user credadmin.
    pub fn user(&self) -> Environment {
        let mut environment = self.anybody();
        environment.push(("AWS_ACCESS_KEY_ID".into(), self.keys.0.clone()));
        environment.push(("AWS_SECRET_ACCESS_KEY".into(), self.keys.1.clone()));
        environment
    }

    fn anybody(&self) -> Environment {
        let set = [
            ("AWS_ENDPOINT_URL", self.services.as_str()),
            ("AWS_REGION", strict_aws::REGION),
            ("AWS_DEFAULT_REGION", strict_aws::REGION),
            // Nothing of the user's own has a part in it.
            ("AWS_CONFIG_FILE", "none"),
            ("AWS_SHARED_CREDENTIALS_FILE", "none"),
        ];
        set.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// Waits until the daemon has described its secrets so often.
    pub fn wait_for_looks(&mut self, count: usize) -> Told {
        self.wait_for("looks", count)
    }

    /// Waits until the daemon has written so many versions.
    pub fn wait_for_writes(&mut self, count: usize) -> Told {
        self.wait_for("written", count)
    }

    fn wait_for(&mut self, what: &str, count: usize) -> Told {
        let clock = Clock::system();
        let began = clock.elapsed();
        loop {
            let so_far = self.servant.ask(what)?.as_u64().unwrap_or(0);
            if so_far >= count as u64 {
                return Ok(());
            }
            if clock.elapsed().since(began).unsigned_abs() > PATIENCE {
                let refused = self.servant.ask("refused")?;
                return Err(format!("{what}: {so_far} of {count} within {PATIENCE:?}; refused were {refused}").into());
            }
            thread::sleep(POLL);
        }
    }

    /// All versions of the daemon's secrets, of each in order.
    pub fn versions(&mut self) -> Told<Vec<Version>> {
        let versions: Vec<(usize, String, i64, i64)> = serde_json::from_value(self.servant.ask("versions")?)?;
        let at = |nanosecond: i64| Timestamp::from_nanosecond(i128::from(nanosecond));
        let version = |(secret, id, created, dies)| Ok(Version { secret, id, created: at(created)?, dies: at(dies)? });
        versions.into_iter().map(version).collect()
    }

    /// How many sessions were issued.
    pub fn sessions(&mut self) -> Told<usize> {
        Ok(serde_json::from_value(self.servant.ask("sessions")?)?)
    }

    /// The codes of all calls that were refused.
    pub fn refused(&mut self) -> Told<Vec<String>> {
        Ok(serde_json::from_value(self.servant.ask("refused")?)?)
    }

    /// When each version of the daemon's arrived: the number of its secret, and the time.
    pub fn writes(&mut self) -> Told<Vec<(usize, Timestamp)>> {
        let writes: Vec<(usize, i64)> = serde_json::from_value(self.servant.ask("writes")?)?;
        let at = |(number, nanosecond)| Ok((number, Timestamp::from_nanosecond(i128::from(nanosecond))?));
        writes.into_iter().map(at).collect()
    }
}

/// A version of one of the daemon's secrets, as AWS has it.
#[derive(Clone, Debug)]
pub struct Version {
    /// The number of its secret.
    pub secret: usize,
    /// Its id.
    pub id: String,
    /// When it was written.
    pub created: Timestamp,
    /// When the session in it is good for nothing, by its expiration and by its policy.
    pub dies: Timestamp,
}

/// The daemon's secret of that number.
pub fn secret_id(number: usize) -> String {
    format!("secret-{number}")
}

/// The bare SDK's secret of that number.
pub fn bare_secret_id(number: usize) -> String {
    format!("bare-{}", number % BARE_SECRETS)
}

/// The account, from inside.
pub fn serve() -> Told {
    let arguments: Vec<String> = std::env::args().skip(2).collect();
    let [secrets, quotas] = arguments.as_slice() else { return Err("wanted: SECRETS kept|off".into()) };
    let world = World::new(|| Clock::system().now());
    let keys = world.add_user("credadmin", &[EVERYTHING]);
    let user = format!("arn:aws:iam::{}:user/credadmin", strict_aws::ACCOUNT);
    let role = world.add_role(Role::new("CredAdmin").policy("everything", EVERYTHING));
    world.add_role(Role::new(TARGET).trusting(&role).trusting(&user).max_session(7200));
    world.launch_instance("CredAdmin");
    world.create_secret("SensitiveS3", None);
    let secrets = secrets.parse()?;
    (0..secrets).map(secret_id).chain((0..BARE_SECRETS).map(bare_secret_id)).for_each(|id| {
        world.create_secret(&id, None);
    });
    if quotas == "off" {
        world.set_sts_quota(None);
        world.set_secret_write_quota(None);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let server = runtime.block_on(strict_aws::serve(world.clone()))?;
    let about = json!({
        "services": server.endpoint(), "metadata": server.imds_endpoint(),
        "access_key_id": keys.access_key_id, "secret_access_key": keys.secret_access_key,
    });
    // When nobody can ask any more, nobody is to be served either.
    let (ended, end) = tokio::sync::oneshot::channel();
    thread::spawn(move || {
        ended.send(servant::answer(|question| tell(&world, secrets, &about, question)).map_err(|error| error.to_string()))
    });
    Ok(runtime.block_on(end)??)
}

fn tell(world: &World, secrets: usize, about: &Value, question: &str) -> Told<Value> {
    let went_well =
        |operation: Operation| world.calls().into_iter().filter(move |call| call.operation == operation && call.error.is_none());
    Ok(match question {
        "about" => about.clone(),
        "looks" => json!(went_well(Operation::DescribeSecret).filter_map(number).count()),
        "written" => json!(went_well(Operation::PutSecretValue).filter_map(number).count()),
        "writes" => json!(went_well(Operation::PutSecretValue).filter_map(number).collect::<Vec<_>>()),
        "refused" => json!(world.calls().into_iter().filter_map(|call| call.error).collect::<Vec<_>>()),
        "versions" => json!((0..secrets).flat_map(|number| versions(world, number)).collect::<Vec<_>>()),
        "sessions" => json!(world.sessions().len()),
        other => return Err(format!("nobody knows {other}").into()),
    })
}

/// What was written to the daemon's secret of that number: the version id, when, and when the session in it dies.
fn versions(world: &World, secret: usize) -> Vec<(usize, String, i64, i64)> {
    let nanosecond = |at: Timestamp| i64::try_from(at.as_nanosecond()).unwrap_or(i64::MAX);
    let dies = |content: &str| {
        let value: Value = serde_json::from_str(content).unwrap_or_default();
        // What nobody issued lives for ever, as far as a judge can know.
        value["sessionId"].as_str().and_then(|key| world.live_end(key)).unwrap_or(Timestamp::MAX)
    };
    let versions = world.versions(&secret_id(secret));
    versions.into_iter().map(|it| (secret, it.version_id, nanosecond(it.created), nanosecond(dies(&it.content)))).collect()
}

/// The number of the daemon's secret that a call was about, and when it came, in nanoseconds since 1970.
fn number(call: Call) -> Option<(usize, i64)> {
    let number = call.parameter("secretId")?.strip_prefix("secret-")?.parse().ok()?;
    Some((number, call.at.as_nanosecond().try_into().ok()?))
}

/// The ARN of [`TARGET`].
pub fn target() -> String {
    role_arn(TARGET)
}
