//! One message to one receiver.

use std::sync::Arc;

use super::json::object;
use super::news::News;
use super::people::people;
use super::read::Notice;
use super::settings::Telling;
use super::templates::Templates;
use crate::config::{Requests, Watched};

/// What the config said when a notice was taken up.
pub struct Orders {
    /// Whom to tell, and how.
    pub telling: Telling,
    /// The secrets with their grants, as they were then: who may have a sign-in URL is looked up anew.
    pub watched: Vec<Watched>,
    /// Who may approve requests for them.
    pub requests: Requests,
    /// The templates of its mail.
    pub templates: Templates,
}

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// Somebody, by mail.
    Person {
        /// The address.
        address: String,
        /// Whether it is whoever asked for the grant.
        is_requester: bool,
    },
    /// The program of `notify.command`.
    Hook,
}

/// One message to one receiver.
#[derive(Clone)]
pub struct Message {
    /// What it is about.
    pub notice: Arc<Notice>,
    /// Who is told.
    pub to: To,
    /// What it is called, on every host alike.
    pub key: String,
    /// By which config.
    pub orders: Arc<Orders>,
}

impl Message {
    /// All messages about a notice, and those of its people of whom no address is known.
    pub fn all(notice: &Arc<Notice>, orders: &Arc<Orders>) -> (Vec<Self>, Vec<String>) {
        let Telling { mail, hook, .. } = &orders.telling;
        let wants = |events: &std::collections::BTreeSet<News>| events.contains(&notice.news);
        let people =
            mail.as_ref().filter(|mail| wants(&mail.events)).map(|mail| people(notice, mail, &orders.watched, &orders.requests));
        let people = people.unwrap_or_default();
        let to_people = people
            .addresses
            .iter()
            .map(|address| To::Person { address: address.clone(), is_requester: people.requester.as_ref() == Some(address) });
        let to_hook = hook.iter().filter(|hook| wants(&hook.events)).map(|_| To::Hook);
        let message = |to: To| {
            let key = match &to {
                To::Person { address, .. } => notice.key(&format!("mail:{address}")),
                To::Hook => notice.key("hook"),
            };
            Self { notice: Arc::clone(notice), to, key, orders: Arc::clone(orders) }
        };
        (to_people.chain(to_hook).map(message).collect(), people.unknown.into_iter().collect())
    }

    /// What the hook is sent: a line.
    pub fn line(&self) -> String {
        format!("{}\n", object(&self.notice))
    }
}
