//! Links in the workspace's pages lead somewhere.

use crate::source::root;
use std::fs;
use std::path::{Path, PathBuf};

/// Every Markdown page below `folder`.
pub(crate) fn pages(folder: &Path) -> Vec<PathBuf> {
    let (mut folders, mut pages) = (vec![folder.to_owned()], vec![]);
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).expect("a folder of the workspace can be read");
        for path in entries.map(|e| e.expect("its entries can be read").path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let skipped = name.starts_with('.') || name == "target" || name == "runs";
            if path.is_dir() && !skipped {
                folders.push(path);
            } else if name.ends_with(".md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

/// The targets of inline links and pictures: what stands in `](..)`, without a fragment. Code
/// between backquotes has none.
pub(crate) fn targets(text: &str) -> Vec<&str> {
    let fenced = text.split("```").step_by(2);
    let links = fenced.flat_map(|part| part.split("](").skip(1));
    let targets = links.filter_map(|rest| rest.split_once(')').map(|(target, _)| target));
    targets.map(|t| t.split('#').next().unwrap_or(t)).filter(|t| !t.is_empty()).collect()
}

/// What a page links to in the workspace that is not there.
pub(crate) fn faults(page: &Path, text: &str) -> Vec<String> {
    let here = page.parent().expect("a page lies in a folder");
    let local = targets(text).into_iter().filter(|t| !t.contains("://"));
    local
        .filter(|target| !here.join(target).exists())
        .map(|target| format!("{}: nothing at {target}", page.display()))
        .collect()
}

#[test]
fn a_dead_link_is_found() {
    let page = root().join("page.md");
    let alive = "[a](Cargo.toml) [b](examples/#c) [d](https://e.f/g) [h](#i)\n```\n[x](y)\n```\n";
    assert_eq!(faults(&page, alive), [""; 0]);
    assert_eq!(faults(&page, "![a](no/such.svg) [b](Cargo.toml)").len(), 1);
}
