//! Values and gradients against PyTorch.
//!
//! `testdata/*.py` make the files of `testdata/reference/`, one a case, computed by PyTorch at 64
//! bits from inputs that `f32` holds exactly. A file has a line per tensor:
//! `input a [2, 3] 0.5 -1.25 ..`, then `cotangent`, `output` and `grad a`; `#` starts a comment.

use crate::{Param, Real, Shape, Tape, Tensor, Var};
use std::collections::BTreeMap;
use std::path::Path;

/// Declares the test that compares the case of the same name in [`gradcheck!`](crate::gradcheck!)
/// with PyTorch: output and the gradient of every input, from `testdata/reference/NAME.txt` of the
/// crate.
#[macro_export]
macro_rules! reference {
    ($name:ident) => {
        #[test]
        fn $name() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/reference/");
            let file = format!("{folder}{}.txt", stringify!($name));
            $crate::reference::check($name::case, file.as_ref());
        }
    };
}

/// The tensors of a reference file, by name.
///
/// # Panics
/// If the file cannot be read or is malformed: it belongs to the source code.
#[track_caller]
pub fn load(file: &Path) -> BTreeMap<String, Tensor> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let lines = text.lines().map(|l| l.split('#').next().unwrap_or("").trim());
    let tensors = lines.filter(|l| !l.is_empty()).map(|line| {
        let parsed = line.split_once('[').and_then(|(name, rest)| {
            let (dims, data) = rest.split_once(']')?;
            let dims = dims.split(',').map(str::trim).filter(|d| !d.is_empty());
            let dims: Vec<usize> = dims.map(|d| d.parse().ok()).collect::<Option<_>>()?;
            let data = data.split_whitespace().map(|x| x.parse().ok()).collect::<Option<_>>()?;
            Some((name.trim().to_owned(), Tensor::new(Shape::new(&dims), data)))
        });
        parsed.unwrap_or_else(|| panic!("{}: not a tensor: {line:.60}", file.display()))
    });
    tensors.collect()
}

/// Compares `case` with a reference file.
///
/// # Panics
/// If a value or a gradient differs by more than 1e-5 of its size (1e-9 at 64 bits).
#[track_caller]
pub fn check(case: for<'t> fn(&[Var<'t>]) -> Var<'t>, file: &Path) {
    let tensors = load(file);
    // BTreeMap: inputs come in the order of their names, `a` before `b`, `input 0` before `input 1`.
    let inputs: Vec<(&str, Param)> = tensors
        .iter()
        .filter_map(|(name, t)| Some((name.strip_prefix("input ")?, Param::weight(t.clone()))))
        .collect();
    let tape = Tape::new();
    let vars: Vec<Var<'_>> = inputs.iter().map(|(_, p)| tape.param(p)).collect();
    let y = case(&vars);
    assert_close(&y.value(), &tensors["output"], &format!("{}: output", file.display()));
    let cotangent = tensors["cotangent"].clone();
    let grads = crate::gradcheck::weighted_sum(y, cotangent).backward();
    for (name, param) in &inputs {
        let what = format!("{}: grad {name}", file.display());
        let want = tensors.get(&format!("grad {name}"));
        let want = want.unwrap_or_else(|| panic!("{what}: the file has none to compare with"));
        let got = grads.get(param).unwrap_or_else(|| panic!("no gradient reaches `{name}`"));
        assert_close(got, want, &what);
    }
}

/// Checks that `got` equals `want` to 1e-5 (1e-9 at 64 bits) of the larger of the element and the
/// mean magnitude of `want`. Infinities and NaN must be met exactly and count as 0 in the mean.
///
/// # Panics
/// If it does not; names `what` and the first element that differs.
#[track_caller]
pub fn assert_close(got: &Tensor, want: &Tensor, what: &str) {
    assert_eq!(got.shape(), want.shape(), "{what}: shapes");
    let tolerance: Real = if cfg!(real_f64) { 1e-9 } else { 1e-5 };
    let size = |x: &Real| if x.is_finite() { x.abs() } else { 0.0 };
    let mean = want.as_slice().iter().map(size).sum::<Real>() / want.len().max(1) as Real;
    for (i, (&g, &w)) in got.as_slice().iter().zip(want.as_slice()).enumerate() {
        let close = w.is_finite() && (g - w).abs() <= tolerance * w.abs().max(mean);
        assert!(close || g == w || (g.is_nan() && w.is_nan()), "{what}[{i}]: {g}, PyTorch has {w}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    #[test]
    fn infinities_and_nan_are_met_exactly_and_loosen_nothing() {
        let of = |x: [Real; 3]| Tensor::new([3], x.to_vec());
        let (inf, nan) = (Real::INFINITY, Real::NAN);
        let close = |got, want| catch_unwind(|| assert_close(&of(got), &of(want), "x")).is_ok();
        assert!(close([1.0, inf, nan], [1.0, inf, nan]));
        for wrong in [[1.1, inf, nan], [1.0, -inf, nan], [1.0, 5.0, nan], [1.0, inf, 5.0]] {
            assert!(!close(wrong, [1.0, inf, nan]), "{wrong:?} passed");
        }
        assert!(!close([1.0, inf, 1.0], [1.0, 1.0, 1.0]));
    }
}
