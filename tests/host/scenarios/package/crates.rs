//! What the binary is made of: as it says itself, and as the SBOM beside it does.

use std::fs;

use serde_json::Value;

use super::install_deb;
use crate::host::Host;
use crate::package::run;

pub fn the_binary_and_the_sbom_name_the_same_crates(host: &Host) {
    install_deb();
    run("objcopy", &["--dump-section", ".dep-v0=/run/dep-v0", "/usr/bin/credadmin", "/run/credadmin-copy"]);
    let inflate = "import zlib; print(zlib.decompress(open('/run/dep-v0', 'rb').read()).decode())";
    let carried: Value = serde_json::from_str(&run("python3", &["-c", inflate])).expect("JSON");
    let sbom = fs::read("/usr/share/doc/credadmin/credadmin.cdx.json").expect("an SBOM");
    let sbom: Value = serde_json::from_slice(&sbom).expect("JSON");
    assert_eq!(sbom["bomFormat"], "CycloneDX");
    assert_eq!(sbom["metadata"]["component"]["name"], "credadmin");

    let crates = |list: &Value| -> Vec<(String, String)> {
        let text = |part: &Value| part.as_str().expect("text").to_owned();
        let mut crates: Vec<_> =
            list.as_array().expect("a list").iter().map(|each| (text(&each["name"]), text(&each["version"]))).collect();
        crates.sort();
        crates
    };
    let (mut carried, listed) = (crates(&carried["packages"]), crates(&sbom["components"]));
    carried.retain(|(name, _)| name != "credadmin");
    host.tell(format!("{} crates in the binary, {} in the SBOM", carried.len(), listed.len()));
    assert!(listed.iter().any(|(name, _)| name == "aws-sdk-sts"));
    assert_eq!(carried, listed);
}
