//! The commands of people who ask and approve. Only root can be several of them.

use super::Ran;
use super::account::loud;
use crate::requests::{ALICE, BOB, House, MALLORY, RULES, Said, are_several_users};

/// Whether they can be played here.
pub fn are_known() -> bool {
    are_several_users()
}

fn house() -> Option<House> {
    let house = are_several_users().then(|| House::new(RULES, ""))?;
    Some(House { credadmin: loud(house.credadmin), ..house })
}

fn ran(what: &str, said: Said) -> Ran {
    Ran { what: what.to_owned(), code: Some(said.code), out: said.out, err: said.err, hands_over: false }
}

pub fn request() -> Vec<Ran> {
    let Some(house) = house() else { return Vec::new() };
    vec![ran("request", house.ask(ALICE, &[])), ran("request of a stranger's secret", house.run(ALICE, &["request", "nothing"]))]
}

pub fn requests() -> Vec<Ran> {
    let Some(house) = house() else { return Vec::new() };
    house.asked(ALICE, &[]);
    let well = house.run(ALICE, &["requests", "--all"]);
    house.credadmin.rewrite("credadmin.toml", "nonsense = 1\n");
    vec![ran("requests", well), ran("requests, refused", house.run("root", &["requests"]))]
}

pub fn approve() -> Vec<Ran> {
    let Some(house) = house() else { return Vec::new() };
    let id = house.asked(ALICE, &[]);
    vec![ran("approve, a stranger", house.approve(MALLORY, &id)), ran("approve", house.approve(BOB, &id))]
}

pub fn deny() -> Vec<Ran> {
    let Some(house) = house() else { return Vec::new() };
    let id = house.asked(ALICE, &[]);
    let deny = |who: &str| house.run(who, &["deny", &id, "--reason", "no"]);
    vec![ran("deny, a stranger", deny(MALLORY)), ran("deny", deny(BOB))]
}

pub fn withdraw() -> Vec<Ran> {
    let Some(house) = house() else { return Vec::new() };
    let id = house.asked(ALICE, &[]);
    let withdraw = |who: &str| house.run(who, &["withdraw", &id]);
    vec![ran("withdraw, a stranger", withdraw(MALLORY)), ran("withdraw", withdraw(ALICE))]
}
