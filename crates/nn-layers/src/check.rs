//! Checks of a layer as a whole, for layers here and elsewhere.

use crate::Layer;
use std::ops::Range;
use std::path::Path;
use tensor_autograd::{Grads, Kind, Param, Real, Rng, Tensor, grad, reference};

/// Step of the central difference, and the error allowed relative to the larger of 1, the gradient
/// and (at 32 bits, where it decides the rounding) the size of the function.
const SETTING: (Real, Real) = if cfg!(real_f64) { (1e-5, 1e-7) } else { (4e-3, 1e-2) };

/// Compares the gradients of a layer with central differences, in training, at a random input of
/// this shape with elements in `range`: with respect to every element of the input and of every
/// trainable parameter. Random layers see the same draws in every pass.
///
/// # Panics
/// If a gradient is off, naming parameter and element; if none reaches a trainable parameter.
#[track_caller]
pub fn gradients<L: Layer + Clone>(layer: &L, shape: &[usize], range: Range<Real>) {
    let mut rng = Rng::seed(20);
    let mut layer = layer.clone();
    let mut x = Param::weight(spread(shape, &range, &mut rng));
    let mut weights = None;
    let (_, grads) = grad(&mut Rng::seed(1), |t| {
        let y = layer.forward(t.param(&x));
        let u = Tensor::uniform(y.shape(), 0.5..1.5, &mut rng);
        weights = Some(u.clone());
        (y * t.constant(u)).sum(..)
    });
    let weights = weights.expect("set in the pass above");

    let gradient_of_x = grads.get(&x).cloned();
    differences(&mut layer, &mut x, &weights, "the input", gradient_of_x, |_, x| &mut x.value);
    let names: Vec<(String, Option<Tensor>)> = layer
        .named_params()
        .into_iter()
        .filter(|(_, p)| p.trainable())
        .map(|(name, p)| (name, grads.get(p).cloned()))
        .collect();
    for (i, (name, gradient)) in names.into_iter().enumerate() {
        differences(&mut layer, &mut x, &weights, &name, gradient, |layer, _| {
            let trainable = layer.named_params_mut().into_iter().filter(|(_, p)| p.trainable());
            &mut trainable.map(|(_, p)| p).nth(i).expect("counted above").value
        });
    }
}

#[track_caller]
fn differences<L: Layer>(
    layer: &mut L,
    x: &mut Param,
    weights: &Tensor,
    name: &str,
    gradient: Option<Tensor>,
    place: impl for<'a> Fn(&'a mut L, &'a mut Param) -> &'a mut Tensor,
) {
    let Some(gradient) = gradient else { panic!("no gradient reaches {name}") };
    let (eps, tolerance) = SETTING;
    for i in 0..gradient.len() {
        let old = place(layer, x).as_slice()[i];
        let mut at = |value: Real| {
            place(layer, x).make_mut()[i] = value;
            objective(layer, x, weights)
        };
        let (up, down) = (old + eps, old - eps);
        let numeric = ((at(up) - at(down)) / f64::from(up - down)) as Real;
        let size = at(old).abs() as Real;
        let got = gradient.as_slice()[i];
        let scale = 1.0 + numeric.abs() + if cfg!(real_f64) { 0.0 } else { size };
        assert!(
            (got - numeric).abs() <= tolerance * scale,
            "gradient with respect to {name}[{i}]: the layer gives {got}, differences {numeric}"
        );
    }
}

/// Values of the range in random order, no two closer than 0.8 steps: so that a maximum has no
/// ties and a kink at a multiple of the step is not hit.
fn spread(shape: &[usize], range: &Range<Real>, rng: &mut Rng) -> Tensor {
    let n = shape.iter().product();
    let step = (range.end - range.start) / n as Real;
    let order = rng.permutation(n);
    Tensor::from_fn(shape, |i| range.start + step * (order[i] as Real + 0.35 + 0.2 * rng.uniform()))
}

/// `Σ u · layer(x)`, summed at 64 bits.
fn objective<L: Layer>(layer: &L, x: &Param, weights: &Tensor) -> f64 {
    let mut sum = 0.0;
    grad(&mut Rng::seed(1), |t| {
        let y = layer.forward(t.param(x));
        let terms = y.value().zip(weights, |y, u| y * u);
        sum = terms.as_slice().iter().map(|&term| f64::from(term)).sum();
        t.constant(Tensor::scalar(0.0))
    });
    sum
}

/// Compares a layer in training with PyTorch's values in a file of
/// [`mod@reference`]: `input x`, `state NAME` for every parameter and buffer, `cotangent`, `output`,
/// `grad x`, `grad NAME` for every trainable parameter and `after NAME` for every buffer.
///
/// # Panics
/// If the names of the file are not those of the layer, or a value or gradient differs by more than
/// 1e-5 of its size (1e-9 at 64 bits).
#[track_caller]
pub fn against_pytorch<L: Layer + Clone>(layer: &L, file: &Path) {
    let tensors = reference::load(file);
    let mut layer = layer.clone();
    for (name, p) in layer.named_params_mut() {
        p.value = tensors[&format!("state {name}")].clone();
    }
    let x = Param::weight(tensors["input x"].clone());
    let mut output = None;
    let (_, grads) = grad(&mut Rng::seed(0), |t| {
        let y = layer.forward(t.param(&x));
        output = Some(y.value());
        (y * t.constant(tensors["cotangent"].clone())).sum(..)
    });
    let file = file.display();
    let output = output.expect("set in the pass above");
    reference::assert_close(&output, &tensors["output"], &format!("{file}: output"));
    let compare = |what: String, p: &Param, grads: &Grads| {
        let (line, got) = match p.kind {
            Kind::Weight => (format!("grad {what}"), grads.get(p)),
            Kind::Buffer => (format!("after {what}"), grads.buffer(p)),
        };
        let want = tensors.get(&line);
        let want = want.unwrap_or_else(|| panic!("{file}: there is no `{line}` to compare with"));
        let got = got.unwrap_or_else(|| panic!("{file}: nothing reaches {what}"));
        reference::assert_close(got, want, &format!("{file}: {line}"));
    };
    compare("x".to_owned(), &x, &grads);
    for (name, p) in layer.named_params() {
        compare(name, p, &grads);
    }
}

/// For each `name: |rng| layer, input shape;` a module with two tests: the gradients of the layer
/// against differences, and the layer against PyTorch's values in
/// `testdata/reference/NAME.txt`.
#[cfg(test)]
#[macro_export]
#[doc(hidden)]
macro_rules! layer_tests {
    ($($name:ident: |$rng:pat_param| $layer:expr, [$($dim:expr),*];)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "the layer may use what the test module imports")]
            use super::*;

            #[test]
            fn gradcheck() {
                let $rng = &mut tensor_autograd::Rng::seed(0);
                $crate::check::gradients(&$layer, &[$($dim),*], -1.0..1.0);
            }

            #[test]
            fn reference() {
                let $rng = &mut tensor_autograd::Rng::seed(0);
                let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/reference/");
                let file = format!("{folder}{}.txt", stringify!($name));
                $crate::check::against_pytorch(&$layer, file.as_ref());
            }
        }
    )+};
}
