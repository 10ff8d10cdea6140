//! `cargo demo`: one grant window from before its opening to after its end, in three quarters of a minute.
//!
//! An AWS of our own answers on loopback, on a clock that runs fast. The daemon on that clock is the real one, with its config
//! files and its AWS SDK. Exit status 0 means that all of the story really happened.
//!
//! - `scene`: the account, the config files, the hours
//! - `application`: what runs under EC2Normal
//! - `story`: what happens, and what has to come of it
//! - `judge`: whether AWS's own records say the same
//! - `stage`, `timeline`: how it is shown

mod application;
mod judge;
mod scene;
mod stage;
mod story;
mod timeline;

use std::convert::Infallible;
use std::error::Error;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::pin::pin;
use std::process::{Command, ExitCode};
use std::{env, fs};

use credadmin::aws::sdk::Sdk;
use credadmin::clock::Clock;
use credadmin::config::Sources;
use credadmin::daemon::{Daemon, Wake};
use credadmin::journal::Journal;
use credadmin::signals;
use tokio::sync::mpsc;

use application::Application;
use scene::Scene;
use stage::Stage;
use story::Story;

/// The SDK's own config file, in the directory of the demo: it tells where AWS and the metadata service are.
const AWS_CONFIG: &str = "credadmin-demo.aws";

/// All that is taken over from the environment: no proxy, no key and no setting of the user's has a part in the story.
const KEPT: [&str; 3] = ["TERM", "NO_COLOR", "TMPDIR"];

fn main() -> ExitCode {
    let prepared = env::var_os("AWS_CONFIG_FILE").is_some_and(|file| file == AWS_CONFIG);
    let outcome = if prepared { run() } else { begin_anew().map(|never| match never {}) };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Starts this very program again in an environment of its own: the SDK is told where AWS is by the environment only, and
/// a program cannot safely change its own.
fn begin_anew() -> Result<Infallible, Box<dyn Error>> {
    let kept = KEPT.iter().filter_map(|name| Some((name, env::var_os(name)?)));
    let mut command = Command::new(env::current_exe()?);
    command.env_clear().envs(kept).env("AWS_CONFIG_FILE", AWS_CONFIG).env("AWS_SHARED_CREDENTIALS_FILE", "none");
    Err(command.exec().into())
}

fn run() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::Builder::new().prefix("credadmin-demo-").permissions(scene::private()).tempdir()?;
    // AWS_CONFIG_FILE is a path from here.
    env::set_current_dir(&directory)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(perform(directory.path()));
    drop(runtime);
    directory.close()?;
    outcome
}

async fn perform(directory: &Path) -> Result<(), Box<dyn Error>> {
    let clock = Clock::bent(scene::BEGINS, scene::PACE);
    let scene = Scene::set(&clock, directory).await?;
    fs::write(AWS_CONFIG, scene.aws_config())?;
    let application = Application::start(&clock, &scene.aws(), &scene.application_metadata).await?;

    // As `credadmin run` does, but for the alarm at each minute: that one rings by the host's clock.
    let mut sources = Sources::read(&scene.main_file)?;
    let settings = sources.settings(clock.now())?;
    let (journal, events) = Journal::handed_to(1024);
    let (wake, wakes) = mpsc::channel(16);
    signals::pass_on(wake.clone())?;
    let aws = Sdk::new(clock.clone(), &settings.connection).await;
    let mut daemon = pin!(Daemon::new(aws, clock.clone(), journal, sources, settings, 1).run(wakes));

    let mut story = Story::new(&scene, &application, events, clock, Stage::on_stdout());
    let told = tokio::select! {
        told = story.tell() => told,
        () = &mut daemon => Err("the daemon was stopped before the end of the story".into()),
    };
    story.close()?;
    told?;
    wake.send(Wake::Stop("the end of the story")).await?;
    daemon.await;
    story.judge()
}
