//! `credadmin policies`: what the account has to allow, made from the config. AWS is not called.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use super::check::tell;
use super::doctor::bucket;
use super::files;
use super::{ConfigArgument, EX_CONFIG, EX_IOERR, refuse, written};
use crate::cadence::SAFE_SESSION;
use crate::clock::Clock;
use crate::config;
use crate::grant::Name;
use crate::policies::account::Account;
use crate::policies::names::{Mail, Names, Of};
use crate::policies::tree::Tree;
use crate::policies::{Refusal, cloudformation, json, terraform};

/// clap's own, for a command line that is wrong.
const WRONG_COMMAND_LINE: u8 = 2;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    main: ConfigArgument,
    /// Policies alone, or all of it as one template.
    #[arg(long, value_enum, default_value = "json")]
    format: Format,
    /// Write files into this directory, and nothing to standard output.
    #[arg(long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
    /// Write over files that are there.
    #[arg(long, requires = "out")]
    force: bool,
    /// The role of the daemon's instance.
    #[arg(long, value_name = "ROLE", default_value = "CredAdmin", value_parser = role)]
    daemon_role: String,
    /// A role that reads this secret of the config, or all of them; it is there already.
    #[arg(long, value_name = "[SECRET=]ROLE", default_value = "EC2Normal", value_parser = of(role))]
    reader_role: Vec<Of<String>>,
    /// A bucket that the role of this secret, or the only role, has access to.
    #[arg(long, value_name = "[SECRET=]NAME", value_parser = of(bucket))]
    bucket: Vec<Of<String>>,
    /// Allow it in the policies of the buckets, which are replaced, and not in those of the roles.
    #[arg(long, requires = "bucket")]
    bucket_policy: bool,
    /// Allow nothing in the buckets but to list and read.
    #[arg(long, requires = "bucket")]
    read_only: bool,
    /// The customer key of this secret, or of all of them.
    #[arg(long, value_name = "[SECRET=]ARN", value_parser = of(key))]
    kms_key: Vec<Of<String>>,
    /// A customer key of the buckets of this secret's role, or of the only role.
    #[arg(long, value_name = "[SECRET=]ARN", requires = "bucket", value_parser = of(key))]
    bucket_kms_key: Vec<Of<String>>,
    /// Let mail be sent by SES, from this address and no other; by default what [mail] of the config says.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    mail_from: Option<String>,
    /// The configuration set that mail is sent with; by default that of [mail].
    #[arg(long, value_name = "NAME", requires = "mail_from", value_parser = word)]
    mail_configuration_set: Option<String>,
    /// Let this role end access before its time; it is there already, and not the daemon's.
    #[arg(long, value_name = "ROLE", value_parser = role)]
    revoker_role: Option<String>,
    /// Also make the instance: IMDSv2 alone, one hop, and the package, from a URL that is asked for.
    #[arg(long)]
    instance: bool,
}

/// How it is printed.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Json,
    Cloudformation,
    Terraform,
}

pub fn policies(arguments: &Arguments) -> ExitCode {
    if arguments.instance && arguments.format == Format::Json {
        tell(["error: --instance: policies alone make no instance: add --format cloudformation or --format terraform"]);
        return ExitCode::from(WRONG_COMMAND_LINE);
    }
    let settings = match config::load(&arguments.main.config, Clock::system().now()) {
        Ok(settings) => settings,
        Err(faults) => return refuse(&faults),
    };
    let account = match Account::of(&settings, &names(arguments)) {
        Ok(account) => account,
        Err(refusal) => {
            tell([format!("error: {refusal}")]);
            return ExitCode::from(match refusal {
                Refusal::Config(_) => EX_CONFIG,
                Refusal::Names(_) => WRONG_COMMAND_LINE,
            });
        }
    };
    let Some(directory) = &arguments.out else {
        tell(remarks(&account, arguments));
        return written(io::stdout().lock().write_all(text(&account, arguments.format).as_bytes()));
    };
    let files = files(&account, arguments.format);
    match files::write(directory, &files, arguments.force) {
        Ok(()) => {
            let paths = files.iter().map(|(name, _)| format!("wrote {}", directory.join(name).display()));
            tell(paths.chain(remarks(&account, arguments)));
            ExitCode::SUCCESS
        }
        Err(why) => {
            tell([format!("error: {why}; nothing is written")]);
            ExitCode::from(EX_IOERR)
        }
    }
}

fn names(arguments: &Arguments) -> Names {
    Names {
        daemon_role: arguments.daemon_role.clone(),
        reader_roles: arguments.reader_role.clone(),
        buckets: arguments.bucket.clone(),
        by_bucket_policy: arguments.bucket_policy,
        read_only: arguments.read_only,
        secret_keys: arguments.kms_key.clone(),
        bucket_keys: arguments.bucket_kms_key.clone(),
        mail: arguments.mail_from.clone().map(|from| Mail {
            from,
            configuration_set: arguments.mail_configuration_set.clone(),
            region: None,
        }),
        revoker_role: arguments.revoker_role.clone(),
        instance: arguments.instance,
    }
}

/// What goes into files, by their names.
fn files(account: &Account, format: Format) -> Vec<(String, String)> {
    let name = match format {
        Format::Json => return json::documents(account).iter().map(|(name, tree)| (name.clone(), json::text(tree))).collect(),
        Format::Cloudformation => "credadmin.template.json",
        Format::Terraform => "credadmin.tf",
    };
    vec![(name.to_owned(), text(account, format))]
}

/// What goes to standard output: one document, in which policies have the names of their files.
fn text(account: &Account, format: Format) -> String {
    match format {
        Format::Json => json::text(&Tree::Table(json::documents(account))),
        Format::Cloudformation => json::text(&cloudformation::template(account)),
        Format::Terraform => terraform::file(account),
    }
}

/// What the policies don't say themselves.
fn remarks(account: &Account, arguments: &Arguments) -> Vec<String> {
    let mut remarks = Vec::new();
    if arguments.format == Format::Json {
        let longer = account.targets.iter().filter(|role| role.max_session > SAFE_SESSION.as_secs());
        remarks.extend(longer.map(|role| {
            let (name, seconds) = (&role.name.name, role.max_session);
            format!("note: sessions of the role {name} are longer than an hour: make it with --max-session-duration {seconds}")
        }));
    }
    if arguments.bucket.is_empty() {
        remarks.push("note: no --bucket: what the roles may do is left to you; let it be nothing that outlasts a window".into());
    }
    let replaced = account.buckets.iter();
    remarks.extend(
        replaced.map(|(name, _)| format!("note: the policy of the bucket {name} is replaced, with all that it says now")),
    );
    remarks
}

fn of<T>(parse: impl Fn(&str) -> Result<T, String> + Clone) -> impl Fn(&str) -> Result<Of<T>, String> + Clone {
    move |text| match text.split_once('=').and_then(|(name, rest)| Some((Name::parse(name)?, rest))) {
        Some((name, value)) => Ok(Of { secret: Some(name), value: parse(value)? }),
        None => Ok(Of { secret: None, value: parse(text)? }),
    }
}

/// Whether `text` is of so many ASCII letters, digits and `more`.
fn is_word(text: &str, most: usize, more: &str) -> bool {
    (1..=most).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
}

fn role(name: &str) -> Result<String, String> {
    let wanted = "wanted: the name of a role: 1 to 64 letters, digits and _+=,.@-, without its path";
    if is_word(name, 64, "_+=,.@-") { Ok(name.to_owned()) } else { Err(wanted.into()) }
}

fn key(arn: &str) -> Result<String, String> {
    let wanted = "wanted: the ARN of a key, such as arn:aws:kms:eu-central-1:123456789012:key/… (a policy takes no alias)";
    match arn.splitn(6, ':').collect::<Vec<_>>()[..] {
        ["arn", partition, "kms", region, account, key]
            if partition.starts_with("aws")
                && is_word(partition, 32, "-")
                && is_word(region, 32, "-")
                && account.len() == 12
                && account.bytes().all(|b| b.is_ascii_digit())
                && key.strip_prefix("key/").is_some_and(|id| is_word(id, 128, "-")) =>
        {
            Ok(arn.to_owned())
        }
        _ => Err(wanted.into()),
    }
}

fn address(text: &str) -> Result<String, String> {
    let is_domain = |host: &str| is_word(host, 255, ".-") && host.contains('.');
    let well_formed = text.split_once('@').is_some_and(|(local, host)| is_word(local, 64, "._+-") && is_domain(host));
    if well_formed { Ok(text.to_owned()) } else { Err("wanted: an address, such as credadmin@example.com".into()) }
}

fn word(text: &str) -> Result<String, String> {
    if is_word(text, 64, "_-") { Ok(text.to_owned()) } else { Err("wanted: 1 to 64 letters, digits and _-".into()) }
}
