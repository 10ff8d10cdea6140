//! The rows: every fault, each with every call.

use std::sync::atomic::{AtomicI64, Ordering};

use credadmin::clock::Clock;
use jiff::SignedDuration;
use strict_aws::{ApiError, Fault, Operation, Service};

/// The calls, in the order in which a visit makes them.
pub const CALLS: [Operation; 5] = [
    Operation::ImdsToken,
    Operation::ImdsCredentials,
    Operation::DescribeSecret,
    Operation::AssumeRole,
    Operation::PutSecretValue,
];

/// One fault.
#[derive(Clone, Copy, Debug)]
pub enum Ill {
    /// The call goes wrong like this.
    Wire(fn(Operation) -> Fault),
    /// AWS's clock goes wrong by so much while the call is under way.
    AwsClock(SignedDuration),
    /// The host's clock does.
    HostClock(SignedDuration),
    /// The host sleeps for so long while the call is under way.
    Asleep(SignedDuration),
}

/// One cell: a fault, in words, and the call it meets.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub fault: &'static str,
    pub ill: Ill,
    pub call: Operation,
}

impl Cell {
    /// Whether it is about the metadata service, which is asked every six hours only.
    pub fn is_of_metadata(&self) -> bool {
        self.call.service() == Service::Imds
    }

    /// Within what time of the heal it has to be well again: the longest wait for the next try, and what a call under way and
    /// the next one take. What somebody has to mend in AWS is tried again more slowly.
    pub fn bound(&self) -> SignedDuration {
        let slowly = matches!(self.fault, "400" | "403") && !self.is_of_metadata();
        SignedDuration::from_secs(if slowly { 210 } else { 90 })
    }

    /// In words, for messages.
    pub fn name(&self) -> String {
        format!("{} × {:?}", self.fault, self.call)
    }
}

impl Ill {
    /// For how long the host sleeps.
    pub fn sleep(self) -> SignedDuration {
        if let Self::Asleep(time) = self { time } else { SignedDuration::ZERO }
    }

    /// Sets the clocks wrong, with sign 1, or right again, with -1.
    pub fn strikes(self, host: &Clock, aws_ahead: &AtomicI64, sign: i32) {
        match self {
            Self::AwsClock(by) => {
                aws_ahead.fetch_add((by * sign).as_secs(), Ordering::Relaxed);
            }
            Self::HostClock(by) => {
                host.step(by * sign);
                // AWS's clock is kept as ahead of the host's; it stays right.
                aws_ahead.fetch_sub((by * sign).as_secs(), Ordering::Relaxed);
            }
            // The clock that nobody sets stands still meanwhile; nothing has to be set right.
            Self::Asleep(time) if sign > 0 => host.step(time),
            Self::Asleep(_) | Self::Wire(_) => {}
        }
    }
}

/// All of them, fault by fault.
pub fn all() -> Vec<Cell> {
    FAULTS.iter().flat_map(|(fault, ill)| CALLS.map(|call| Cell { fault, ill: *ill, call })).collect()
}

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const BACK_AN_HOUR: SignedDuration = SignedDuration::from_hours(-1);

const FAULTS: &[(&str, Ill)] = &[
    ("connection refused", Ill::Wire(|_| Fault::Refuse)),
    ("reset mid-body", Ill::Wire(|_| Fault::Reset)),
    ("accepted and silent", Ill::Wire(|_| Fault::Silent)),
    ("half an answer, then silence", Ill::Wire(|_| Fault::HalfBody)),
    ("slow drip, a byte a second", Ill::Wire(|_| Fault::Drip)),
    ("a page of HTML", Ill::Wire(|_| Fault::Garbage)),
    ("well-formed, of the wrong shape", Ill::Wire(|_| Fault::WrongShape)),
    ("400", Ill::Wire(|call| answer(400, call, "ValidationError", "InvalidParameterException"))),
    ("403", Ill::Wire(|call| answer(403, call, "AccessDenied", "AccessDeniedException"))),
    ("429", Ill::Wire(|call| answer(429, call, "TooManyRequestsException", "TooManyRequestsException"))),
    ("500", Ill::Wire(|call| answer(500, call, "InternalFailure", "InternalServiceError"))),
    ("503", Ill::Wire(|call| answer(503, call, "ServiceUnavailable", "ServiceUnavailable"))),
    ("throttled", Ill::Wire(|call| answer(400, call, "Throttling", "ThrottlingException"))),
    ("AWS's clock 1 h ahead", Ill::AwsClock(HOUR)),
    ("AWS's clock 1 h behind", Ill::AwsClock(BACK_AN_HOUR)),
    ("host's clock set 1 h ahead", Ill::HostClock(HOUR)),
    ("host's clock set 1 h back", Ill::HostClock(BACK_AN_HOUR)),
    ("host's clock set 1 day ahead", Ill::HostClock(SignedDuration::from_hours(24))),
    ("host's clock set 1 day back", Ill::HostClock(SignedDuration::from_hours(-24))),
    ("suspended for 2 h", Ill::Asleep(SignedDuration::from_hours(2))),
];

/// What the call's service answers. The metadata service knows no codes: it throttles with 503.
fn answer(status: u16, call: Operation, sts: &str, secrets_manager: &str) -> Fault {
    let (status, code) = match call.service() {
        Service::Sts => (status, sts),
        Service::Imds if sts == "Throttling" => (503, sts),
        _ => (status, secrets_manager),
    };
    Fault::Answer(ApiError::new(status, code, "An error of the matrix."))
}
