//! Runs the real binary in a directory of its own, and any other program that a test needs beside it.
//!
//! Time limits are guards against hanging only: nothing is judged by how long it took.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// How long anything may take that is expected at once.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Tells of what can't be tested here, and why; where `HOST_TESTS=required`, that is a failure.
pub fn not_tested(why: &str) {
    assert!(std::env::var_os("HOST_TESTS").is_none_or(|value| value != "required"), "{why}, and HOST_TESTS=required");
    eprintln!("NOT TESTED: {why}");
}

/// credadmin with its config files, in a directory that goes when this does.
pub struct Credadmin {
    directory: TempDir,
    environment: Vec<(String, String)>,
}

impl Credadmin {
    /// With this main file.
    pub fn new(main: &str) -> Self {
        let credadmin = Self { directory: tempfile::tempdir().expect("a temporary directory"), environment: Vec::new() };
        credadmin.write("credadmin.toml", main)
    }

    /// Writes a file beside the main one, such as `conf.d/10-region.toml`; whole, or not at all.
    pub fn write(self, name: &str, text: &str) -> Self {
        self.rewrite(name, text);
        self
    }

    /// Sets a variable. Nothing but `PATH` is passed on from the environment of the tests.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As [`Credadmin::write`], while it runs.
    pub fn rewrite(&self, name: &str, text: &str) {
        let path = self.path(name);
        let parent = path.parent().expect("a file has a directory");
        fs::create_dir_all(parent).expect("a directory for it");
        fs::set_permissions(parent, fs::Permissions::from_mode(0o700)).expect("its owner's alone");
        let new = path.with_extension("new");
        fs::write(&new, text).expect("a file");
        fs::set_permissions(&new, fs::Permissions::from_mode(0o600)).expect("its owner's alone");
        fs::rename(&new, &path).expect("in its place");
    }

    /// Removes a file beside the main one.
    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).expect("a file to remove");
    }

    /// Where a file beside the main one is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The command `credadmin ARGS… --config MAIN`.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_credadmin"));
        command.args(args).arg("--config").arg(self.path("credadmin.toml")).env_clear();
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts the daemon.
    pub fn run(&self) -> Process {
        Process::spawn("credadmin", &self.command(&["run"]))
    }

    /// Runs a command that ends by itself.
    pub fn run_to_end(&self, args: &[&str]) -> Output {
        run_to_end(self.command(args))
    }
}

/// Runs any command that ends by itself, without input.
pub fn run_to_end(command: Command) -> Output {
    run_within(command, PATIENCE)
}

/// The same, for scripts of many commands and programs that are slow to start.
pub fn run_slowly(command: Command) -> Output {
    run_within(command, PATIENCE * 5)
}

fn run_within(mut command: Command, patience: Duration) -> Output {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program to run");
    let pid = pid(&child);
    let (ended, end) = mpsc::channel();
    thread::spawn(move || ended.send(child.wait_with_output()));
    match end.recv_timeout(patience) {
        Ok(output) => output.expect("its output"),
        Err(_) => {
            kill(pid, Signal::SIGKILL).expect("it can be killed");
            panic!("hangs: {command:?}");
        }
    }
}

/// A running program whose output is collected by line. Killed when dropped, as on a panic, and by the kernel when the thread
/// that started it is no more, as when the tests are killed.
pub struct Process {
    name: &'static str,
    child: Child,
    output: Arc<Collected>,
}

/// Where a line was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// One line of output, without its end.
pub type Line = (Stream, String);

#[derive(Default)]
struct Collected {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    lines: Vec<Line>,
    ended: u8,
}

impl Collected {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Waits until `is_enough`, or for as long as `timeout`, or for the end of all output.
    fn wait(&self, timeout: Duration, mut is_enough: impl FnMut(&State) -> bool) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(state, timeout, |state| !is_enough(state) && state.ended < 2);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Process {
    /// Starts `program`, in the environment that was set for it and no other; `name` is for messages.
    pub fn spawn(name: &'static str, program: &Command) -> Self {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program.get_program()).args(program.get_args()).env_clear();
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(program.get_current_dir().unwrap_or(Path::new(".")));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} can't be started: {error}: {command:?}"));
        let output = Arc::default();
        collect(child.stdout.take().expect("piped"), Stream::Stdout, &output);
        collect(child.stderr.take().expect("piped"), Stream::Stderr, &output);
        Self { name, child, output }
    }

    /// All lines so far, in the order in which they came.
    pub fn lines(&self) -> Vec<Line> {
        self.output.state.lock().unwrap_or_else(PoisonError::into_inner).lines.clone()
    }

    /// All lines so far that contain `text`.
    pub fn lines_with(&self, text: &str) -> Vec<String> {
        self.lines().into_iter().map(|(_, line)| line).filter(|line| line.contains(text)).collect()
    }

    /// Waits for what `find` makes of the lines so far; `what` is for the message if it does not come.
    ///
    /// # Panics
    /// When it takes longer than `timeout`, or when there is no more output to wait for.
    pub fn wait_for<T>(&self, what: &str, timeout: Duration, mut find: impl FnMut(&[Line]) -> Option<T>) -> T {
        let mut found = None;
        self.output.wait(timeout, |state| {
            found = find(&state.lines);
            found.is_some()
        });
        found.unwrap_or_else(|| {
            let lines: Vec<String> = self.lines().into_iter().map(|(stream, line)| format!("{stream:?}: {line}")).collect();
            panic!("{}: no {what} within {timeout:?}; its output:\n{}", self.name, lines.join("\n"))
        })
    }

    /// Waits for a line that contains `text`; answers with the first.
    ///
    /// # Panics
    /// As [`Process::wait_for`].
    pub fn wait_for_line(&self, text: &str, timeout: Duration) -> String {
        let find = |lines: &[Line]| lines.iter().map(|(_, line)| line).find(|line| line.contains(text)).cloned();
        self.wait_for(&format!("line with {text:?}"), timeout, find)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill(pid(&self.child), signal).unwrap_or_else(|error| panic!("{} takes no {signal}: {error}", self.name));
    }

    /// Sends SIGTERM and waits for the end.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        self.wait()
    }

    /// Waits for the end.
    ///
    /// # Panics
    /// If it does not come within [`PATIENCE`].
    pub fn wait(&mut self) -> ExitStatus {
        self.output.wait(PATIENCE, |_| false);
        let ended = self.output.state.lock().unwrap_or_else(PoisonError::into_inner).ended;
        assert_eq!(ended, 2, "{} does not end; its output:\n{:#?}", self.name, self.lines());
        self.child.wait().expect("it has ended")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already: then there is nothing to kill, and nothing to report.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn collect(from: impl Read + Send + 'static, stream: Stream, into: &Arc<Collected>) {
    let into = Arc::clone(into);
    thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            into.change(|state| state.lines.push((stream, String::from_utf8_lossy(&line).into_owned())));
        }
        into.change(|state| state.ended += 1);
    });
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().try_into().expect("a pid"))
}
