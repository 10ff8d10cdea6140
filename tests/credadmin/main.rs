//! One test binary, because the AWS SDK is slow to link.

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
mod year;
