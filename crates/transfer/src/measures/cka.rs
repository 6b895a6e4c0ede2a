//! How alike two networks see the same inputs, layer by layer.

use crate::matrix::{matmul_nt, sizes};
use crate::{Model, Network, TransferError};
use datasets::Unlabelled;
use std::collections::BTreeMap;
use tensor_autograd::{Kind, Real, Tensor, eval};

/// Linear centred kernel alignment of two sets of features of the same examples,
///
/// **‖YᵀX‖² / (‖XᵀX‖ ‖YᵀY‖)**
///
/// with Frobenius norms and the mean of each column subtracted before (Kornblith et al., *Similarity
/// of Neural Network Representations Revisited*, 2019). From 0, where no direction of one varies with
/// any of the other, to 1, where one is the other turned, mirrored and scaled as a whole. With fewer
/// examples than features it comes out too large: compare figures of the same number of examples.
///
/// `None` if a side is the same for all examples.
///
/// # Shapes
/// `[n, p]` and `[n, q]`
///
/// # Panics
/// If the numbers of rows differ.
#[track_caller]
pub fn linear_cka(x: &Tensor, y: &Tensor) -> Option<f64> {
    let (n, rows) = (sizes(x)[0], sizes(y)[0]);
    assert_eq!(n, rows, "linear_cka: the features are of {n} and of {rows} examples");
    // ‖YᵀX‖² is the sum of XXᵀ∘YYᵀ: n by n, however many features there are.
    let [x, y] = [x, y].map(|x| {
        let x = centred(x);
        matmul_nt(&x, &x)
    });
    let inner = |a: &Tensor, b: &Tensor| {
        let pairs = a.as_slice().iter().zip(b.as_slice());
        pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
    };
    let norms = (inner(&x, &x) * inner(&y, &y)).sqrt();
    (norms > 0.0).then(|| inner(&x, &y) / norms)
}

/// [`linear_cka`] of what each layer of two models with the same layers makes of `inputs`, each with
/// its own normalisation. A layer is one of the [`stages`](Network::stages) that have weights; layers
/// whose values are the same for all inputs are left out.
///
/// # Errors
/// If the inputs do not fit a model.
pub fn layer_cka<N: Network>(
    a: &Model<N>,
    b: &Model<N>,
    inputs: &Unlabelled,
) -> Result<BTreeMap<String, f64>, TransferError> {
    let (mut x, mut y) = (a.batch(inputs)?, b.batch(inputs)?);
    let params = a.net.named_params();
    let mut figures = BTreeMap::new();
    for (i, (stage, theirs)) in a.net.stages().into_iter().zip(b.net.stages()).enumerate() {
        if stage != theirs {
            break;
        }
        let next = |net: &N, x: Tensor| eval(|t| net.run_stages(i..i + 1, t.constant(x)).value());
        (x, y) = (next(&a.net, x), next(&b.net, y));
        let of = |name: &str| name.strip_prefix(&*stage).is_some_and(|rest| rest.starts_with('.'));
        if params.iter().any(|(name, param)| param.kind == Kind::Weight && of(name)) {
            let cka = linear_cka(&rows(&x), &rows(&y));
            figures.extend(cka.map(|cka| (stage, cka)));
        }
    }
    Ok(figures)
}

/// One row for each example.
fn rows(x: &Tensor) -> Tensor {
    let n = x.shape()[0];
    x.reshape([n, x.len().checked_div(n).unwrap_or(0)])
}

/// The mean of each column subtracted.
fn centred(x: &Tensor) -> Tensor {
    let [n, p] = sizes(x);
    let mut mean = vec![0.0_f64; p];
    for row in x.as_slice().chunks_exact(p.max(1)) {
        mean.iter_mut().zip(row).for_each(|(m, x)| *m += f64::from(*x) / n as f64);
    }
    Tensor::from_fn([n, p], |i| (f64::from(x.as_slice()[i]) - mean[i % p]) as Real)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{History, Normalize, Normalizer};
    use nn_layers::models::{DannNet, dann_mnist};
    use tensor_autograd::Rng;

    const TOLERANCE: f64 = if cfg!(real_f64) { 1e-12 } else { 1e-5 };

    fn near(x: &Tensor, y: &Tensor, want: f64) {
        let cka = linear_cka(x, y).unwrap();
        assert!((cka - want).abs() < TOLERANCE, "{cka}, not {want}");
    }

    fn matrix(columns: usize, values: &[i8]) -> Tensor {
        Tensor::from_fn([values.len() / columns, columns], |i| Real::from(values[i]))
    }

    /// By numpy, from the features and not from the Gram matrices:
    /// `norm(Yc.T @ Xc)**2 / (norm(Xc.T @ Xc) * norm(Yc.T @ Yc))`.
    #[test]
    fn it_is_the_papers_formula() {
        let x = matrix(2, &[1, 2, 3, -1, 0, 4, 2, 2, 5, 0]);
        let y = matrix(3, &[1, 0, 2, 2, 1, -1, 0, 3, 1, 1, 1, 1, 4, -2, 0]);
        near(&x, &y, 0.811_334_570_260_474_8);
        near(&y, &x, 0.811_334_570_260_474_8);
        near(&x, &x, 1.0);
    }

    #[test]
    fn turning_scaling_and_shifting_change_nothing_stretching_does() {
        let x = Tensor::normal([40, 2], 1.0, 2.0, &mut Rng::seed(0));
        let of = |f: fn(Real, Real) -> [Real; 2]| {
            let both = x.as_slice().as_chunks::<2>().0.iter().flat_map(|[a, b]| f(*a, *b));
            Tensor::new([40, 2], both.collect())
        };
        near(&x, &of(|a, b| [0.6 * a - 0.8 * b, 0.8 * a + 0.6 * b]), 1.0);
        near(&x, &of(|a, b| [3.0 - 7.0 * b, 7.0 * a]), 1.0);
        assert!(linear_cka(&x, &of(|a, b| [a, 5.0 * b])).unwrap() < 0.95);
    }

    #[test]
    fn what_does_not_vary_together_is_nothing_alike() {
        let x = matrix(1, &[1, -1, 1, -1]);
        let y = matrix(2, &[1, 2, 1, 2, -1, -2, -1, -2]);
        near(&x, &y, 0.0);
        assert_eq!(linear_cka(&x, &matrix(1, &[3, 3, 3, 3])), None);
    }

    #[test]
    #[should_panic(expected = "the features are of 4 and of 2 examples")]
    fn other_examples_are_refused() {
        let _ = linear_cka(&matrix(1, &[1, 2, 3, 4]), &matrix(1, &[1, 2]));
    }

    #[test]
    fn the_layers_are_those_with_weights_and_a_changed_one_is_told() {
        let data = datasets::synthetic::digits(30, 0);
        let inputs = data.without_labels();
        let model = |net: DannNet| Model {
            net,
            normalizer: Normalizer::fit(Normalize::Standard, &inputs),
            classes: data.classes().to_vec(),
            history: History::default(),
        };
        let [c, h, w] = *inputs.sample_shape() else { panic!("digits are images") };
        let source = model(dann_mnist([c, h, w], 10, &mut Rng::seed(0)));
        let mut net = source.net.clone();
        net.features[3] = dann_mnist([c, h, w], 10, &mut Rng::seed(1)).features[3].clone();
        let cka = layer_cka(&source, &model(net), &inputs).unwrap();
        let names: Vec<&String> = cka.keys().collect();
        assert_eq!(names, ["features.0", "features.3", "label.0", "label.2", "label.4"]);
        assert!((cka["features.0"] - 1.0).abs() < TOLERANCE, "{cka:?}");
        assert!(cka["features.3"] < 0.999 && cka["label.4"] < 0.99, "{cka:?}");
    }
}
