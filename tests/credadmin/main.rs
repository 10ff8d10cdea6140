//! One test binary, because the AWS SDK is slow to link.
#![allow(clippy::disallowed_methods, reason = "tests against real programs wait by the real clock")]

mod check;
mod conformance;
mod drop_ins;
mod emulators;
mod harness;
mod ministack;
mod model;
mod moto;
mod plan;
mod schedule;
mod stuck;
mod year;
