//! Whatever is sent to the endpoint of `credadmin consumer serve`: who has the token is answered with the session, nobody else is,
//! and every answer is one of HTTP. The value of the secret, too, may be anything.

use std::sync::Arc;
use std::sync::OnceLock;

use credadmin::aws::reading::Reading;
use credadmin::aws::trouble::Trouble;
use credadmin::clock::Clock;
use credadmin::consumer::Source;
use credadmin::consumer::endpoint::{Door, serve};
use credadmin::consumer::judge::Held;
use credadmin::consumer::token::Token;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use zeroize::Zeroizing;

use crate::troubles::{now, tells};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const VALUE: &str =
    r#"{"sessionId":"ASIACANARY","sessionKey":"canarysecret","sessionToken":"canarytoken","expiration":"2026-12-01T09:00:00Z"}"#;

pub const WORDS: &[&str] = &[
    "GET /credentials HTTP/1.1\r\n",
    "GET /credentials HTTP/1.0\r\n",
    "POST /credentials HTTP/1.1\r\n",
    "HEAD /credentials HTTP/1.1\r\n",
    "GET http://x/credentials HTTP/1.1\r\n",
    "GET /credentials?x=y HTTP/1.1\r\n",
    "GET //credentials HTTP/1.1\r\n",
    "OPTIONS * HTTP/1.1\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "Authorization: 0123456789abcdef0123456789abcdef\r\n",
    "authorization: Bearer 0123456789abcdef0123456789abcdef\r\n",
    "Authorization: \r\n",
    "X: 0123456789abcdef0123456789abcdef\r\n",
    "Host: 127.0.0.1\r\n",
    "Content-Length: 0\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Expect: 100-continue\r\n",
    "Connection: upgrade\r\nUpgrade: h2c\r\n",
    "\r\n",
    "\r\n\r\n",
    "{\"sessionId\":\"ASIA\",\"sessionKey\":\"canarysecret\",\"sessionToken\":\"canarytoken\",\"expiration\":\"2026-12-01T09:00:00Z\"}",
    "{\"state\":\"closed\",\"since\":\"2026-12-01T08:00:00Z\",\"reason\":\"x\"}",
    "\"opens_next\":\"2026-12-02T08:00:00Z\",",
    "\"expiration\":\"2026-12-01T08:30:00Z\"",
    "2026-12-01T08:30:01Z",
    "\"reason\":\"\\u001b\"",
    " ",
    "\t",
    "\u{0}",
    "\u{1b}",
];

/// A secret that always holds the same.
struct Fixed;

impl Reading for Fixed {
    async fn current_value(&self, _: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        Ok(Some(Zeroizing::new(VALUE.as_bytes().to_vec())))
    }
}

struct Scene {
    runtime: Runtime,
    clock: Clock,
    address: std::net::SocketAddr,
}

fn scene() -> &'static Scene {
    static SCENE: OnceLock<Scene> = OnceLock::new();
    let scene = SCENE.get_or_init(|| {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let clock = Clock::bent(now(), 1);
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), TOKEN).expect("written");
        let token = Token::read(file.path()).expect("a token");
        let source = Arc::new(Source::new(Fixed, clock.clone(), "S", 1, None, |_| {}));
        let door = Arc::new(Door::new(source, token, |_| {}));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let ours = clock.clone();
        runtime.spawn(async move { serve(listener, door, &ours).await });
        Scene { runtime, clock, address }
    });
    scene.clock.step(now().duration_since(scene.clock.now()));
    scene
}

/// A request as it is on the wire; what begins with `{` is the value of a secret.
pub fn run(data: &[u8]) {
    if data.trim_ascii_start().first() == Some(&b'{') {
        return value(data);
    }
    let scene = scene();
    let answer = scene.runtime.block_on(async { exchange(scene.address, data).await.unwrap_or_default() });
    let answer = String::from_utf8(answer).expect("text");
    let text = String::from_utf8_lossy(data);
    if answer.contains("canary") || answer.contains("ASIACANARY") {
        assert!(may_have(&text), "given to whoever has no token: {answer}");
    }
    if answer.is_empty() {
        return;
    }
    let answer = answer.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no end of a head: {answer:?}"));
    let status: u16 = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let header = |name: &str| head.to_ascii_lowercase().lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()));
    assert!([200, 400, 401, 404, 405, 414, 431].contains(&status), "{head}");
    if !text.trim_start().starts_with("HEAD ") && !body.is_empty() {
        assert_eq!(header("content-length:"), Some(body.len().to_string()), "{answer}");
        let value: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(header("cache-control:").as_deref(), Some("no-store"));
        assert_eq!(value.get("AccessKeyId").is_some(), status == 200, "{answer}");
        assert_eq!(value.get("Code").is_some(), status != 200, "{answer}");
    }
}

async fn exchange(address: std::net::SocketAddr, data: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    let (mut answer, mut sent) = (Vec::new(), 0);
    // It may be answered before it has been sent to its end.
    while sent < data.len() {
        stream.writable().await?;
        match stream.try_write(&data[sent..]) {
            Ok(n) => sent += n,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    let stream_std = stream.into_std()?;
    stream_std.shutdown(std::net::Shutdown::Write)?;
    stream = TcpStream::from_std(stream_std)?;
    loop {
        stream.readable().await?;
        let mut part = [0; 4096];
        match stream.try_read(&mut part) {
            Ok(0) => return Ok(answer),
            Ok(n) => answer.extend(&part[..n]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            // What it did not read it throws away with the connection.
            Err(_) => return Ok(answer),
        }
    }
}

/// Whether some line is the header with the token, and the first one asks for the path.
fn may_have(text: &str) -> bool {
    let mut lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
    let has_token = |line: &str| {
        let (name, value) = line.split_once(':').unwrap_or_default();
        name.eq_ignore_ascii_case("authorization") && value.trim_matches([' ', '\t']) == TOKEN
    };
    let asks =
        lines.clone().find(|line| !line.is_empty()).is_some_and(|line| line.starts_with("GET ") && line.contains("/credentials"));
    asks && lines.any(has_token)
}

/// What a secret holds is judged without that anything of it is told.
fn value(data: &[u8]) {
    let held = |read_at| Held { read_at, value: Some(Zeroizing::new(data.to_vec())) };
    let text = String::from_utf8_lossy(data);
    match held(now()).judge(now()) {
        Ok(session) => {
            assert!(session.ends > now() && !session.credential.is_incomplete());
            let parts = [
                session.credential.access_key_id.as_str(),
                &session.credential.secret_access_key,
                &session.credential.session_token,
            ];
            assert!(parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_graphic())));
            let shown = format!("{:?}", session.credential);
            assert!(!tells(&shown, &parts[1..], parts[0]), "{shown}");
        }
        Err(refusal) => {
            let told = refusal.to_string();
            assert!(!told.contains(char::is_control) && told.chars().count() <= 600, "{told:?}");
            assert!(!told.contains("canary") || text.contains("reason"), "{told}");
        }
    }
    let _ = held(now()).is_fresh(now());
}
