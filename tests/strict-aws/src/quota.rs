//! How often an account may ask.

use jiff::Timestamp;

use crate::answer::ApiError;
use crate::fault::{Operation, Service};
use crate::world::World;

/// A token bucket: `rate` a second, and as many at once.
#[derive(Debug)]
struct Bucket {
    rate: f64,
    tokens: f64,
    filled_at: Timestamp,
}

impl Bucket {
    fn full(rate: u32, now: Timestamp) -> Self {
        Self { rate: f64::from(rate), tokens: f64::from(rate), filled_at: now }
    }

    fn take(&mut self, now: Timestamp) -> bool {
        let passed = now.duration_since(self.filled_at).as_secs_f64().max(0.0);
        self.tokens = (self.tokens + passed * self.rate).min(self.rate);
        self.filled_at = self.filled_at.max(now);
        let enough = self.tokens >= 1.0;
        if enough {
            self.tokens -= 1.0;
        }
        enough
    }
}

/// The two quotas that credadmin can meet; `None` is switched off.
#[derive(Debug)]
pub(crate) struct Quotas {
    sts: Option<Bucket>,
    secret_writes: Option<Bucket>,
}

impl Quotas {
    pub(crate) fn of_aws(now: Timestamp) -> Self {
        Self {
            sts: Some(Bucket::full(600, now)),          // aws-facts §7: 600 requests/s, shared by STS's calls
            secret_writes: Some(Bucket::full(50, now)), // aws-facts §6: 50/s combined
        }
    }

    pub(crate) fn take(&mut self, operation: Operation, now: Timestamp) -> Result<(), ApiError> {
        let (bucket, code) = match operation {
            // aws-facts §7: HTTP 400 `Throttling: Rate exceeded`
            _ if operation.service() == Service::Sts => (&mut self.sts, "Throttling"),
            // aws-facts §6, the table's `ThrottlingException`
            Operation::PutSecretValue | Operation::UpdateSecretVersionStage => (&mut self.secret_writes, "ThrottlingException"),
            _ => return Ok(()),
        };
        let enough = bucket.as_mut().is_none_or(|bucket| bucket.take(now));
        if enough { Ok(()) } else { Err(ApiError::new(400, code, "Rate exceeded")) }
    }
}

impl World {
    /// STS requests a second; `None` for no limit. AWS: 600 (aws-facts §7).
    pub fn set_sts_quota(&self, per_second: Option<u32>) {
        let now = self.now();
        self.lock().quotas.sts = per_second.map(|rate| Bucket::full(rate, now));
    }

    /// Secrets Manager writes a second, all secrets together; `None` for no limit. AWS: 50 (aws-facts §6).
    pub fn set_secret_write_quota(&self, per_second: Option<u32>) {
        let now = self.now();
        self.lock().quotas.secret_writes = per_second.map(|rate| Bucket::full(rate, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sts_600_and_writes_50_a_second() {
        let start = Timestamp::UNIX_EPOCH;
        let mut quotas = Quotas::of_aws(start);
        for (operation, rate, code) in
            [(Operation::AssumeRole, 600, "Throttling"), (Operation::PutSecretValue, 50, "ThrottlingException")]
        {
            for _ in 0..rate {
                assert_eq!(quotas.take(operation, start), Ok(()));
            }
            assert_eq!(quotas.take(operation, start), Err(ApiError::new(400, code, "Rate exceeded")));
            let later = start + jiff::SignedDuration::from_millis(500);
            let taken = (0..rate).filter(|_| quotas.take(operation, later).is_ok()).count();
            assert_eq!(taken, rate / 2, "{operation:?}");
        }
        assert_eq!(quotas.take(Operation::DescribeSecret, start), Ok(()));
    }
}
