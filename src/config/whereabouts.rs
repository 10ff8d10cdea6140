//! Where a grant is written down.

use std::path::{Path, PathBuf};

use super::document::{Document, Part};
use super::file;
use super::sources::beside;

/// The places of one grant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// In the main file or in `conf.d`, the last that counts: `file:line:column`.
    pub own: Option<String>,
    /// The drop-ins that name it, later over earlier.
    pub drop_ins: Vec<PathBuf>,
    /// Where drop-ins are.
    pub directory: PathBuf,
}

/// The places of the grant of that name.
pub fn whereabouts(main: &Path, grant: &str) -> Whereabouts {
    let directory = beside(main).join("grants.d");
    let place = |path: &Path, links| {
        let (document, _) = Document::parse(path.into(), file::read(path, None, links).text.into());
        document.place(&["grants", grant], Part::Key)
    };
    let (conf_d, _) = file::list(&beside(main).join("conf.d"), None);
    let own = std::iter::once(main.to_path_buf()).chain(conf_d).filter_map(|path| place(&path, true)).next_back();
    let (mut drop_ins, _) = file::list(&directory, None);
    drop_ins.retain(|path| place(path, false).is_some());
    Whereabouts { own: own.map(|place| place.position()), drop_ins, directory }
}
