//! What the instance does when it starts for the first time: it installs the package, if it is the one that was meant.

/// The type and the image are defaults of parameters. dnf is killed in the 512 MiB of a nano.
pub const TYPE: &str = "t3.micro";
/// Where Systems Manager keeps the id of the newest Amazon Linux 2023.
pub const IMAGE: &str = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
/// What a URL of the package may be: it stands in quotes in the script.
pub const URL: &str = "^https://[A-Za-z0-9._~:/?#@!&()*+,;=%-]+$";
/// What a checksum may be.
pub const SHA256: &str = "^[0-9a-f]{64}$";
/// What the parameters are, for whoever fills them in.
pub const URL_IS: &str = "Where the package is: an https URL of the .rpm, or of the .deb for an image of Debian";
/// The same of the checksum.
pub const SHA256_IS: &str = "The package's SHA-256, as sha256sum prints it";

/// The same of the rest.
pub const SUBNET_IS: &str = "Where the instance is";
pub const GROUPS_ARE: &str = "Those of the instance: nothing needs a way to it but you; it needs one to STS and Secrets Manager";
pub const TYPE_IS: &str = "credadmin takes 10 MiB, but dnf, which installs it, is killed in 512";
pub const IMAGE_IS: &str = "Where Systems Manager keeps the id of the image";

/// The script, with whatever stands for the two parameters.
pub fn script(url: &str, sha256: &str) -> String {
    format!(
        "#!/bin/bash\n\
         # Installs credadmin. Its config is then put into /etc/credadmin, and the service enabled: see docs/install.md.\n\
         set -euo pipefail\n\
         cd \"$(mktemp -d)\"\n\
         command -v curl || (apt-get update && apt-get install -y ca-certificates curl)\n\
         curl --fail --silent --show-error --location --retry 5 --output package '{url}'\n\
         echo '{sha256}  package' | sha256sum --check\n\
         if command -v dnf; then\n    \
             mv package credadmin.rpm\n    \
             dnf install -y ./credadmin.rpm\n\
         else\n    \
             mv package credadmin.deb\n    \
             apt-get update\n    \
             DEBIAN_FRONTEND=noninteractive apt-get install -y ./credadmin.deb\n\
         fi\n"
    )
}
