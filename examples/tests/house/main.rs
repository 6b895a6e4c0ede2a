//! The rules of the house, read from the workspace's own sources. Each rule is a function from a
//! file to its faults, and is shown here to find what it forbids.

#![forbid(unsafe_code)]

mod arrows;
mod book;
mod links;
mod rules;
mod source;

use source::{Source, sources};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[track_caller]
fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn arrows_between_crates_go_down_only() {
    let members = arrows::members();
    assert!(members.len() >= 8, "{} members found", members.len());
    none(members.iter().flat_map(|m| arrows::faults(&m.manifest)).collect());
}

#[test]
fn every_crate_but_the_engine_forbids_unsafe_code() {
    let sources = sources();
    let mut faults = vec![];
    for member in arrows::members().iter().filter(|m| m.name() != "tensor-autograd") {
        let (lib, main) =
            (format!("{}/src/lib.rs", member.folder), format!("{}/src/main.rs", member.folder));
        let bin = format!("{}/src/bin/", member.folder);
        let is_root = |s: &&Source| s.path == lib || s.path == main || s.path.starts_with(&bin);
        let roots: Vec<&Source> = sources.iter().filter(is_root).collect();
        assert!(!roots.is_empty(), "{} has no root", member.name());
        faults.extend(roots.into_iter().flat_map(rules::forbids_unsafe));
    }
    none(faults);
}

#[test]
fn unsafe_code_lives_in_the_kernels_and_says_why_it_is_sound() {
    none(sources().iter().flat_map(rules::unsafe_code).collect());
}

#[test]
fn no_file_is_longer_than_the_ceiling() {
    none(sources().iter().flat_map(rules::size).collect());
}

#[test]
fn nothing_is_left_unfinished() {
    none(sources().iter().flat_map(rules::finished).collect());
}

#[test]
fn every_recorded_op_has_its_gradcheck_and_its_reference() {
    let sources = sources();
    let families = rules::families(&sources);
    assert!(families.len() >= 10, "{} families of ops found", families.len());
    none(families.values().flat_map(|family| rules::ops_are_checked(family)).collect());
}

fn text(page: &Path) -> String {
    fs::read_to_string(page).expect("a page is UTF-8")
}

#[test]
fn links_in_pages_lead_somewhere() {
    let pages = links::pages(&source::root());
    none(pages.iter().flat_map(|page| links::faults(page, &text(page))).collect());
}

#[test]
fn what_pages_include_is_there_and_no_anchor_is_left_over() {
    let root = source::root();
    let pages: Vec<(PathBuf, String)> =
        links::pages(&root).into_iter().map(|page| (page.clone(), text(&page))).collect();
    let read = |path: &Path| fs::read_to_string(path).ok();
    none(pages.iter().flat_map(|(page, text)| book::faults(page, text, read)).collect());
    let included: BTreeSet<_> =
        pages.iter().flat_map(|(page, text)| book::included(page, text)).collect();
    assert!(included.len() >= 10, "{} anchors are included", included.len());
    let left_over = |s: &Source| book::left_over(&root.join(&s.path), s, &included);
    none(sources().iter().flat_map(left_over).collect());
}

#[test]
fn figures_in_the_book_are_those_of_the_results() {
    let docs = source::root().join("docs");
    let results = text(&docs.join("results.md"));
    let pages = links::pages(&docs.join("course"));
    assert!(pages.len() >= 10, "{} pages of the course found", pages.len());
    none(pages.iter().flat_map(|page| book::misquoted(page, &text(page), &results)).collect());
}

#[test]
fn the_readme_s_rust_is_compiled() {
    let readme = text(&source::root().join("README.md"));
    let path = "crates/transfer/src/lib.rs";
    let library = Source::new(path, &text(&source::root().join(path)));
    assert!(book::documented(&readme, &library), "README's example is not that of {path}");
    assert!(!book::documented(&readme.replace("Rng::seed(0)", "Rng::new(0)"), &library));
}

#[test]
fn every_page_of_the_book_is_in_its_table_of_contents() {
    let docs = source::root().join("docs");
    let contents = docs.join("SUMMARY.md");
    none(book::unreached(&contents, &text(&contents), &links::pages(&docs)));
}

mod the_rules_can_fail {
    use super::*;

    fn kernel(text: &str) -> Source {
        Source::new("crates/tensor-autograd/src/kernels/a.rs", text)
    }

    fn op(text: &str) -> Vec<String> {
        rules::ops_are_checked(&[&Source::new("crates/tensor-autograd/src/ops/a.rs", text)])
    }

    #[test]
    fn size() {
        assert!(rules::size(&kernel(&"//\n".repeat(400))).is_empty());
        assert_eq!(rules::size(&kernel(&"//\n".repeat(401))).len(), 1);
    }

    #[test]
    fn finished() {
        let ok = "// A list of methods todo with nothing.\nlet s = \"TODO #[ignore] dbg!\";\n";
        assert!(rules::finished(&kernel(ok)).is_empty());
        for bad in [
            "// TODO: later",
            "/// x\n/* FIXME */",
            "todo!()",
            "#[ignore]",
            "#[ignore = \"slow\"]",
            "dbg!(x)",
        ] {
            assert_eq!(rules::finished(&kernel(bad)).len(), 1, "{bad}");
        }
    }

    #[test]
    fn unsafe_code() {
        let ok = [
            "// SAFETY: in bounds.\nunsafe { f() }",
            "// SAFETY: in bounds,\n// as checked above.\nlet x =\n    unsafe { f() };",
            "// SAFETY: no data.\n#[cfg(a)]\nunsafe impl Send for A {}",
            "/// # Safety\n/// `p` is valid.\nunsafe fn f(p: *const f32) {}",
            "match a {\n    // SAFETY: detected.\n    A => unsafe { f() },\n}",
            "#![allow(unsafe_code)]\n// unsafe {}\nlet s = \"unsafe {}\";",
        ];
        for text in ok {
            assert!(rules::unsafe_code(&kernel(text)).is_empty(), "{text}");
        }
        let bad = [
            "unsafe { f() }",
            "unsafe impl Send for A {}",
            "unsafe\n{ f() }",
            "// SAFETY: of g.\nunsafe { g() };\nlet x = unsafe { f() };",
            "// SAFETY: of the function.\nfn g() {\n    unsafe { f() }\n}",
        ];
        for text in bad {
            assert_eq!(rules::unsafe_code(&kernel(text)).len(), 1, "{text}");
        }
        let elsewhere = Source::new("crates/optim/src/lib.rs", "// SAFETY: x.\nunsafe { f() }");
        assert_eq!(rules::unsafe_code(&elsewhere).len(), 1);
    }

    #[test]
    fn forbids_unsafe() {
        let root = |text| Source::new("crates/optim/src/lib.rs", text);
        assert!(rules::forbids_unsafe(&root("//! Doc.\n#![forbid(unsafe_code)]\n")).is_empty());
        assert_eq!(rules::forbids_unsafe(&root("// #![forbid(unsafe_code)]\n")).len(), 1);
    }

    #[test]
    fn ops_are_checked() {
        let record = "fn f(self) { self.tape().record(\"relu\", y).var() }\n";
        let both = "#[cfg(test)]\nmod tests {\ngradcheck!(relu: |a| a.relu(); a [2] in 0.0..1.0);\nreference!(relu);\n}\n";
        assert!(op(&format!("{record}{both}")).is_empty());
        let variant = both.replace("relu:", "relu_steep:").replace("(relu)", "(relu_steep)");
        assert!(op(&format!("{record}{both}{variant}")).is_empty());
        // Neither a variant nor another op with a longer name stands for it.
        assert_eq!(op(&format!("{record}{variant}")).len(), 2);
        assert_eq!(op(record).len(), 2);
        assert_eq!(op(&format!("{record}{}", both.replace("reference!(relu);", ""))).len(), 1);
        assert_eq!(
            op(&format!("{record}{}", both.replace("gradcheck!(relu", "// (relu"))).len(),
            1
        );
        let other = both.replace("relu:", "relux:").replace("(relu)", "(relux)");
        assert_eq!(op(&format!("{record}{other}")).len(), 2);
    }

    #[test]
    fn ops_recorded_by_a_helper_are_checked() {
        let helper = "fn max(self, b: Self) { self.pick(\"max\", b) }\nfn min(self, b: Self) { self.pick(b, \"min\") }\n\
                      fn pick(self, op: &'static str, wins: fn(f32) -> bool) { self.tape().record(op, y).var() }\n";
        assert_eq!(op(helper).len(), 4);
        let untraceable = "fn pick(self, op: &'static str, wins: fn(f32) -> bool) { self.tape().record(op, y).var() }\n";
        assert_eq!(op(untraceable).len(), 1);
        let held = "fn max(self) { let op = \"max\"; pick(op, self) }\n\
                    fn pick(op: &'static str, x: Var) { x.tape().record(op, y).var() }\n";
        assert_eq!(op(held).len(), 2);
    }

    #[test]
    fn ops_recorded_by_a_helper_of_the_folder_are_checked() {
        let file = |name: &str, text: &str| {
            Source::new(&format!("crates/tensor-autograd/src/ops/conv/{name}.rs"), text)
        };
        let helper = "fn conv(op: &'static str, x: Var) { x.tape().record(op, y).var() }\n";
        let caller = "fn conv1d(self) { conv(\"conv1d\", self) }\n";
        let tests = "gradcheck!(conv1d: |a| a.conv1d(); a [2] in 0.0..1.0);\nreference!(conv1d);\n";
        let [helper, caller, tests] =
            [("mod", helper), ("conv1d", caller), ("tests", tests)].map(|(n, t)| file(n, t));
        assert_eq!(rules::ops_are_checked(&[&helper, &caller]).len(), 2);
        assert!(rules::ops_are_checked(&[&helper, &caller, &tests]).is_empty());
    }
}
