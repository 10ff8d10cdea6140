//! How often the secret is read, and what goes on while it can't be: on virtual time, against a secret that is scripted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use credadmin::aws::reading::Reading;
use credadmin::aws::trouble::{Kind, Operation, Trouble};
use credadmin::clock::Clock;
use credadmin::consumer::{Refusal, Source};
use jiff::SignedDuration;
use zeroize::Zeroizing;

use crate::story::{START, minutes, seconds};

/// What the secret answers, after how long.
type Answer = (SignedDuration, Result<String, Kind>);

struct Scripted {
    clock: Clock,
    answer: Arc<Mutex<Answer>>,
    reads: Arc<AtomicUsize>,
}

impl Reading for Scripted {
    async fn current_value(&self, _: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let (after, answer) = self.answer.lock().expect("a lock").clone();
        self.clock.sleep(after).await;
        match answer {
            Ok(value) => Ok(Some(Zeroizing::new(value.into_bytes()))),
            Err(kind) => Err(Trouble::new(Operation::GetSecretValue, kind, "Scripted", "")),
        }
    }
}

struct Scene {
    clock: Clock,
    answer: Arc<Mutex<Answer>>,
    reads: Arc<AtomicUsize>,
    told: Arc<Mutex<Vec<String>>>,
    source: Source<Scripted>,
}

impl Scene {
    /// It is [`START`]; the session in the secret ends at 9.
    fn new() -> Self {
        let clock = Clock::bent(START.parse().expect("an instant"), 1);
        let answer = Arc::new(Mutex::new((seconds(0), Ok(session("A", "2026-12-01T09:00:00Z")))));
        let reads = Arc::new(AtomicUsize::new(0));
        let reading = Scripted { clock: clock.clone(), answer: Arc::clone(&answer), reads: Arc::clone(&reads) };
        let told = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&told);
        let tell = move |news: &str| hears.lock().expect("a lock").push(news.to_owned());
        Self { source: Source::new(reading, clock.clone(), "S", 1, None, tell), clock, answer, reads, told }
    }

    fn answers(&self, after: SignedDuration, answer: Result<String, Kind>) {
        *self.answer.lock().expect("a lock") = (after, answer);
    }

    async fn key(&self) -> Result<String, Refusal> {
        self.source.session().await.map(|session| session.credential.access_key_id)
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }

    /// What was told since this was asked last.
    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().expect("a lock"))
    }
}

fn session(key: &str, ends: &str) -> String {
    serde_json::json!({"sessionId": key, "sessionKey": "k", "sessionToken": "t", "expiration": ends}).to_string()
}

#[tokio::test(start_paused = true)]
async fn what_is_over_is_wiped_though_nobody_asks() {
    let scene = Scene::new();
    let value = session("A", "2026-12-01T09:00:00Z");
    assert_eq!(scene.key().await.as_deref(), Ok("A"));
    let wiping = scene.source.wipe_what_is_over();
    tokio::select! {
        () = wiping => unreachable!("it goes on"),
        () = scene.clock.sleep(minutes(61)) => {}
    }
    let held = scene.source.into_held().and_then(|held| held.value).expect("what it says but for its keys");
    let over = value.replace("\"k\"", "\"over\"").replace("\"t\"", "\"over\"");
    let parsed = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).expect("JSON");
    assert_eq!(parsed(&held), parsed(over.as_bytes()));
}

#[tokio::test(start_paused = true)]
async fn a_newer_session_and_a_revocation_are_seen_within_a_minute() {
    let scene = Scene::new();
    assert_eq!(scene.key().await.as_deref(), Ok("A"));
    scene.answers(seconds(0), Ok(session("B", "2026-12-01T09:40:00Z")));
    scene.clock.sleep(seconds(59)).await;
    assert_eq!((scene.key().await.as_deref(), scene.reads()), (Ok("A"), 1));
    scene.clock.sleep(seconds(1)).await;
    assert_eq!((scene.key().await.as_deref(), scene.reads()), (Ok("B"), 2));
    scene.answers(seconds(0), Ok(r#"{"state":"closed"}"#.into()));
    scene.clock.sleep(seconds(60)).await;
    assert_eq!(scene.key().await.unwrap_err().to_string(), "closed: revoked");
}

#[tokio::test(start_paused = true)]
async fn many_who_ask_at_once_cause_one_read() {
    let scene = Scene::new();
    scene.answers(seconds(3), Ok(session("A", "2026-12-01T09:00:00Z")));
    let all = futures_util::future::join_all((0..50).map(|_| scene.key())).await;
    assert!(all.iter().all(|key| key.as_deref() == Ok("A")), "{all:?}");
    assert_eq!(scene.reads(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_is_not_waited_for_while_a_session_lives_and_is_used_once_it_is_there() {
    let scene = Scene::new();
    assert_eq!(scene.key().await.as_deref(), Ok("A"));
    scene.answers(seconds(3), Ok(session("B", "2026-12-01T09:40:00Z")));
    scene.clock.sleep(seconds(60)).await;
    let asked = scene.clock.now();
    let all = futures_util::future::join_all((0..50).map(|_| scene.key())).await;
    assert!(all.iter().all(|key| key.as_deref() == Ok("A")), "{all:?}");
    // Who comes later does not wait for another second.
    assert_eq!(scene.key().await.as_deref(), Ok("A"));
    assert_eq!((scene.clock.now().duration_since(asked), scene.reads()), (seconds(1), 2));
    scene.clock.sleep(seconds(3)).await;
    assert_eq!((scene.key().await.as_deref(), scene.reads()), (Ok("B"), 2));

    // A revocation is seen as late; and it counts from when it was asked for.
    scene.answers(seconds(3), Ok(r#"{"state":"closed"}"#.into()));
    scene.clock.sleep(seconds(56)).await;
    assert_eq!((scene.key().await.as_deref(), scene.reads()), (Ok("B"), 3));
    scene.clock.sleep(seconds(3)).await;
    assert_eq!(scene.key().await.unwrap_err().to_string(), "closed: revoked");
    assert_eq!((scene.clock.now().duration_since(asked), scene.reads()), (seconds(64), 3));
    assert_eq!(scene.told(), [""; 0], "it was slow, and did not fail");
}

#[tokio::test(start_paused = true)]
async fn who_can_wait_gets_what_a_slow_read_comes_to() {
    let scene = Scene::new();
    assert_eq!(scene.key().await.as_deref(), Ok("A"));
    scene.answers(seconds(3), Ok(r#"{"state":"closed"}"#.into()));
    scene.clock.sleep(seconds(60)).await;
    let refusal = scene.source.session_within(seconds(10)).await.expect_err("a refusal");
    assert_eq!((refusal.to_string().as_str(), scene.reads()), ("closed: revoked", 2));
    // Nor is it waited for when the session has ended meanwhile.
    let scene = Scene::new();
    assert_eq!(scene.key().await.as_deref(), Ok("A"));
    scene.answers(seconds(3), Ok(session("B", "2026-12-01T09:40:00Z")));
    scene.clock.sleep_until("2026-12-01T08:59:59.5Z".parse().expect("an instant")).await;
    assert_eq!((scene.key().await.as_deref(), scene.reads()), (Ok("B"), 2));
}

#[tokio::test(start_paused = true)]
async fn that_a_session_goes_on_unseen_is_told_once_and_so_is_its_end() {
    let scene = Scene::new();
    assert_eq!(scene.key().await.as_deref(), Ok("A"));
    scene.answers(seconds(0), Err(Kind::Network));
    for _ in 0..3 {
        scene.clock.sleep(seconds(60)).await;
        assert_eq!(scene.key().await.as_deref(), Ok("A"));
    }
    let told = scene.told();
    let [told] = &told[..] else { panic!("it is told once: {told:?}") };
    let why = "secretsmanager:GetSecretValue failed with Scripted";
    let goes_on = "the session of before goes on until 2026-12-01T09:00:00Z, and a revocation is not seen meanwhile";
    let words = format!("S: the secret can't be read: {why}; {goes_on}; ");
    assert!(told.starts_with(&words), "{told}");
    scene.answers(seconds(0), Ok(session("B", "2026-12-01T09:40:00Z")));
    for _ in 0..3 {
        scene.clock.sleep(seconds(60)).await;
        assert_eq!(scene.key().await.as_deref(), Ok("B"));
    }
    assert_eq!(scene.told(), ["S: the secret can be read again"]);
    // What does not pass is told to whoever asks.
    scene.answers(seconds(0), Err(Kind::Denied));
    scene.clock.sleep(seconds(60)).await;
    assert!(scene.key().await.is_err());
    assert_eq!(scene.told(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_lives_goes_on_while_the_secret_cannot_be_read_for_a_reason_that_passes() {
    let scene = Scene::new();
    assert_eq!(scene.key().await.as_deref(), Ok("A"));
    scene.clock.sleep(minutes(30)).await;
    // Nobody answers: SDKs wait two seconds.
    scene.answers(seconds(10), Err(Kind::Timeout));
    let asked = scene.clock.now();
    assert_eq!(scene.key().await.as_deref(), Ok("A"));
    assert_eq!(scene.clock.now().duration_since(asked), seconds(1));
    // And not each who asks waits for that.
    assert_eq!((scene.key().await.as_deref(), scene.reads()), (Ok("A"), 2));
    assert_eq!(scene.clock.now().duration_since(asked), seconds(1));
    // Nor is what has failed tried again at once.
    scene.clock.sleep(seconds(12)).await;
    assert_eq!((scene.key().await.as_deref(), scene.reads()), (Ok("A"), 2));
    scene.clock.sleep(seconds(3)).await;
    assert_eq!((scene.key().await.as_deref(), scene.reads()), (Ok("A"), 3));

    // Until it ends.
    scene.answers(seconds(0), Err(Kind::Network));
    scene.clock.sleep_until("2026-12-01T08:59:59Z".parse().expect("an instant")).await;
    assert_eq!(scene.key().await.as_deref(), Ok("A"));
    scene.clock.sleep(seconds(1)).await;
    assert!(matches!(scene.key().await, Err(Refusal::Trouble(_))));

    let scene = Scene::new();
    assert_eq!(scene.key().await.as_deref(), Ok("A"));
    scene.answers(seconds(0), Err(Kind::Denied));
    scene.clock.sleep(seconds(60)).await;
    assert!(matches!(scene.key().await, Err(Refusal::Trouble(_))), "this does not pass");
}
