//! A service on loopback that answers each request with whatever bytes it is told.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What is answered to a request; its head and body are given as they came.
type Answering = Box<dyn Fn(&str) -> Vec<u8> + Send>;

/// A service whose answers can be changed.
#[derive(Clone)]
pub struct Wire {
    /// Where it listens.
    pub url: String,
    answering: Arc<Mutex<Answering>>,
}

impl Wire {
    /// Listens until the process ends.
    pub fn new(answering: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let answering: Arc<Mutex<Answering>> = Arc::new(Mutex::new(Box::new(answering)));
        let wire = Self { url, answering: Arc::clone(&answering) };
        thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that has gone has had what it wanted.
                drop(stream.and_then(|stream| answer(stream, &answering)));
            }
        });
        wire
    }

    /// Answers so from now on.
    pub fn answers(&self, answering: impl Fn(&str) -> Vec<u8> + Send + 'static) {
        *self.answering.lock().expect("nobody panics with it") = Box::new(answering);
    }
}

fn answer(mut stream: TcpStream, answering: &Mutex<Answering>) -> std::io::Result<()> {
    let request = request(&mut stream)?;
    let answer = answering.lock().expect("nobody panics with it")(&String::from_utf8_lossy(&request));
    stream.write_all(&answer)?;
    stream.shutdown(Shutdown::Write)
}

/// A whole request of a client that says how long its body is.
fn request(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    loop {
        if let Some(head) = request.windows(4).position(|end| end == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            if request.len() >= head + 4 + length.unwrap_or(0_usize) {
                return Ok(request);
            }
        }
        match stream.read(&mut part)? {
            0 => return Ok(request),
            n => request.extend(&part[..n]),
        }
    }
}

/// A well-formed answer.
pub fn well_formed(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}
