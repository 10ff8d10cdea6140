//! Whether journald has taken in what this process sent it.

use std::io::{Error, ErrorKind, Result};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;
use std::thread;
use std::time::Duration;

use crate::clock::Clock;

/// Where journald takes entries (systemd-journald.service(8)).
const SOCKET: &str = "/run/systemd/journal/socket";
/// So long is it waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// So often is it looked at.
const POLL: Duration = Duration::from_millis(1);

/// Waits until journald has worked off what was sent to it before, by anybody. It takes one datagram after the other, and ignores
/// those that are empty: once it has received such a one, it is done with all before.
///
/// # Errors
/// If there is no journald, or it does not work.
pub fn wait() -> Result<()> {
    wait_for(SOCKET, PATIENCE)
}

fn wait_for(socket: &str, patience: Duration) -> Result<()> {
    let last = UnixDatagram::unbound()?;
    last.set_write_timeout(Some(patience))?;
    last.send_to(&[], socket)?;
    let clock = Clock::system();
    let began = clock.elapsed();
    while not_received(&last)? > 0 {
        if clock.elapsed().since(began).unsigned_abs() >= patience {
            return Err(Error::new(ErrorKind::TimedOut, format!("it has not taken it in for {patience:?}")));
        }
        thread::sleep(POLL);
    }
    Ok(())
}

/// How much memory of the kernel's holds what this socket sent and nobody has received yet: SIOCOUTQ.
#[expect(unsafe_code, reason = "no crate has this ioctl for sockets behind a safe interface")]
fn not_received(socket: &UnixDatagram) -> Result<libc::c_int> {
    let mut memory = 0;
    // SAFETY: the socket is open, and the kernel writes one int where it is pointed to.
    match unsafe { libc::ioctl(socket.as_raw_fd(), libc::TIOCOUTQ, &raw mut memory) } {
        0 => Ok(memory),
        _ => Err(Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_until_all_before_is_received() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let journald = UnixDatagram::bind(&path).unwrap();
        UnixDatagram::unbound().unwrap().send_to(b"MESSAGE=x\n", &path).unwrap();
        let socket = path.to_str().unwrap();

        let stuck = wait_for(socket, Duration::from_millis(20)).unwrap_err();
        assert_eq!((stuck.kind(), stuck.to_string().as_str()), (ErrorKind::TimedOut, "it has not taken it in for 20ms"));

        thread::scope(|threads| {
            let waiting = threads.spawn(|| wait_for(socket, PATIENCE));
            let mut bytes = [0; 64];
            let lengths = [(); 3].map(|()| {
                assert!(!waiting.is_finished(), "it did not wait");
                journald.recv(&mut bytes).unwrap()
            });
            assert_eq!(lengths, [10, 0, 0], "the entry, the one of before, and the last");
            waiting.join().unwrap().unwrap();
        });
        drop(journald);
        assert!(wait_for(socket, PATIENCE).is_err(), "nobody is there");
    }
}
