//! Signatures, made and judged by ssh-keygen (`-Y sign`, `-Y verify`), so that keys stay where they are: files, agents, tokens.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nix::sys::memfd::{MFdFlags, memfd_create};

use super::Signer;

/// The namespace of a signature on a request.
pub const REQUEST: &str = "credadmin-request";
/// The namespace of a signature on an approval: one on a request never counts as one.
pub const APPROVAL: &str = "credadmin-approval";

/// Signs a text with a key: a private key's file, or a public one's whose other half an agent has.
///
/// # Errors
/// That ssh-keygen does not; it has said why on standard error, where it also asks for what it needs.
pub fn sign(key: &Path, namespace: &str, text: &str) -> Result<String, String> {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-Y", "sign", "-n", namespace, "-f"]).arg(key).stderr(Stdio::inherit());
    let output = run(command, text)?;
    let signature = String::from_utf8(output.stdout).unwrap_or_default();
    match output.status.success() && signature.starts_with("-----BEGIN SSH SIGNATURE-----") {
        true => Ok(signature),
        false => Err(format!("ssh-keygen does not sign with {}", key.display())),
    }
}

/// Whose signature it is, by the text of an allowed-signers file, for which it has to hold `at` that time.
///
/// # Errors
/// Why it is nobody's, in words.
pub fn verify(allowed: &str, namespace: &str, text: &str, signature: &str, at: Timestamp) -> Result<Signer, String> {
    // What ssh-keygen is to read it is handed: nobody can change it in between.
    let (allowed, signature) = (in_memory(allowed)?, in_memory(signature)?);
    let ask = |action: &str, more: &[&str]| {
        let mut command = Command::new("ssh-keygen");
        let time = format!("-Overify-time={}", in_standard_time(at, &TimeZone::system()));
        command.args(["-Y", action, "-f"]).arg(path(&allowed)).arg("-s").arg(path(&signature)).arg(time).args(more);
        command.env("LC_ALL", "C").stderr(Stdio::piped());
        run(command, text)
    };
    let found = ask("find-principals", &[])?;
    let names = String::from_utf8_lossy(&found.stdout).into_owned();
    // A pattern is the name of nobody.
    let names = names.split(['\n', ',']).map(str::trim).filter(|name| !name.is_empty() && !name.contains(['*', '?', '!']));
    let mut signer: Option<Signer> = None;
    let mut why = said(&found, "no allowed signer has this key");
    for name in names {
        let output = ask("verify", &["-n", namespace, "-I", name])?;
        // Good "NAMESPACE" signature for PRINCIPAL with ED25519 key SHA256:…
        let line = String::from_utf8_lossy(&output.stdout).into_owned();
        match line.trim_end().rsplit_once(' ').filter(|_| output.status.success() && line.starts_with("Good ")) {
            Some((_, key)) => {
                signer.get_or_insert_with(|| Signer { principals: vec![], key: key.to_owned() }).principals.push(name.to_owned());
            }
            None => why = said(&output, "it is not of this text"),
        }
    }
    signer.ok_or(why)
}

/// An instant as every ssh-keygen reads it that knows of times. Before 9.1 there is no UTC, but local time alone; and all of them
/// take it for standard time, in summer too: mktime(3) without a word on that. So no hour comes twice.
fn in_standard_time(at: Timestamp, time_zone: &TimeZone) -> String {
    let now = time_zone.to_offset_info(at);
    let standard = || time_zone.preceding(at).find(|change| !change.dst().is_dst()).map(|change| change.offset());
    let offset = if now.dst().is_dst() { standard().unwrap_or(now.offset()) } else { now.offset() };
    offset.to_datetime(at).strftime("%Y%m%d%H%M%S").to_string()
}

/// The last line that ssh-keygen says, which is the one that matters.
fn said(output: &Output, otherwise: &str) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or(otherwise);
    line.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn run(mut command: Command, text: &str) -> Result<Output, String> {
    let told = |error: io::Error| format!("ssh-keygen can't be run ({error}): install openssh-client, or openssh-clients");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(told)?;
    let mut stdin = child.stdin.take().expect("piped");
    // A text is smaller than a pipe. Whoever does not read it has another answer, and its status says so.
    let _ = stdin.write_all(text.as_bytes());
    drop(stdin);
    child.wait_with_output().map_err(told)
}

/// A file that is in no directory. Its descriptor is passed on to the programs that are started.
fn in_memory(text: &str) -> Result<OwnedFd, String> {
    let told = |error: io::Error| format!("no memory for a file: {error}");
    let file = memfd_create("credadmin", MFdFlags::empty()).map_err(|error| told(error.into()))?;
    let mut file = File::from(file);
    file.write_all(text.as_bytes()).map_err(told)?;
    Ok(file.into())
}

fn path(file: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As 9.2 reads them: `TZ=America/New_York ssh-keygen -Y verify -Overify-time=…` around an expiry in UTC.
    #[test]
    fn an_instant_is_told_in_fourteen_digits_of_standard_time() {
        for (zone, at, told) in [
            ("UTC", "2026-07-01T12:00:00Z", "20260701120000"),
            ("America/New_York", "2026-12-01T12:00:00Z", "20261201070000"),
            ("America/New_York", "2026-07-01T12:00:00Z", "20260701070000"),
            // Both are half past one there.
            ("America/New_York", "2026-11-01T05:30:00Z", "20261101003000"),
            ("America/New_York", "2026-11-01T06:30:00Z", "20261101013000"),
            ("Australia/Sydney", "2026-01-01T12:00:00Z", "20260101220000"),
            ("Asia/Kathmandu", "2026-07-01T12:00:00.9Z", "20260701174500"),
        ] {
            let time_zone = TimeZone::get(zone).expect("a zone");
            assert_eq!(in_standard_time(at.parse().expect("an instant"), &time_zone), told, "{at} in {zone}");
        }
    }
}
