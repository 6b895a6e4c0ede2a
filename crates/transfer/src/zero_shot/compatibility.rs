//! A learnt compatibility of pictures and signatures: **f(x) · g(s)**, with f a network and g linear.
//!
//! Making f(x) equal to g(s), by the mean of ‖f(x) - g(s)‖², is solved best by two constants, and
//! training finds that out. The loss must also keep the classes apart:
//!
//! **mean over n of max(0, k - f_n · g_n + max_{m ≠ n} f_n · g_m)**
//!
//! with g_n the embedding of the sample's own class and m over the other seen classes. It is the loss
//! of structured joint embedding (Akata et al., CVPR 2015); DeViSE (Frome et al., NIPS 2013) sums
//! over all m instead.

use nn_layers::{Layer, Linear, Sequential};
use tensor_autograd::{Real, Rng, Tensor, Var, module};

/// The two halves: `image(features(x))` is f, `signature` is g. Without g, signatures are what f
/// should give.
#[derive(Clone, Debug)]
pub struct Embedder {
    /// From a sample to features `[n, d]`.
    pub features: Sequential,
    /// From features to the embedding space, `[n, e]`.
    pub image: Linear,
    /// From signatures `[classes, k]` to the embedding space, if it is not theirs.
    pub signature: Option<Linear>,
}
module!(Embedder: features, image, signature);

impl Embedder {
    /// Fresh maps of `d` features and signatures of `k` numbers into a space of `e` dimensions.
    pub fn compatibility(
        features: Sequential,
        d: usize,
        k: usize,
        e: usize,
        rng: &mut Rng,
    ) -> Self {
        let signature = Some(Linear::new(k, e, rng));
        Embedder { features, image: Linear::new(d, e, rng), signature }
    }

    /// A fresh map of `d` features into the space of signatures of `k` numbers.
    pub fn regression(features: Sequential, d: usize, k: usize, rng: &mut Rng) -> Self {
        Embedder { features, image: Linear::new(d, k, rng), signature: None }
    }
}

impl crate::Network for Embedder {
    fn features<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.features.forward(x)
    }
    /// f, where a classifier has its logits.
    fn logits<'t>(&self, features: Var<'t>) -> Var<'t> {
        self.image.forward(features)
    }
}

// ANCHOR: margin_loss
/// The margin loss above.
///
/// # Shapes
/// `f` is `[n, e]`, `g` `[classes, e]`, with at least two classes; a label is a row of `g`.
///
/// # Panics
/// If the shapes do not fit or there is only one class.
#[track_caller]
pub fn margin_loss<'t>(f: Var<'t>, g: Var<'t>, labels: &[usize], margin: Real) -> Var<'t> {
    let (n, classes) = (f.shape()[0], g.shape()[0]);
    assert!(classes > 1, "margin_loss: one class has no other to be kept from");
    assert_eq!(n, labels.len(), "margin_loss: samples and labels");
    let scores = f.matmul(g.transpose(0, 1));
    let own = scores.gather(1, labels, [n, 1]).reshape([n]);
    // A sample's own class is put below all others, where the maximum does not find it.
    let below =
        Tensor::from_fn(
            [n, classes],
            |i| {
                if labels[i / classes] == i % classes { -1e30 } else { 0.0 }
            },
        );
    let worst = (scores + f.tape().constant(below)).max(1);
    (worst - own + margin).relu().mean(0)
}
// ANCHOR_END: margin_loss

/// The naive loss, **mean of ‖f_n - g_n‖²**, which two constants solve. Here to be looked at.
///
/// # Panics
/// If the shapes do not fit.
#[track_caller]
pub fn squared_loss<'t>(f: Var<'t>, g: Var<'t>, labels: &[usize]) -> Var<'t> {
    let apart = f - g.index_select(0, labels);
    (apart * apart).sum(1).mean(0)
}

/// **mean of 1 - cos(f_n, s_n)**: regression on directions, for signatures of a fixed space.
///
/// # Panics
/// If the shapes do not fit.
#[track_caller]
pub fn cosine_loss<'t>(f: Var<'t>, signatures: Var<'t>, labels: &[usize]) -> Var<'t> {
    let own = signatures.index_select(0, labels);
    -f.cosine_similarity(own, 1, 1e-6).mean(0) + 1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn_layers::seq;
    use optim::Sgd;
    use tensor_autograd::{eval, grad, gradcheck};

    gradcheck!(margin: |f, g| margin_loss(f, g, &[0, 2, 1, 2], 1.0);
        f [4, 3] in -1.0..1.0, g [3, 3] in -1.0..1.0);
    gradcheck!(cosine: |f| cosine_loss(f, f.tape().constant(three()), &[0, 2, 1, 2]);
        f [4, 3] in -1.0..1.0);

    fn three() -> Tensor {
        Tensor::from_fn([3, 3], |i| [1.0, -0.5, 0.2, 0.3, 0.9, -1.0, -0.7, 0.1, 0.4][i])
    }

    #[test]
    fn the_loss_is_the_formula() {
        let f = Tensor::new([2, 2], vec![1.0, 0.0, 0.5, 2.0]);
        let g = Tensor::new([3, 2], vec![2.0, 0.0, 1.5, 1.0, 0.0, -1.0]);
        // Scores: [2, 1.5, 0] with label 0 and [1, 2.75, -2] with label 0, k = 1.
        let loss = eval(|t| margin_loss(t.constant(f), t.constant(g), &[0, 0], 1.0).value().item());
        assert!((loss - (0.5 + 2.75) / 2.0).abs() < 1e-6, "{loss}");
    }

    /// Classes on the corners of a cube, seen through a linear map and much noise.
    fn planted(rng: &mut Rng) -> (Tensor, Vec<usize>, Tensor) {
        let s = Tensor::from_fn([8, 3], |i| if (i / 3) >> (i % 3) & 1 == 1 { 1.0 } else { -1.0 });
        let labels: Vec<usize> = (0..160).map(|i| i % 8).collect();
        let map = Tensor::normal([3, 6], 0.0, 1.0, rng);
        let x = Tensor::from_fn([160, 6], |i| {
            let (row, j) = (labels[i / 6], i % 6);
            let clean: Real =
                (0..3).map(|k| s.as_slice()[row * 3 + k] * map.as_slice()[k * 6 + j]).sum();
            clean + 0.5 * rng.normal()
        });
        (x, labels, s)
    }

    /// Mean distance of the classes' embeddings from their centre, and the share of samples whose
    /// class has the largest f · g.
    fn outcome(net: &Embedder, x: &Tensor, labels: &[usize], s: &Tensor) -> (f64, f64) {
        eval(|t| {
            let g = net.signature.as_ref().unwrap().forward(t.constant(s.clone()));
            let f = crate::Network::forward(net, t.constant(x.clone()));
            let apart = g - g.mean_keepdim(0).broadcast_to(g.shape());
            let scores = f.matmul(g.transpose(0, 1)).value();
            let spread = f64::from(apart.norm(1).mean(0).value().item());
            (spread, nn_layers::metrics::accuracy(&scores, labels))
        })
    }

    #[test]
    fn the_naive_loss_collapses_and_the_margin_does_not() {
        let train = |naive: bool| {
            let rng = &mut Rng::seed(1);
            let (x, labels, s) = planted(rng);
            let mut net = Embedder::compatibility(seq![], 6, 3, 4, rng);
            let mut sgd = Sgd::new(0.1).momentum(0.9).bind(&net).unwrap();
            let before = outcome(&net, &x, &labels, &s).0;
            let mut last = 0.0;
            for _ in 0..3000 {
                let (loss, grads) = grad(rng, |t| {
                    let f = crate::Network::forward(&net, t.constant(x.clone()));
                    let g = net.signature.as_ref().unwrap().forward(t.constant(s.clone()));
                    match naive {
                        true => squared_loss(f, g, &labels),
                        false => margin_loss(f, g, &labels, 1.0),
                    }
                });
                last = loss;
                sgd.step(&mut net, &grads);
            }
            let (spread, accuracy) = outcome(&net, &x, &labels, &s);
            (last, spread / before, accuracy)
        };
        let (loss, spread, _) = train(true);
        assert!(loss < 1e-3 && spread < 0.02, "naive: loss {loss}, spread {spread}");
        let (_, spread, accuracy) = train(false);
        assert!(spread > 0.5 && accuracy > 0.9, "margin: spread {spread}, accuracy {accuracy}");
    }
}
