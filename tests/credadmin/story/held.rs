//! Calls that hold virtual time still.
//!
//! Tokio's paused time jumps to the next timer whenever nothing is left to do, and knows nothing of bytes on their way through
//! the kernel. So each call to AWS holds time still for a moment: an answer that comes at all comes in that moment.

use std::time::Duration;

use credadmin::aws::trouble::Trouble;
use credadmin::aws::{Answer, Ask, Aws, Connection, Description, Receipt};
use zeroize::Zeroizing;

use super::quiet::Sleeps;

/// How long a call holds time still. Only answers that never come last that long.
const MOMENT: Duration = Duration::from_millis(300);

/// Holds virtual time still until dropped, for a [`MOMENT`] at most, or until all is [quiet](super::quiet) where that can be
/// known: tokio's time waits for blocking work.
pub fn hold() -> std::sync::mpsc::Sender<()> {
    let (held, released) = std::sync::mpsc::channel();
    let sleeps = Sleeps::here();
    // Only ever ends by being dropped or by its timeout, and either is fine.
    tokio::task::spawn_blocking(move || match sleeps {
        Some(sleeps) => sleeps.wait(&released),
        None => drop(released.recv_timeout(MOMENT)),
    });
    held
}

/// An AWS whose calls hold time still.
pub struct Held<A>(pub A);

impl<A: Aws> Aws for Held<A> {
    async fn describe_secret(&self, secret_id: &str) -> Result<Description, Trouble> {
        let _still = hold();
        self.0.describe_secret(secret_id).await
    }

    async fn assume_role(&self, ask: &Ask) -> Result<Answer, Trouble> {
        let _still = hold();
        self.0.assume_role(ask).await
    }

    async fn put_secret_value(&self, secret_id: &str, version_id: &str, value: &Zeroizing<String>) -> Result<Receipt, Trouble> {
        let _still = hold();
        self.0.put_secret_value(secret_id, version_id, value).await
    }

    fn connect(&self, connection: &Connection) {
        self.0.connect(connection);
    }

    async fn renew(&self) {
        let _still = hold();
        self.0.renew().await;
    }
}
