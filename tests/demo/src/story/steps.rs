//! The steps that chapters are made of.

use credadmin::config;
use credadmin::journal::Event;
use credadmin::schedule::plan::sessions;
use credadmin::schedule::token::token;
use jiff::{SignedDuration, Timestamp};

use super::{Story, Told};
use crate::application::Refusal;
use crate::scene::{BUCKET, OBJECT};
use crate::timeline::Mark;

/// How long the daemon may take over anything: it looks up each minute, and a slow machine is slower at this pace.
const PATIENCE: SignedDuration = SignedDuration::from_mins(4);
/// How often the story looks around.
const TICK: SignedDuration = SignedDuration::from_secs(10);
/// How often the application works.
const ROUND: SignedDuration = SignedDuration::from_mins(5);

impl Story<'_> {
    pub(super) async fn own_role_is_refused(&mut self) -> Told {
        let outcome = self.application.get_acl(&self.application.own_credentials().await?).await?;
        let refusal = expect_refusal("EC2Normal alone is refused at the bucket", outcome, &["AccessDenied"])?;
        self.stage.mark(self.clock.now(), Mark::Refused)?;
        self.application(&format!("asks for the ACL of s3://{BUCKET}/{OBJECT} as EC2Normal: {refusal}"))
    }

    pub(super) async fn old_session_is_refused(&mut self, codes: &[&str]) -> Told<Refusal> {
        let session = self.session.as_ref().ok_or("the application never got a session")?;
        let outcome = self.application.get_acl(session).await?;
        let refusal = expect_refusal("the old session is refused after the end", outcome, codes)?;
        self.stage.mark(self.clock.now(), Mark::Refused)?;
        Ok(refusal)
    }

    /// The application does what it is there for: reads the secret, and uses the session in it.
    pub(super) async fn gets_in(&mut self) -> Told {
        let session = match self.application.read_secret().await? {
            Ok(session) => session,
            Err(refusal) => return missing("the application reads the secret", refusal.message),
        };
        if let Err(refusal) = self.application.get_acl(&session).await? {
            return missing("the application gets the ACL while the window is open", refusal.message);
        }
        self.stage.mark(self.clock.now(), Mark::Open)?;
        let id = session.access_key_id().to_owned();
        if self.used.last() != Some(&id) {
            self.application(&format!("reads the secret, and gets the ACL with {id}"))?;
            self.used.push(id);
        }
        self.session = Some(session);
        Ok(())
    }

    pub(super) async fn works_until(&mut self, t: Timestamp) -> Told {
        while self.clock.now() < t {
            self.gets_in().await?;
            self.until(t.min(self.clock.now() + ROUND)).await?;
        }
        Ok(())
    }

    pub(super) async fn until(&mut self, t: Timestamp) -> Told {
        while self.clock.now() < t {
            self.clock.sleep(t.duration_since(self.clock.now()).min(TICK)).await;
            self.listen()?;
            self.stage.mark(self.clock.now(), Mark::Quiet)?;
        }
        Ok(())
    }

    pub(super) fn heard(&self, is_it: impl Fn(&Event) -> bool) -> bool {
        self.heard.iter().any(is_it)
    }

    pub(super) async fn hears(&mut self, step: &str, heard: impl Fn(&Self) -> bool) -> Told {
        let deadline = self.clock.now() + PATIENCE;
        while !heard(self) {
            if self.clock.now() >= deadline {
                return missing(step, "nothing of it in the journal".into());
            }
            self.until(self.clock.now() + TICK).await?;
        }
        Ok(())
    }

    /// Shows what the journal has said meanwhile.
    pub(super) fn listen(&mut self) -> Told {
        let now = self.clock.now();
        for event in self.events.new_ones() {
            if let Event::Published { session, .. } = &event {
                self.published += 1;
                let (id, ends) = (&session.access_key_id, session.ends.strftime("%H:%M:%S"));
                self.stage.tell(now, "credadmin", &format!("session published: {id}, ends {ends},"))?;
                self.stage.line(&format!("{:23}version {}", "", session.version_id))?;
                self.stage.mark(now, Mark::Published)?;
            } else if !matches!(event, Event::Looked { .. }) {
                self.stage.tell(now, "credadmin", &event.record().message)?;
                self.heard.push(event);
            }
        }
        Ok(())
    }

    /// Adds what `credadmin plan` says to the config as it is now.
    pub(super) fn plan(&mut self, from: Timestamp, until: Timestamp) -> Told {
        let settings = config::load(&self.scene.main_file, from)?;
        for watched in &settings.secrets {
            let sessions = sessions(from, until, &watched.secret.cadence, &watched.grants);
            self.planned.extend(sessions.iter().map(|session| token(&watched.secret, session.ends, None)));
        }
        // The session that is in its place when the config changes is planned by both.
        self.planned.dedup();
        Ok(())
    }

    pub(super) fn application(&mut self, what: &str) -> Told {
        Ok(self.stage.tell(self.clock.now(), "application", what)?)
    }
}

fn expect_refusal(step: &str, outcome: Result<(), Refusal>, codes: &[&str]) -> Told<Refusal> {
    match outcome {
        Err(refusal) if codes.contains(&refusal.code.as_str()) => Ok(refusal),
        Err(refusal) => missing(step, format!("{refusal}: {}", refusal.message)),
        Ok(()) => missing(step, "it got the ACL".into()),
    }
}

pub(super) fn missing<T>(step: &str, instead: String) -> Told<T> {
    Err(format!("this did not happen: {step}; instead: {instead}").into())
}
