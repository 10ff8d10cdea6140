//! The AWS double: one account on the host's clock, its services on loopback, the metadata service at its true address.

use std::io;
use std::net::Ipv4Addr;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use credadmin::clock::Clock;
use serde_json::Value;
use strict_aws::{Role, World, serve};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// What secret keys and session tokens begin with.
pub const CANARY: &str = "CanaryInTheCoalMine";
/// The secret that most scenarios are about.
pub const SECRET: &str = "SensitiveS3";
/// One that the instance role may not touch.
pub const FORBIDDEN: &str = "Forbidden";
/// aws-facts §8, but that a secret of such a name which does not exist is told from one that may not be touched.
const CREDADMIN: &str = r#"{"Version":"2012-10-17","Statement":[
 {"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::123456789012:role/*Access"},
 {"Effect":"Allow","Action":["secretsmanager:PutSecretValue","secretsmanager:DescribeSecret"],
  "Resource":"arn:aws:secretsmanager:eu-central-1:123456789012:secret:Sensitive*"}]}"#;

/// An account. Dropped, it is served no more.
pub struct Account {
    /// What AWS knows.
    pub world: World,
    /// The only instance.
    pub instance: String,
    /// The URL of STS and Secrets Manager.
    pub services: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Account {
    /// With an instance, its role CredAdmin, a role to assume, the two secrets, and no value in them.
    pub fn open() -> Self {
        let world = World::new(|| Clock::system().now());
        world.set_canary(CANARY);
        let credadmin = world.add_role(Role::new("CredAdmin").policy("job", CREDADMIN));
        world.add_role(Role::new("SensitiveS3Access").trusting(&credadmin).session_name_like("credadmin-*"));
        let instance = world.launch_instance("CredAdmin");
        for secret in [SECRET, FORBIDDEN] {
            world.create_secret(secret, None);
        }
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let served = world.clone();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let server = serve(served).await.expect("a free port");
                // At every address, also at one that is still to come.
                let metadata = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 80)).await.expect("port 80");
                tell.send(server.endpoint()).expect("somebody waits for it");
                let to = server.imds_endpoint().replace("http://", "");
                tokio::select! {
                    _ = stopped => {}
                    error = pass_on(metadata, to) => error.expect("connections to the metadata service"),
                }
            });
        });
        let services = told.recv().expect("a server");
        Self { world, instance, services, stop: Some(stop), thread: Some(thread) }
    }

    /// The version ids of a secret, in order.
    pub fn versions(&self, secret: &str) -> Vec<String> {
        self.world.versions(secret).into_iter().map(|version| version.version_id).collect()
    }

    /// What its readers get.
    pub fn value(&self, secret: &str) -> Value {
        let versions = self.world.versions(secret);
        serde_json::from_str(&versions.last().expect("a version").content).expect("JSON")
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // What it panicked of was told then.
            drop(thread.join());
        }
    }
}

async fn pass_on(listener: TcpListener, to: String) -> io::Result<()> {
    loop {
        let (mut from, _) = listener.accept().await?;
        let to = to.clone();
        tokio::spawn(async move {
            let mut to = TcpStream::connect(to).await?;
            copy_bidirectional(&mut from, &mut to).await
        });
    }
}
