//! A story happens: virtual time jumps from wake-up to wake-up, and AWS keeps records.

use std::collections::BTreeMap;
use std::time::Duration;

use credadmin::clock::Clock;
use credadmin::daemon::Wake;
use credadmin::schedule::token::tombstone;
use jiff::{SignedDuration, Timestamp};
use strict_aws::{Caller, Credentials, PutSecretValue, Role, SessionRecord, VersionRecord, World};

use crate::calendar::Span;
use crate::config::{Main, drop_in, spoil};
use crate::cripple::Cripple;
use crate::host::Host;
use crate::line::{Line, State};
use crate::process::Process;
use crate::story::{Secret, Story};
use crate::timeline::{Action, actions};
use crate::weather::Weather;

/// What there is to judge by afterwards.
pub struct Records {
    /// Instance ids, by host.
    pub instances: Vec<String>,
    /// All that was done, when it was done by AWS's clock, and the number of the disturbance that it came of.
    pub done: Vec<(Timestamp, usize, Action)>,
    /// Every version of every secret, by the secret's number.
    pub versions: BTreeMap<usize, Vec<VersionRecord>>,
    /// Every session.
    pub sessions: Vec<SessionRecord>,
    /// When a session was issued, and from when on it opens nothing, by its key.
    pub lives: BTreeMap<String, Span>,
    /// How many requests AWS took.
    pub calls: usize,
    /// How often each disturbance was met.
    pub met: BTreeMap<String, u64>,
}

/// The story as it happens.
struct Run<'a> {
    story: &'a Story,
    world: World,
    clock: Clock,
    admin: Credentials,
    weather: Weather,
    hosts: Vec<Host>,
    instances: Vec<String>,
    cripple: Option<Cripple>,
    lags: BTreeMap<usize, SignedDuration>,
    quotas: usize,
    chance: fastrand::Rng,
    done: Vec<(Timestamp, usize, Action)>,
}

/// Lets a story happen.
pub fn run(story: &Story, cripple: Option<Cripple>) -> Records {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let mut run = Run::new(story, cripple);
        run.live().await;
        run.records()
    })
}

impl<'a> Run<'a> {
    fn new(story: &'a Story, cripple: Option<Cripple>) -> Self {
        let clock = Clock::bent(story.start, 1);
        let world = account(&clock, &story.secrets, story.capped);
        let weather = Weather::default();
        let instances: Vec<String> = story.hosts.iter().map(|_| world.launch_instance("CredAdmin")).collect();
        let behind = if cripple == Some(Cripple::ClockBehind) { SignedDuration::from_mins(-4) } else { SignedDuration::ZERO };
        let host = |(host, instance): (usize, &String)| {
            let line = Line {
                host,
                world: world.clone(),
                instance: instance.clone(),
                clock: Clock::bent(story.start + behind, 1),
                weather: weather.clone(),
                process: Process::new(),
                learns: story.seed.is_multiple_of(2),
                cripple,
                state: State::new(story.seed ^ ((host as u64 + 1) << 40)),
            };
            Host::new(line, Main::of(story, host))
        };
        let hosts = instances.iter().enumerate().map(host).collect();
        let everything = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let admin = world.add_user("admin", &[everything]);
        let chance = fastrand::Rng::with_seed(story.seed);
        let (lags, done) = (BTreeMap::new(), Vec::new());
        Self { story, world, clock, admin, weather, hosts, instances, cripple, lags, quotas: 0, chance, done }
    }

    async fn live(&mut self) {
        for host in 0..self.hosts.len() {
            self.hosts[host].main.write(self.story, host, self.hosts[host].directory());
            assert!(self.hosts[host].start(self.chance.u64(..)), "the story's own config is refused: {}", self.story);
            self.done.push((self.story.start, usize::MAX, Action::Start(host)));
        }
        for (at, number, action) in actions(self.story) {
            let at = self.story.start + at;
            if at >= self.story.end() {
                break;
            }
            self.clock.sleep_until(at).await;
            self.act(number, action);
        }
        self.clock.sleep_until(self.story.end()).await;
        for host in &mut self.hosts {
            host.kill();
        }
    }

    fn act(&mut self, number: usize, action: Action) {
        let now = self.clock.now();
        let kind = || self.story.disturbances[number].what.kind();
        let mut counts = true;
        match &action {
            Action::Fall(number, ill) => {
                counts = false;
                self.weather.fall(*number, ill.clone());
                self.freeze_credentials();
            }
            Action::Heal(number) => {
                counts = false;
                self.weather.heal(*number);
                self.freeze_credentials();
            }
            Action::Lag(number, by) => {
                self.lags.insert(*number, *by);
                self.lag();
            }
            Action::NoLag(number) => {
                counts = false;
                self.lags.remove(number);
                self.lag();
            }
            Action::Quota(on) => {
                counts = *on;
                self.quotas = if *on { self.quotas + 1 } else { self.quotas - 1 };
                let (sts, writes) = if self.quotas > 0 { (1, 1) } else { (600, 50) };
                self.world.set_sts_quota(Some(sts));
                self.world.set_secret_write_quota(Some(writes));
            }
            Action::Start(host) => {
                counts = false;
                if matches!(self.story.disturbances[number].what, crate::disturbance::What::Crash(..))
                    && self.hosts[*host].process().is_dead()
                {
                    self.weather.count(kind());
                }
                if !self.hosts[*host].start(self.chance.u64(..)) {
                    return self.done.push((now, number, Action::Kill(*host)));
                }
            }
            Action::Kill(host) => self.hosts[*host].kill(),
            Action::Doom(host, point) => {
                counts = false;
                self.hosts[*host].process().doom(*point);
            }
            Action::Stop(host) => self.hosts[*host].wake(Wake::Stop("SIGTERM")),
            Action::Freeze(host) => self.hosts[*host].process().stop(),
            Action::Thaw(host) => {
                counts = false;
                self.hosts[*host].process().go_on();
            }
            Action::Suspend(span) => {
                self.clock.step(*span);
                self.hosts.iter().for_each(|host| host.clock.step(*span));
            }
            Action::Step(host, by) => self.hosts[*host].clock.step(*by),
            Action::Reload(host) => self.hosts[*host].wake(Wake::Reload),
            Action::Spoil(host, true) => spoil(self.hosts[*host].directory()),
            Action::Spoil(host, false) => self.write(*host),
            Action::Edit(host, grant, window) => {
                self.hosts[*host].main.edit(self.story, *grant, window.clone());
                self.write(*host);
            }
            Action::Retag(host, secret) => {
                self.hosts[*host].main.retag(*secret);
                self.write(*host);
            }
            Action::DropIn(host, file, secret, content) => {
                if self.cripple != Some(Cripple::Blind) {
                    drop_in(self.hosts[*host].directory(), *file, *secret, content, self.done.len());
                }
            }
            Action::Stranger(secret) => {
                let id = crate::story::secret_id(*secret);
                // At the limit of a secret, or while it is deleted, a stranger is refused as well.
                counts = self.world.stranger_puts(&id, "a stranger's").is_ok();
            }
            Action::Tombstone(secret) => counts = self.bury(*secret, now),
            Action::Delete(secret, true) => self.world.delete_secret(&crate::story::secret_id(*secret)),
            Action::Delete(secret, false) => self.world.restore_secret(&crate::story::secret_id(*secret)),
            Action::Rotate(secret, on) => self.world.set_rotation(&crate::story::secret_id(*secret), *on),
            Action::Own(secret, on) => self.world.set_owning_service(&crate::story::secret_id(*secret), on.then_some("rds")),
        }
        if counts {
            self.weather.count(kind());
        }
        self.done.push((now, number, action));
    }

    fn write(&self, host: usize) {
        self.hosts[host].main.write(self.story, host, self.hosts[host].directory());
    }

    /// Those of the hosts whose IMDS renews none, and of no other.
    fn freeze_credentials(&self) {
        for (host, instance) in self.instances.iter().enumerate() {
            self.world.freeze_instance_credentials(instance, self.weather.is_frozen(host));
        }
    }

    fn lag(&self) {
        let longest = self.lags.values().max().copied().unwrap_or_default();
        self.world.set_describe_lag(Duration::try_from(longest).unwrap_or_default());
    }

    /// Access is revoked: from half a minute from now on, new sessions are good again.
    fn bury(&self, secret: usize, now: Timestamp) -> bool {
        let before = Timestamp::from_second(now.as_second() + 30).expect("an instant");
        let put = PutSecretValue {
            secret_id: crate::story::secret_id(secret),
            client_request_token: Some(tombstone(before, (self.done.len() as u128) << 32)),
            secret_string: "closed".into(),
            version_stages: None,
        };
        self.world.put_secret_value(&Caller::holding(&self.admin), &put).is_ok()
    }

    fn records(self) -> Records {
        let sessions = self.world.sessions();
        let lives = sessions.iter().filter_map(|session| {
            let id = &session.access_key_id;
            Some((id.clone(), (session.issued_at, self.world.live_end(id)?)))
        });
        let versions = self.story.secrets.iter().map(|secret| (secret.number, self.world.versions(&secret.id())));
        Records {
            lives: lives.collect(),
            versions: versions.collect(),
            sessions,
            calls: self.world.calls().len(),
            met: self.weather.met(),
            instances: self.instances,
            done: self.done,
        }
    }
}

/// The account: the instance role, which may do its job, and for each secret a role for it.
fn account(clock: &Clock, secrets: &[Secret], capped: bool) -> World {
    let clock = clock.clone();
    let world = World::new(move || clock.now());
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*",
        "Action":["sts:AssumeRole","sts:TagSession","secretsmanager:PutSecretValue","secretsmanager:DescribeSecret"]}]}"#;
    let daemon = world.add_role(Role::new("CredAdmin").policy("job", policy));
    world.set_instance_roles_are_capped(capped);
    for secret in secrets {
        let id = secret.id();
        let role = Role::new(&format!("{id}Access")).trusting(&daemon).session_name_like("credadmin-*").allowing_tags();
        world.add_role(role.max_session(43_200));
        world.create_secret(&id, (secret.number % 2 == 0).then_some("placeholder"));
    }
    world
}
