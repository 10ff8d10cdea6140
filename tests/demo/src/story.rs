//! The story, chapter by chapter, and what has to come of each.

mod steps;

use std::error::Error;

use aws_credential_types::Credentials;
use credadmin::clock::Clock;
use credadmin::journal::{Access, Event, Heard};

use crate::application::Application;
use crate::judge::{Evidence, judge};
use crate::scene::{BEGINS, END, EXTENDED, FIRST_END, OPENS, OVER, SECRET, Scene};
use crate::stage::Stage;
use steps::missing;

type Told<T = ()> = Result<T, Box<dyn Error>>;

/// The story while it is told.
pub struct Story<'a> {
    scene: &'a Scene,
    application: &'a Application,
    events: Heard,
    clock: Clock,
    stage: Stage,
    /// What the journal said, but for sessions.
    heard: Vec<Event>,
    published: usize,
    /// What the application got in with last.
    session: Option<Credentials>,
    /// The access key ids it got in with, in order.
    used: Vec<String>,
    /// The version ids that credadmin's own plan foresees.
    planned: Vec<String>,
}

impl<'a> Story<'a> {
    /// To be told on `stage`; `events` are those of the daemon's journal.
    pub fn new(scene: &'a Scene, application: &'a Application, events: Heard, clock: Clock, stage: Stage) -> Self {
        let (heard, used, planned) = (Vec::new(), Vec::new(), Vec::new());
        Self { scene, application, events, clock, stage, heard, published: 0, session: None, used, planned }
    }

    /// Tells it all.
    ///
    /// # Errors
    /// The first step that did not happen.
    pub async fn tell(&mut self) -> Told {
        self.stage.line("One grant window on an AWS of our own, at five minutes a second. Of the real: the daemon,")?;
        self.stage.line("its config files, its AWS SDK, HTTP and signatures. Below: × the application is refused,")?;
        self.stage.line("━ it gets in, ● a new session is in the secret.\n")?;
        self.before().await?;
        self.opening().await?;
        self.extension().await?;
        self.end().await?;
        self.after().await
    }

    async fn before(&mut self) -> Told {
        self.plan(BEGINS, EXTENDED)?;
        self.listen()?;
        self.own_role_is_refused().await?;
        let refusal = match self.application.read_secret().await? {
            Err(refusal) if refusal.code == "ResourceNotFoundException" => refusal,
            other => return missing("the secret has no value before the window", format!("{:?}", other.map(drop))),
        };
        self.application(&format!("reads the secret {SECRET}, which has no value yet: {refusal}"))?;
        self.until(OPENS).await?;
        Ok(self.stage.pause(self.clock.now())?)
    }

    async fn opening(&mut self) -> Told {
        self.hears("the window opens", |story| story.heard(|event| matches!(event, Event::Opened { .. }))).await?;
        self.hears("a session is published", |story| story.published > 0).await?;
        self.works_until(EXTENDED).await?;
        Ok(self.stage.pause(self.clock.now())?)
    }

    async fn extension(&mut self) -> Told {
        let before = self.published;
        self.scene.extend()?;
        let (from, to) = (FIRST_END.strftime("%H:%M"), END.strftime("%H:%M"));
        let what = format!("drops a file into grants.d: the window ends at {to}, not {from}");
        self.stage.tell(self.clock.now(), "admin", &what)?;
        self.plan(self.clock.now(), OVER)?;
        self.hears("the drop-in is taken", |story| story.heard(|event| matches!(event, Event::Reloaded { .. }))).await?;
        self.hears("a session is published for the longer window", |story| story.published > before).await?;
        self.works_until(FIRST_END).await?;
        self.gets_in().await?;
        self.application(&format!("still gets the ACL, past {from}"))?;
        self.stage.pause(self.clock.now())?;
        self.works_until(END).await
    }

    async fn end(&mut self) -> Told {
        let refusal = self.old_session_is_refused(&["AccessDenied", "ExpiredToken"]).await?;
        let by_policy = refusal.message.contains("with an explicit deny in a session policy");
        if refusal.code == "AccessDenied" && !by_policy {
            return missing("the session policy ends the session", refusal.message);
        }
        let how = if by_policy { " (by its session policy)" } else { "" };
        self.application(&format!("asks once more with the session it holds: {refusal}{how}"))?;
        let lapsed = |event: &Event| matches!(event, Event::Closed { access: Access::Lapsed { died: Some(_) }, .. });
        self.hears("the window closes and access has lapsed", |story| story.heard(lapsed)).await
    }

    async fn after(&mut self) -> Told {
        self.until(OVER).await?;
        let refusal = self.old_session_is_refused(&["ExpiredToken"]).await?;
        self.application(&format!("tries that session again: {refusal}"))?;
        let in_secret = match self.application.read_secret().await? {
            Ok(session) => session.access_key_id().to_owned(),
            Err(refusal) => return missing("the secret is still readable after the end", refusal.message),
        };
        if Some(&in_secret) != self.used.last() {
            return missing("the secret is not refreshed after the end", format!("it holds {in_secret}"));
        }
        self.application("reads the secret: it still holds that session, and no new one")?;
        self.own_role_is_refused().await
    }

    /// Leaves the timeline as it is, wherever the story has got to.
    pub fn close(&mut self) -> Told {
        Ok(self.stage.close(self.clock.now())?)
    }

    /// Compares what was seen with AWS's records and with the plan, and says so.
    ///
    /// # Errors
    /// Everything in which they differ.
    pub fn judge(mut self) -> Told {
        let world = &self.scene.world;
        let sessions = world.sessions();
        let live_ends = sessions.iter().map(|session| world.live_end(&session.access_key_id)).collect();
        let evidence = Evidence {
            planned: self.planned,
            versions: world.versions(SECRET),
            sessions,
            live_ends,
            used: self.used,
            shown: std::mem::take(&mut self.stage.shown),
        };
        let verdict = judge(&evidence)?;
        Ok(self.stage.line(&format!("\n{verdict}"))?)
    }
}
