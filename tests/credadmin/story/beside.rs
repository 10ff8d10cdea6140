//! The same AWS on real time, beside a process.

use credadmin::clock::Clock;
use strict_aws::{Role, World, serve};

use super::{CANARY, CREDADMIN};

/// A world on real time that is served from a thread of its own, for processes. Dropped, it stops.
pub struct Beside {
    /// The environment that leads an SDK to it.
    pub environment: Vec<(&'static str, String)>,
    /// The world.
    pub world: World,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Beside {
    /// An account on the host's clock: the secrets with these ids, no values yet, and the role and instance of every story.
    pub fn new(secrets: &[&str]) -> Self {
        let clock = Clock::system();
        let world = World::new(move || clock.now());
        world.set_canary(CANARY);
        let credadmin = world.add_role(Role::new("CredAdmin").policy("job", CREDADMIN));
        world.add_role(Role::new("SensitiveS3Access").trusting(&credadmin));
        secrets.iter().for_each(|id| drop(world.create_secret(id, None)));
        world.launch_instance("CredAdmin");
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let served = world.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let server = serve(served).await.expect("a free port");
                tell.send((server.endpoint(), server.imds_endpoint())).expect("somebody waits for it");
                // Ends when it is told to, or when nobody is left to tell.
                drop(stopped.await);
            });
        });
        let (endpoint, imds) = told.recv().expect("a server");
        let environment = vec![
            ("AWS_ENDPOINT_URL_SIGNIN", endpoint.clone()),
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds),
        ];
        Self { environment, world, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("a server that ends");
        }
    }
}
