//! The notifier: follows the journal, and sees to it that people are told.

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio::task::{JoinSet, LocalSet};

use super::deliver::{OF_USE, Office, deliver};
use super::message::{Message, Orders};
use super::news::News;
use super::read::Notice;
use super::state::State;
use super::templates::Templates;
use super::trust::{is_believed, is_theirs};
use super::{hook_name, post};
use crate::aws::sdk::Sdk;
use crate::aws::{Aws, Connection};
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::history::{Entry, Follow, Trouble};
use crate::journal::{About, Event, Journal};
use crate::requests::accounts::Host;

/// So many messages are under way at a time.
const COUNTERS: usize = 4;
/// With so many that are not told yet, no more of the journal is read.
const MOST: usize = 1000;
/// How long until journalctl is started again.
const AGAIN: SignedDuration = SignedDuration::from_secs(5);

/// It is to stop.
pub struct Stop;

/// The notifier.
pub struct Teller {
    office: Arc<Office>,
    program: PathBuf,
    connection: Connection,
    orders: Arc<Orders>,
    state: State,
    /// The entries that are taken up, in their order, with the messages that are not told yet.
    open: VecDeque<(String, BTreeSet<String>)>,
    work: JoinSet<Message>,
    /// What was said once and is not said again.
    said: BTreeSet<String>,
}

impl Teller {
    /// A notifier on `settings`, which the main file made, and `state`. Commands of `program` are believed.
    pub fn new(
        aws: Sdk,
        clock: Clock,
        journal: Journal,
        main: PathBuf,
        settings: Settings,
        state: State,
        program: PathBuf,
    ) -> Self {
        let office = Office { aws, clock, journal, main, counters: Semaphore::new(COUNTERS), tls: Mutex::default() };
        let connection = settings.connection.clone();
        let (orders, broken) = orders(settings);
        let orders = Arc::new(orders);
        let telling = &orders.telling;
        let mail = telling.mail.as_ref().map(|mail| format!("mail from {}", mail.from));
        let ways = mail.into_iter().chain(telling.hook.as_ref().map(hook_name)).collect();
        office.journal.tell(Event::NotifierStarted { ways });
        let mut teller = Self {
            office: Arc::new(office),
            program,
            connection,
            orders,
            state,
            open: VecDeque::new(),
            work: JoinSet::new(),
            said: BTreeSet::new(),
        };
        broken.into_iter().for_each(|text| teller.remark(text));
        teller
    }

    /// Runs until it is told to stop. What is under way then is begun anew at the next start.
    pub async fn run(self, stop: mpsc::Receiver<Stop>) {
        LocalSet::new().run_until(self.follow(stop)).await;
    }

    async fn follow(mut self, mut stop: mpsc::Receiver<Stop>) {
        if let Some(mail) = self.orders.telling.mail.clone() {
            let office = Arc::clone(&self.office);
            // What it finds goes to the journal, and each message asks for itself.
            tokio::task::spawn_local(async move { drop(post::is_held(&office, &mail).await) });
        }
        // What is read but not told yet is not read again while this process lives.
        let mut read = self.state.cursor().map(str::to_owned);
        let since = self.office.clock.now();
        let mut follow = Follow::start(read.as_deref(), since);
        loop {
            let has_room = self.work.len() < MOST;
            tokio::select! {
                _ = stop.recv() => break,
                Some(done) = self.work.join_next() => self.record(&done.expect("a delivery does not panic")),
                entry = next(&mut follow), if has_room => match entry {
                    Ok(entry) => {
                        read = Some(entry.cursor.clone());
                        self.take(&entry);
                    }
                    Err(Trouble::NoEntry { line, error }) => {
                        let why = format!("line {line} of journalctl's can't be read: {error}");
                        self.office.journal.tell(Event::NotTold { about: About { event: "an entry", ..About::default() }, why });
                    }
                    Err(trouble) => {
                        self.office.journal.tell(Event::JournalLost { why: trouble.to_string(), retry_in: AGAIN });
                        tokio::select! {
                            _ = stop.recv() => break,
                            () = self.office.clock.sleep(AGAIN) => follow = Follow::start(read.as_deref(), since),
                        }
                    }
                },
            }
        }
        let now = self.office.clock.now();
        self.keep(|state| state.keep(now));
    }

    /// Takes an entry up.
    fn take(&mut self, entry: &Entry) {
        let news = News::of(entry.kind).filter(|_| is_believed(entry, &self.program));
        let messages = news.map(|_| self.messages(entry)).unwrap_or_default();
        self.open.push_back((entry.cursor.clone(), messages.iter().map(|message| message.key.clone()).collect()));
        let now = self.office.clock.now();
        let begun: BTreeSet<String> =
            messages.iter().map(|message| &message.key).filter(|key| self.state.is_begun(key)).cloned().collect();
        if self.orders.telling.claims.is_some() && messages.len() > begun.len() {
            self.keep(|state| state.begin(messages.iter().map(|message| message.key.clone()), now));
        }
        for message in messages {
            let (office, begun) = (Arc::clone(&self.office), begun.contains(&message.key));
            self.work.spawn_local(async move {
                deliver(&office, &message, begun).await;
                message
            });
        }
        self.go_on();
    }

    /// The messages about an entry that are not told, or under way, already.
    fn messages(&mut self, entry: &Entry) -> Vec<Message> {
        self.read_config();
        if !self.is_theirs(entry) {
            return Vec::new();
        }
        let Some(notice) = Notice::of(entry, &self.orders.watched).map(Arc::new) else { return Vec::new() };
        let (mut messages, unknown) = Message::all(&notice, &self.orders);
        messages.retain(|message| {
            !self.state.is_told(&message.key) && !self.open.iter().any(|(_, keys)| keys.contains(&message.key))
        });
        let journal = self.office.journal.clone();
        let tell = |why: String| journal.tell(Event::NotTold { about: notice.about(), why });
        let now = self.office.clock.now();
        if !messages.is_empty() && now >= notice.of_use_until() {
            let late = match now.duration_since(notice.at) > OF_USE {
                true => format!("it happened at {}, more than an hour ago", notice.at),
                false => "its window is over".to_owned(),
            };
            tell(late);
            return Vec::new();
        }
        for name in unknown {
            let why = format!("nobody knows the address of {name:?}: name it in mail.people");
            if self.said.insert(why.clone()) {
                tell(why);
            }
        }
        messages
    }

    /// Whether it was for whoever wrote it to do, by the config as it is now. That it was not is said once.
    fn is_theirs(&mut self, entry: &Entry) -> bool {
        let Orders { watched, requests, .. } = &*self.orders;
        let signers = config::trusted(&requests.desk.allowed_signers).unwrap_or_default();
        let is_theirs = is_theirs(entry, watched, requests, &signers, &Host);
        if !is_theirs {
            let event = News::of(entry.kind).map_or("an entry", News::name);
            let who = entry.uid.map_or_else(|| "nobody known".to_owned(), |uid| format!("user {uid}"));
            let why = format!("{who} says so, and may not by this host's config");
            if self.said.insert(format!("{event}: {why}")) {
                self.office.journal.tell(Event::NotTold { about: About { event, ..About::default() }, why });
            }
        }
        is_theirs
    }

    /// A message is told, or given up, or another notifier's.
    fn record(&mut self, message: &Message) {
        for (_, keys) in &mut self.open {
            keys.remove(&message.key);
        }
        self.go_on();
        let now = self.office.clock.now();
        self.keep(|state| state.tell(&message.key, now, message.notice.until));
    }

    /// Past the entries of which all is told.
    fn go_on(&mut self) {
        while let Some((cursor, _)) = self.open.pop_front_if(|(_, keys)| keys.is_empty()) {
            self.state.go_on(cursor);
        }
    }

    fn keep(&mut self, change: impl FnOnce(&mut State) -> std::io::Result<()>) {
        if let Err(error) = change(&mut self.state) {
            let text = format!("what is told can't be remembered, and may be told again after a restart: {error}");
            self.office.journal.tell(Event::Remark { refused: false, text });
        }
    }

    /// The config as it is now; with a mistake in it, as it was.
    fn read_config(&mut self) {
        let now: Timestamp = self.office.clock.now();
        match config::load(&self.office.main, now) {
            Ok(settings) => {
                if self.connection != settings.connection {
                    self.connection = settings.connection.clone();
                    self.office.aws.connect(&self.connection);
                }
                let (orders, broken) = orders(settings);
                self.orders = Arc::new(orders);
                broken.into_iter().for_each(|text| self.remark(text));
            }
            Err(faults) => {
                let faults: Vec<String> = faults.0.iter().map(config::Fault::one_line).collect();
                if self.said.insert(faults.join("\n")) {
                    self.office.journal.tell(Event::ReloadRefused { faults });
                }
            }
        }
    }

    /// Says it, once.
    fn remark(&mut self, text: String) {
        if self.said.insert(text.clone()) {
            self.office.journal.tell(Event::Remark { refused: false, text });
        }
    }
}

async fn next(follow: &mut Result<Follow, Trouble>) -> Result<Entry, Trouble> {
    match follow {
        Ok(follow) => follow.next().await,
        Err(trouble) => Err(std::mem::replace(trouble, Trouble::Pipe(std::io::ErrorKind::NotConnected.into()))),
    }
}

/// What the settings order, and what is wrong with their templates.
fn orders(settings: Settings) -> (Orders, Vec<String>) {
    let directory = settings.telling.mail.as_ref().and_then(|mail| mail.templates.as_deref());
    let (templates, broken) = Templates::with(directory);
    let broken = broken.iter().map(|broken| format!("{broken}; the built-in one takes its place")).collect();
    (Orders { telling: settings.telling, watched: settings.secrets, requests: settings.requests, templates }, broken)
}
