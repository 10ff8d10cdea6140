//! The commands that are there to hand a session to whoever asks: to them, and to nobody else.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::Ran;
use super::account::{Account, said};
use crate::harness::{PATIENCE, Process, run_slowly};
use crate::story::CANARY;

pub fn console() -> Vec<Ran> {
    let account = Account::new();
    let well = Ran { hands_over: true, ..account.run(&["console", "sensitives3"]) };
    account.falls_ill();
    vec![well, Ran { hands_over: true, ..account.run(&["console", "sensitives3"]) }]
}

pub fn process() -> Vec<Ran> {
    told(&["process"])
}

pub fn exec() -> Vec<Ran> {
    told(&["exec", "--static", "--", "sh", "-c", "echo $AWS_SECRET_ACCESS_KEY"])
}

/// With a session in the secret, with something else that holds one, and where AWS says no.
fn told(args: &[&str]) -> Vec<Ran> {
    let account = Account::published();
    let run = || Ran { hands_over: true, ..Ran::new(&format!("consumer {args:?}"), run_slowly(account.consumer(args))) };
    let well = run();
    let value = account.aws.world.versions("SensitiveS3").pop().expect("a version").content;
    let broken = [value.replace("\"sessionKey\":\"", "\"sessionKey\":\" "), value.replace('}', ""), format!("[{value}]")];
    let mut ran: Vec<Ran> = broken
        .map(|broken| {
            account.aws.world.stranger_puts("SensitiveS3", &broken).expect("written");
            run()
        })
        .into();
    account.falls_ill();
    ran.extend([well, run()]);
    ran
}

pub fn serve() -> Vec<Ran> {
    let account = Account::published();
    let token = format!("{CANARY}0123456789abcdef");
    account.credadmin.rewrite("token", &token);
    let file = account.credadmin.path("token").to_string_lossy().into_owned();
    let args = ["serve", "--listen", "127.0.0.1:0", "--token-file", &file];
    let serve = |is_right: bool| {
        let process = Process::spawn("credadmin consumer serve", &account.consumer(&args));
        let line = process.wait_for_line("FULL_URI=", PATIENCE);
        let host = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("where it listens");
        let sent = if is_right { token.clone() } else { token.replace('f', "F") };
        let mut stream = TcpStream::connect(host).expect("it listens");
        write!(stream, "GET /credentials HTTP/1.1\r\nHost: {host}\r\nAuthorization: {sent}\r\n\r\n").expect("written");
        let mut out = String::new();
        stream.read_to_string(&mut out).expect("an answer");
        let hands_over = is_right && out.starts_with("HTTP/1.1 200");
        Ran { out, hands_over, ..said("consumer serve", process) }
    };
    let (well, stranger) = (serve(true), serve(false));
    assert!(well.hands_over && stranger.out.starts_with("HTTP/1.1 401"), "who has the token gets it, and nobody else");
    account.falls_ill();
    let ill = serve(true);
    assert!(ill.out.contains("SignatureDoesNotMatch"), "{}", ill.out.replace(CANARY, "[HERE]"));
    let public = Ran::new(
        "consumer serve, for all",
        run_slowly(account.consumer(&["serve", "--listen", "0.0.0.0:1", "--token-file", &file])),
    );
    vec![well, stranger, ill, public]
}
