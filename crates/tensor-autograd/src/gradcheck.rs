//! Gradients against finite differences.
//!
//! [`gradcheck!`](crate::gradcheck!) stands in the file of every op. At 64 bits (`cargo gradcheck`)
//! one tolerance of 1e-7 fits all; plain `cargo test` runs the same checks in `f32`, where rounding
//! leaves about three digits of a central difference.

use crate::{Param, Real, Rng, Shape, Tape, Tensor, Var};
use std::ops::Range;

/// An input of a check: name, shape, range of its values.
pub type Input = (&'static str, &'static [usize], Range<f64>);

/// Step of the central difference, and the error allowed relative to 1 plus the gradient's size; at 32
/// bits plus the function's, whose rounding the difference divides by the step.
const SETTING: (Real, Real) = if cfg!(real_f64) { (1e-5, 1e-7) } else { (4e-3, 1e-2) };

/// Declares a check of the gradient of an op, a layer or a loss:
///
/// `gradcheck!(matmul: |a, b| a.matmul(b); a [3, 4] in -1.0..1.0, b [4, 5] in -1.0..1.0);`
///
/// makes a module `matmul` with a test `gradcheck` and the function `case`, which
/// [`reference!`](crate::reference!) uses too.
#[macro_export]
macro_rules! gradcheck {
    ($name:ident: |$($arg:ident),+| $body:expr; $($input:ident [$($dim:expr),*] in $range:expr),+ $(,)?) => {
        mod $name {
            #[allow(unused_imports, reason = "the case may use what the test module imports")]
            use super::*;

            pub(super) fn case<'t>(inputs: &[$crate::Var<'t>]) -> $crate::Var<'t> {
                let [$($arg),+] = *inputs else { panic!("the case takes other inputs") };
                $body
            }

            #[test]
            fn gradcheck() {
                $crate::gradcheck::check(case, &[$((stringify!($input), &[$($dim),*], $range)),+]);
            }
        }
    };
}

/// Checks `case` at one point: every element of every input, by central differences of
/// `Σ u · case(inputs)` with random weights `u`.
///
/// # Panics
/// If a gradient is off, or if the tape gives an input no gradient.
#[track_caller]
pub fn check(case: for<'t> fn(&[Var<'t>]) -> Var<'t>, inputs: &[Input]) {
    let mut rng = Rng::seed(20);
    let mut params: Vec<Param> = inputs
        .iter()
        .map(|(_, shape, range)| Param::weight(spread(shape, range, &mut rng)))
        .collect();
    let shape = evaluate(case, &params).shape();
    let weights = Tensor::uniform(shape, 0.5..1.5, &mut rng);

    let tape = Tape::new();
    let vars: Vec<Var<'_>> = params.iter().map(|p| tape.param(p)).collect();
    let grads = weighted_sum(case(&vars), weights.clone()).backward();

    let (eps, tolerance) = SETTING;
    let loss = |params: &[Param]| {
        let y = evaluate(case, params);
        let terms = y.as_slice().iter().zip(weights.as_slice());
        terms.map(|(&y, &u)| f64::from(y) * f64::from(u)).sum::<f64>()
    };
    let size = loss(&params).abs() as Real;
    for (k, (name, ..)) in inputs.iter().enumerate() {
        let analytic = match grads.get(&params[k]) {
            Some(g) => g.clone(),
            None => panic!("no gradient reaches input `{name}`"),
        };
        for i in 0..params[k].value.len() {
            let x = params[k].value.as_slice()[i];
            let mut at = |x| {
                params[k].value.make_mut()[i] = x;
                loss(&params)
            };
            let (up, down) = (x + eps, x - eps);
            let numeric = ((at(up) - at(down)) / f64::from(up - down)) as Real;
            at(x);
            let got = analytic.as_slice()[i];
            let scale = 1.0 + numeric.abs() + if cfg!(real_f64) { 0.0 } else { size };
            assert!(
                (got - numeric).abs() <= tolerance * scale,
                "gradient with respect to `{name}`[{i}]: the rule gives {got}, differences {numeric}"
            );
        }
    }
}

/// `Σ u · y` as one op of its own, so that a check depends on no other op.
pub(crate) fn weighted_sum(y: Var<'_>, u: Tensor) -> Var<'_> {
    let sum = y.value().zip(&u, |y, u| y * u).sum();
    y.tape()
        .record("weighted_sum", Tensor::scalar(sum))
        .wrt(y, move |dy| u.into_map(|u| u * dy.item()))
        .var()
}

fn evaluate(case: for<'t> fn(&[Var<'t>]) -> Var<'t>, params: &[Param]) -> Tensor {
    let tape = Tape::new();
    let vars: Vec<Var<'_>> = params.iter().map(|p| tape.param(p)).collect();
    case(&vars).value()
}

/// Values of the range in random order, no two closer than 0.8 steps: so that a maximum has no
/// ties and a kink at a multiple of the step is not hit.
fn spread(shape: &[usize], range: &Range<f64>, rng: &mut Rng) -> Tensor {
    let n = Shape::new(shape).size();
    let step = (range.end - range.start) / n as f64;
    let order = rng.permutation(n);
    Tensor::from_fn(shape, |i| {
        let jitter = 0.35 + 0.2 * f64::from(rng.uniform());
        (range.start + step * (order[i] as f64 + jitter)) as Real
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    fn square<'t>(factor: Real, x: Var<'t>) -> Var<'t> {
        let saved = x.value();
        let y = saved.map(|x| x * x);
        x.tape()
            .record("square", y)
            .wrt(x, move |dy| dy.into_zip(&saved, move |d, x| factor * d * x))
            .var()
    }

    #[test]
    fn a_right_rule_passes_and_a_wrong_one_is_named() {
        check(|v| square(2.0, v[0]), &[("x", &[5], 0.2..1.0)]);
        let wrong = catch_unwind(|| check(|v| square(2.1, v[0]), &[("x", &[5], 0.2..1.0)]));
        let message = *wrong.expect_err("the wrong rule passed").downcast::<String>().unwrap();
        assert!(message.contains("gradient with respect to `x`["), "{message}");
    }

    #[test]
    fn an_input_without_gradient_is_named() {
        let cut = catch_unwind(|| {
            check(|v| v[0].tape().constant(v[0].value()), &[("x", &[2], 0.0..1.0)])
        });
        assert!(cut.is_err());
    }
}
