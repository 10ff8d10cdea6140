//! A message by mail: never without TLS, and with a way in where that is wanted.

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::deliver::{Failed, Office};
use super::letter::{Entrance, Letter};
use super::message::Message;
use super::news::News;
use super::read::Notice;
use super::settings::Mail;
use crate::aws::mail::{self, is_hopeless, remedy};
use crate::aws::trouble::Trouble;
use crate::clock::Elapsed;
use crate::config::{self, Watched};
use crate::console::{Stay, hosts, sign_in, stay};
use crate::journal::Event;
use crate::schedule::backoff::Pace;

/// How long it is believed of a configuration set that it requires TLS.
const BELIEVED: SignedDuration = SignedDuration::from_hours(1);

/// What is known of the configuration set: since when that it requires TLS; and what was said last of one that does not.
#[derive(Default)]
pub struct Tls {
    required_since: Option<(String, Elapsed)>,
    said: Option<String>,
}

/// Hands a message to SES; answers with SES's id of it.
pub async fn post(office: &Office, message: &Message, mail: &Mail, to: &str, is_requester: bool) -> Result<String, Failed> {
    is_held(office, mail).await?;
    let notice = &message.notice;
    let entrance = match mail.console_url && is_requester && notice.news == News::Opens {
        true => entrance(office, notice).await,
        false => None,
    };
    let zone = mail.time_zone.clone().unwrap_or_else(TimeZone::system);
    let letter = Letter::of(notice, entrance.as_ref(), &zone, &message.orders.templates);
    let Letter { subject, text, html } = letter.map_err(|why| Failed::for_good(format!("{why}; credadmin check shows it")))?;
    let reply_to = mail.reply_to.as_deref();
    let letter = mail::Mail { from: &mail.from, to, reply_to, configuration_set: &mail.configuration_set, subject, text, html };
    office.aws.send_email(mail.region.as_deref(), &letter).await.map_err(|trouble| failed(&trouble, mail, to))
}

fn failed(trouble: &Trouble, mail: &Mail, to: &str) -> Failed {
    let why = format!("{trouble}; {}", remedy(trouble, &mail.from, to));
    let pace = match trouble.code.as_str() {
        // Mended by people; but tried again while it is of use.
        "MessageRejected" | "MailFromDomainNotVerifiedException" | "NotFoundException" => Pace::Slowly,
        "SendingPausedException" | "AccountSuspendedException" | "LimitExceededException" => Pace::Slowly,
        _ => trouble.kind.pace(),
    };
    Failed { why, pace, for_good: is_hopeless(trouble), is_told: false }
}

/// Fails unless the configuration set requires TLS: asked at the start, every hour, and each time while it does not.
pub async fn is_held(office: &Office, mail: &Mail) -> Result<(), Failed> {
    let mut tls = office.tls.lock().await;
    let (set, now) = (&mail.configuration_set, office.clock.elapsed());
    if tls.required_since.as_ref().is_some_and(|(known, since)| known == set && now.since(*since) < BELIEVED) {
        return Ok(());
    }
    let why = match office.aws.requires_tls(mail.region.as_deref(), set).await {
        Ok(true) => {
            *tls = Tls { required_since: Some((set.clone(), now)), said: None };
            return Ok(());
        }
        Ok(false) => format!(
            "the configuration set {set} lets mail go without TLS; aws sesv2 put-configuration-set-delivery-options \
             --configuration-set-name {set} --tls-policy REQUIRE"
        ),
        Err(trouble) => format!(
            "whether the configuration set {set} requires TLS is not known: {trouble}; {}",
            remedy(&trouble, &mail.from, "")
        ),
    };
    if tls.said.as_ref() != Some(&why) {
        office.journal.tell(Event::MailHeld { why: why.clone() });
        tls.said = Some(why.clone());
    }
    Err(Failed { why, pace: Pace::Slowly, for_good: false, is_told: true })
}

/// A sign-in URL for whoever asked; where there can be none, the message goes without.
async fn entrance(office: &Office, notice: &Notice) -> Option<Entrance> {
    match way_in(office, notice).await {
        Ok(entrance) => Some(entrance),
        Err(why) => {
            let text = format!("mail of {} goes without a sign-in URL: {why}", notice.about());
            office.journal.tell(Event::Remark { refused: false, text });
            None
        }
    }
}

async fn way_in(office: &Office, notice: &Notice) -> Result<Entrance, String> {
    let (watched, stay) = still_open(office, notice)?;
    if !watched.secret.session_policy {
        return Err("session_policy is off, and AWS would not end the console session".into());
    }
    let hosts = hosts::of(&watched.secret.role_arn).ok_or("the sign-in host of this partition is not known")?;
    let made = sign_in(&office.aws, &office.clock, &watched, (&stay.grants, stay.life), &hosts).await;
    let made = made.map_err(|trouble| format!("{trouble}; {}", trouble.remedy()))?;
    // A revocation closes grants before it denies, half a minute further: what was slow to come may be younger than its Deny.
    still_open(office, notice)?;
    let warning = format!(
        "This URL is a credential: whoever opens it is you. It opens for {:#} from when this was sent. Forward it to nobody.",
        made.good_for
    );
    Ok(Entrance { url: made.url, warning })
}

/// The secret of a notice and how long somebody may stay, by the config as it is now: since the notice was taken up its grant may
/// have been revoked, cut or taken away.
fn still_open(office: &Office, notice: &Notice) -> Result<(Watched, Stay), String> {
    let now = office.clock.now();
    let settings = config::load(&office.main, now).map_err(|faults| format!("the config is refused: {}", faults.one_line()))?;
    let named = |watched: &Watched| Some(watched.secret.name.as_str()) == notice.secret.as_deref();
    let watched = settings.secrets.into_iter().find(named).ok_or("the config no longer has the secret")?;
    let is_open = |stay: &Stay| notice.grants.iter().all(|name| stay.grants.iter().any(|grant| grant.as_str() == name));
    match stay(&watched, now).filter(is_open) {
        Some(stay) => Ok((watched, stay)),
        None => Err(format!("the window of {} is no longer open", notice.grants.join(", "))),
    }
}
