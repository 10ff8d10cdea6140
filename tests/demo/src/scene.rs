//! The scene: the field's account on an AWS of our own, credadmin's config files, and the hours of the day.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use credadmin::clock::Clock;
use jiff::Timestamp;
use strict_aws::{REGION, Role, Server, World, role_arn, serve};

/// Five minutes pass in a second.
pub const PACE: u32 = 300;
/// The secret, by Secrets Manager's name.
pub const SECRET: &str = "SensitiveS3";
/// The bucket.
pub const BUCKET: &str = "sensitive-s3";
/// The object in it.
pub const OBJECT: &str = "quarter.csv";
/// What every key and token of this AWS begins with, so that it would be seen wherever one is shown.
pub const CANARY: &str = "CANARY-";

/// May write the secret and assume the role, but not read the secret (aws-facts §8).
const CREDADMIN: &str = r#"{"Version":"2012-10-17","Statement":[
 {"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::123456789012:role/SensitiveS3Access"},
 {"Effect":"Allow","Action":["secretsmanager:PutSecretValue","secretsmanager:DescribeSecret"],
  "Resource":"arn:aws:secretsmanager:eu-central-1:123456789012:secret:SensitiveS3-??????"}]}"#;
/// May read the secret, and nothing of S3.
const EC2_NORMAL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:GetSecretValue",
  "Resource":"arn:aws:secretsmanager:eu-central-1:123456789012:secret:SensitiveS3-??????"}]}"#;

/// The story begins.
pub const BEGINS: Timestamp = at(7, 55);
/// The window opens.
pub const OPENS: Timestamp = at(8, 0);
/// The admin extends it.
pub const EXTENDED: Timestamp = at(10, 20);
/// It was to end.
pub const FIRST_END: Timestamp = at(10, 30);
/// It ends.
pub const END: Timestamp = at(11, 20);
/// The story is over.
pub const OVER: Timestamp = at(11, 30);

/// On 2026-12-01, UTC.
const fn at(hour: i64, minute: i64) -> Timestamp {
    Timestamp::constant(1_796_083_200 + hour * 3600 + minute * 60, 0)
}

/// For its owner alone: credadmin believes no file that others could write.
pub fn private() -> Permissions {
    Permissions::from_mode(0o700)
}

/// All that stands before the story begins.
pub struct Scene {
    /// The account.
    pub world: World,
    /// The main config file.
    pub main_file: PathBuf,
    /// The metadata service of the application's instance.
    pub application_metadata: String,
    server: Server,
}

impl Scene {
    /// Sets the scene, with config files in `directory`.
    pub async fn set(clock: &Clock, directory: &Path) -> io::Result<Self> {
        let aws_clock = clock.clone();
        let world = World::new(move || aws_clock.now());
        world.set_canary(CANARY);
        let credadmin = world.add_role(Role::new("CredAdmin").policy("credadmin", CREDADMIN));
        world.add_role(Role::new("EC2Normal").policy("reader", EC2_NORMAL));
        let role = world.add_role(Role::new("SensitiveS3Access").trusting(&credadmin).session_name_like("credadmin-*"));
        world.launch_instance("CredAdmin");
        let application = world.launch_instance("EC2Normal");
        world.create_secret(SECRET, None);
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{role}"}},"Action":"s3:*",
            "Resource":["arn:aws:s3:::{BUCKET}","arn:aws:s3:::{BUCKET}/*"]}}]}}"#
        );
        world.add_bucket(BUCKET, &policy);
        world.add_object(BUCKET, OBJECT, b"42\n");
        let server = serve(world.clone()).await?;
        let application_metadata = server.open_imds(&application)?;
        let main_file = directory.join("credadmin.toml");
        write(&main_file, &main_config())?;
        Ok(Self { world, main_file, application_metadata, server })
    }

    /// Where AWS is.
    pub fn aws(&self) -> String {
        self.server.endpoint()
    }

    /// The SDK's config file for the daemon's instance, in AWS's own words.
    pub fn aws_config(&self) -> String {
        let metadata = self.server.imds_endpoint();
        format!("[default]\nendpoint_url = {}\nec2_metadata_service_endpoint = {metadata}\n", self.aws())
    }

    /// What the admin does while the daemon runs: drops a file in that moves the end of the grant.
    pub fn extend(&self) -> io::Result<()> {
        let directory = self.main_file.with_file_name("grants.d");
        fs::create_dir(&directory)?;
        fs::set_permissions(&directory, private())?;
        let text = format!("[grants.quarter-end]\nuntil = \"{END}\"\napproved_by = \"carol\"\n");
        write(&directory.join("extension.toml"), &text)
    }
}

fn main_config() -> String {
    let role = role_arn("SensitiveS3Access");
    format!(
        r#"region = "{REGION}"

[secrets.sensitive-s3]
secret_id = "{SECRET}"
role_arn = "{role}"

[grants.quarter-end]
secret = "sensitive-s3"
from = "{OPENS}"
until = "{FIRST_END}"
requested_by = "alice"
approved_by = "bob"
reason = "the figures of the quarter"
"#
    )
}

/// Puts a whole file in its place.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, text)?;
    fs::set_permissions(&new, Permissions::from_mode(0o600))?;
    fs::rename(new, path)
}
