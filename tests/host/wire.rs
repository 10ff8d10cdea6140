//! A wire between one daemon and the account, which can be cut.

use std::net::Ipv4Addr;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A wire. Dropped, it is cut for good.
pub struct Wire {
    /// Its near end, as a URL.
    pub url: String,
    cut: Option<watch::Sender<bool>>,
    thread: Option<JoinHandle<()>>,
}

impl Wire {
    /// To this URL.
    pub fn to(services: &str) -> Self {
        let address = services.replace("http://", "");
        let (cut, is_cut) = watch::channel(false);
        let (tell, told) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
                tell.send(listener.local_addr().expect("an address")).expect("somebody waits for it");
                let mut dropped = is_cut.clone();
                tokio::select! {
                    () = pass_on(listener, address, is_cut) => {}
                    // Fails when nobody can cut it any more.
                    _ = dropped.wait_for(|_| false) => {}
                }
            });
        });
        let url = format!("http://{}", told.recv().expect("a listener"));
        Self { url, cut: Some(cut), thread: Some(thread) }
    }

    /// Cuts it, or mends it. What is on its way when it is cut is lost, and whoever connects then is turned away.
    pub fn set_cut(&self, is_cut: bool) {
        self.cut.as_ref().expect("a wire in use").send_replace(is_cut);
    }
}

async fn pass_on(listener: TcpListener, address: String, is_cut: watch::Receiver<bool>) {
    loop {
        let (mut near, _) = listener.accept().await.expect("a connection");
        let (address, mut is_cut) = (address.clone(), is_cut.clone());
        tokio::spawn(async move {
            let passed = async {
                let mut far = TcpStream::connect(address).await?;
                copy_bidirectional(&mut near, &mut far).await
            };
            tokio::select! {
                biased;
                _ = is_cut.wait_for(|is_cut| *is_cut) => {}
                // How it ended is the business of its two ends.
                _ = passed => {}
            }
        });
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        drop(self.cut.take());
        if let Some(thread) = self.thread.take() {
            // What it panicked of was told then.
            drop(thread.join());
        }
    }
}
