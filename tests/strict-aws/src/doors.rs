//! Which of a server's two ports are shut.

use tokio::sync::watch;

use crate::fault::Service;
use crate::world::World;

/// Both ports, open at first.
#[derive(Debug)]
pub(crate) struct Doors {
    services: watch::Sender<bool>,
    metadata: watch::Sender<bool>,
}

impl Default for Doors {
    fn default() -> Self {
        Self { services: watch::Sender::new(false), metadata: watch::Sender::new(false) }
    }
}

impl Doors {
    /// Shuts the port behind which that service is.
    pub(crate) fn shut(&self, service: Service) {
        self.of(service).send_replace(true);
    }

    /// Opens both.
    pub(crate) fn open(&self) {
        for door in [&self.services, &self.metadata] {
            door.send_replace(false);
        }
    }

    /// Tells whether the port of that service is shut.
    pub(crate) fn watch(&self, service: Service) -> watch::Receiver<bool> {
        self.of(service).subscribe()
    }

    fn of(&self, service: Service) -> &watch::Sender<bool> {
        match service {
            Service::Imds => &self.metadata,
            Service::Sts | Service::SecretsManager | Service::S3 | Service::Iam | Service::Ses | Service::Signin => {
                &self.services
            }
        }
    }
}

impl World {
    /// The ports behind which it is served.
    pub(crate) fn doors(&self) -> &Doors {
        &self.0.doors
    }
}
