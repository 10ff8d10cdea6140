//! One test binary, because the AWS SDK is slow to link.
#![allow(clippy::disallowed_methods, reason = "tests against real programs wait by the real clock")]

mod audit;
mod catalog;
mod check;
mod complaints;
mod conformance;
mod console;
mod consumer;
mod doctor;
mod drop_ins;
mod emulators;
mod evidence;
mod faults;
mod harness;
mod history;
mod install;
mod manual;
mod ministack;
mod model;
mod moto;
mod notice;
mod notify;
mod pair;
mod plan;
mod policies;
mod purity;
mod requests;
mod revoke;
mod schedule;
mod secrets;
mod status;
mod story;
mod stuck;
mod timeline;
mod told;
mod year;
