//! `multi:SPEC`: images of another spec laid over each other in pairs, labelled with the left one
//! or the right one.

use crate::spec::{Fragments, Grammar, Kind, Loader, OptionHelp, Scheme, Spec, SpecError, escape};
use crate::transforms::{MARGIN, Overlay};
use crate::{DataError, Dataset};

pub(super) const SCHEME: Scheme = Scheme {
    name: "multi",
    usage: "multi:SPEC[?shift=N&size=N&seed=S][#left|#right]",
    help: "images of SPEC laid over each other in pairs, as MultiMNIST's: #left or #right says \
           whose labels; n, seed, writer and other fragments, as #test,right, go to SPEC",
    grammar,
    load: Loader::Dense(load),
};

const OPTIONS: &[OptionHelp] = &[
    OptionHelp { name: "n", kind: Kind::Count, help: "number of rows, if SPEC takes one" },
    OptionHelp { name: "seed", kind: Kind::Integer, help: "other pairs; goes to SPEC too" },
    OptionHelp { name: "writer", kind: Kind::Integer, help: "goes to SPEC" },
    OptionHelp {
        name: "shift",
        kind: Kind::Integer,
        help: "each image moves inwards by up to so many pixels, at most 4; default 2",
    },
    OptionHelp {
        name: "size",
        kind: Kind::Count,
        help: "side of the result in pixels; default that of the images",
    },
];

/// More pixels a side than this are taken for a slip.
const LARGEST: usize = 4096;

fn grammar(spec: &Spec) -> Result<Grammar, SpecError> {
    if !spec.parts().is_empty() {
        inner(spec)?;
    }
    if spec.integer("shift").is_some_and(|shift| shift > MARGIN as u64 / 2) {
        return Err(spec.bad_value("shift", format!("at most {}", MARGIN / 2)));
    }
    if spec.count("size").is_some_and(|size| size > LARGEST) {
        return Err(spec.bad_value("size", format!("at most {LARGEST}")));
    }
    Ok(Grammar { parts: 1..=2, options: OPTIONS, fragments: Fragments::Any })
}

/// The spec of the images, and whether the labels of the right ones are wanted.
fn inner(spec: &Spec) -> Result<(Spec, bool), SpecError> {
    let terms = || spec.fragment().into_iter().flat_map(|fragment| fragment.split(','));
    let (sides, rest): (Vec<&str>, Vec<&str>) =
        terms().partition(|term| ["left", "right"].contains(term));
    if sides.len() > 1 {
        return Err(spec.unsuitable("of an image's two labels, #left or #right names one"));
    }
    let parts: Vec<String> = spec.parts().iter().map(|part| escape(part)).collect();
    if parts[0].starts_with("multi:") {
        return Err(spec.unsuitable(
            "two images are laid over each other, not more; give images of one thing",
        ));
    }
    let mut text = parts.join(",");
    if !rest.is_empty() {
        text = format!("{text}#{}", rest.join(","));
    }
    let mut images: Spec = text.parse()?;
    for name in ["n", "seed", "writer"] {
        if let Some(value) = spec.option(name)
            && (name != "seed" || images.takes(name))
        {
            images = images.with_option(name, value)?;
        }
    }
    Ok((images, sides == ["right"]))
}

fn load(spec: &Spec) -> Result<Dataset, DataError> {
    let (images, right) = inner(spec)?;
    let mut overlay = Overlay::new().seed(spec.integer("seed").unwrap_or(0));
    if let Some(shift) = spec.integer("shift") {
        overlay = overlay.shift(shift as usize);
    }
    if let Some(size) = spec.count("size") {
        overlay = overlay.size(size);
    }
    let (on_the_left, on_the_right) = overlay.compose(&crate::load(&images)?)?;
    Ok(if right { on_the_right } else { on_the_left })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_same_images_with_either_label() {
        let load = |text: &str| crate::load(&text.parse().unwrap()).unwrap();
        let left = load("multi:synthetic:digits?n=30&seed=2");
        let right = load("multi:synthetic:digits?n=30&seed=2#right");
        assert_eq!(left.inputs(), right.inputs());
        assert_eq!(left.labels(), load("synthetic:digits?n=30&seed=2").labels());
        assert_ne!(left.labels(), right.labels());
        assert_eq!(right.name(), "multi:synthetic:digits?n=30&seed=2#right");
        let test = load("multi:synthetic:digits?n=30&seed=2#test,right[5..9]");
        assert_eq!(test.shape(), [4, 1, 28, 28]);
        assert_eq!(load("multi:synthetic:digits?n=3&size=36&shift=0").shape(), [3, 1, 36, 36]);
    }
}
