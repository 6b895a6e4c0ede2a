//! Initial values of weights.
//!
//! The layers draw PyTorch's defaults by themselves. To start from another distribution, draw again
//! by name:
//!
//! ```
//! use nn_layers::{Linear, init, relu, seq};
//! use tensor_autograd::Rng;
//!
//! let rng = &mut Rng::seed(0);
//! let mut net = seq![Linear::new(64, 32, rng), relu, Linear::new(32, 4, rng)];
//! let gain = init::Nonlinearity::Relu.gain();
//! init::apply(&mut net, "*.weight", |shape| init::kaiming_normal(shape, init::Fan::In, gain, rng));
//! init::apply(&mut net, "*.bias", |shape| init::constant(shape, 0.0));
//! ```
//!
//! With fan-in `i` and fan-out `o` (of a weight `[out, in, taps..]`: `in·taps` and `out·taps`):
//!
//! | | standard deviation | source |
//! |---|---|---|
//! | Kaiming | `gain / √i` (or `√o`) | He et al., *Delving Deep into Rectifiers*, 2015 |
//! | Xavier | `gain · √(2 / (i + o))` | Glorot and Bengio, *Understanding the difficulty of training deep feedforward neural networks*, 2010 |
//! | orthogonal | rows or columns orthonormal, times `gain` | Saxe et al., *Exact solutions to the nonlinear dynamics of learning*, 2014 |

mod orthogonal;
mod truncated;

pub use orthogonal::orthogonal;
pub use truncated::truncated_normal;

use tensor_autograd::{Module, Pattern, Real, Rng, Shape, Tensor};

/// Which side of a weight keeps the variance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fan {
    /// The forward pass keeps the variance of the activations.
    In,
    /// The backward pass keeps the variance of the gradients.
    Out,
}

/// The function after a layer, for the [`gain`](Nonlinearity::gain) that makes up for it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Nonlinearity {
    /// None, or a convolution's or linear layer's own value: 1.
    Linear,
    /// 1.
    Sigmoid,
    /// 5/3.
    Tanh,
    /// √2.
    Relu,
    /// √(2 / (1 + slope²)).
    LeakyRelu(Real),
    /// 3/4.
    Selu,
}

impl Nonlinearity {
    /// The factor on the standard deviation, as `torch.nn.init.calculate_gain`.
    pub fn gain(self) -> Real {
        match self {
            Nonlinearity::Linear | Nonlinearity::Sigmoid => 1.0,
            Nonlinearity::Tanh => 5.0 / 3.0,
            Nonlinearity::Relu => (2.0 as Real).sqrt(),
            Nonlinearity::LeakyRelu(slope) => (2.0 / (1.0 + slope * slope)).sqrt(),
            Nonlinearity::Selu => 0.75,
        }
    }
}

/// Fan-in and fan-out of a weight `[out, in, taps..]`.
///
/// # Panics
/// With fewer than two axes.
#[track_caller]
pub fn fans(shape: &Shape) -> (usize, usize) {
    assert!(shape.rank() >= 2, "fan-in and fan-out need a weight [out, in, ..], not {shape}");
    let taps: usize = shape[2..].iter().product();
    (shape[1] * taps, shape[0] * taps)
}

/// Gives every parameter that the pattern names the value that `draw` makes for its shape; returns
/// how many it named.
///
/// # Panics
/// If `draw` returns another shape.
#[track_caller]
pub fn apply<M: Module + ?Sized>(
    module: &mut M,
    pattern: impl Into<Pattern>,
    mut draw: impl FnMut(Shape) -> Tensor,
) -> usize {
    let pattern = pattern.into();
    let mut named = 0;
    for (name, p) in module.named_params_mut() {
        if pattern.matches(&name) {
            let value = draw(p.shape());
            assert_eq!(value.shape(), p.shape(), "the initial value of `{name}`");
            p.value = value;
            named += 1;
        }
    }
    named
}

/// Every element `value`.
pub fn constant(shape: impl Into<Shape>, value: Real) -> Tensor {
    Tensor::full(shape, value)
}

/// Uniform in `[low, high)`.
pub fn uniform(shape: impl Into<Shape>, low: Real, high: Real, rng: &mut Rng) -> Tensor {
    Tensor::uniform(shape, low..high, rng)
}

/// Normal with this mean and standard deviation.
pub fn normal(shape: impl Into<Shape>, mean: Real, std: Real, rng: &mut Rng) -> Tensor {
    Tensor::normal(shape, mean, std, rng)
}

/// Kaiming uniform: `U(-b, b)` with `b = gain · √(3 / fan)`.
///
/// # Panics
/// If the shape has fewer than two axes.
#[track_caller]
pub fn kaiming_uniform(shape: impl Into<Shape>, fan: Fan, gain: Real, rng: &mut Rng) -> Tensor {
    let shape = shape.into();
    symmetric(shape, (3.0 as Real).sqrt() * kaiming_std(&shape, fan, gain), rng)
}

/// Kaiming normal: `N(0, gain² / fan)`.
///
/// # Panics
/// If the shape has fewer than two axes.
#[track_caller]
pub fn kaiming_normal(shape: impl Into<Shape>, fan: Fan, gain: Real, rng: &mut Rng) -> Tensor {
    let shape = shape.into();
    Tensor::normal(shape, 0.0, kaiming_std(&shape, fan, gain), rng)
}

/// Xavier (Glorot) uniform: `U(-b, b)` with `b = gain · √(6 / (fan_in + fan_out))`.
///
/// # Panics
/// If the shape has fewer than two axes.
#[track_caller]
pub fn xavier_uniform(shape: impl Into<Shape>, gain: Real, rng: &mut Rng) -> Tensor {
    let shape = shape.into();
    symmetric(shape, (3.0 as Real).sqrt() * xavier_std(&shape, gain), rng)
}

/// Xavier (Glorot) normal: `N(0, gain² · 2 / (fan_in + fan_out))`.
///
/// # Panics
/// If the shape has fewer than two axes.
#[track_caller]
pub fn xavier_normal(shape: impl Into<Shape>, gain: Real, rng: &mut Rng) -> Tensor {
    let shape = shape.into();
    Tensor::normal(shape, 0.0, xavier_std(&shape, gain), rng)
}

/// PyTorch's default of linear layers and convolutions: Kaiming uniform for a leaky ReLU of slope
/// √5, that is `U(-1/√fan_in, 1/√fan_in)` for the weight, and the same for the bias.
pub(crate) fn default_weight_and_bias(
    weight: impl Into<Shape>,
    bias: usize,
    rng: &mut Rng,
) -> (Tensor, Tensor) {
    let weight = weight.into();
    let gain = Nonlinearity::LeakyRelu((5.0 as Real).sqrt()).gain();
    let bound = 1.0 / (fans(&weight).0.max(1) as Real).sqrt();
    (kaiming_uniform(weight, Fan::In, gain, rng), symmetric([bias].into(), bound, rng))
}

#[track_caller]
fn kaiming_std(shape: &Shape, fan: Fan, gain: Real) -> Real {
    let (fan_in, fan_out) = fans(shape);
    let fan = if fan == Fan::In { fan_in } else { fan_out };
    gain / (fan.max(1) as Real).sqrt()
}

#[track_caller]
fn xavier_std(shape: &Shape, gain: Real) -> Real {
    let (fan_in, fan_out) = fans(shape);
    gain * (2.0 / (fan_in + fan_out).max(1) as Real).sqrt()
}

fn symmetric(shape: Shape, bound: Real, rng: &mut Rng) -> Tensor {
    Tensor::uniform(shape, -bound..bound, rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean, standard deviation and largest magnitude.
    fn moments(t: &Tensor) -> (f64, f64, f64) {
        let xs: Vec<f64> = t.as_slice().iter().map(|&x| f64::from(x)).collect();
        let mean = xs.iter().sum::<f64>() / xs.len() as f64;
        let var = xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / xs.len() as f64;
        (mean, var.sqrt(), xs.iter().fold(0.0, |m, x| x.abs().max(m)))
    }

    #[track_caller]
    fn check(t: &Tensor, std: f64, bound: f64) {
        let (mean, got, largest) = moments(t);
        let n = (t.len() as f64).sqrt();
        assert!(mean.abs() < 4.0 * std / n, "mean {mean}");
        // Of a normal or uniform sample, the relative error of the deviation is below 1 / √n.
        assert!((got / std - 1.0).abs() < 4.0 / n, "standard deviation {got}, not {std}");
        assert!(largest <= bound * (1.0 + 1e-6), "{largest} is outside of ±{bound}");
        if bound.is_finite() {
            assert!(largest > 0.99 * bound, "{largest} stays far from ±{bound}");
        }
    }

    #[test]
    fn the_named_distributions_have_their_moments_and_bounds() {
        let rng = &mut Rng::seed(0);
        let shape = [64, 32, 3, 3]; // fan-in 288, fan-out 576
        let root = f64::sqrt;
        let relu = Nonlinearity::Relu.gain();
        let t = kaiming_uniform(shape, Fan::In, relu, rng);
        check(&t, root(2.0 / 288.0), root(6.0 / 288.0));
        let t = kaiming_uniform(shape, Fan::Out, 1.0, rng);
        check(&t, root(1.0 / 576.0), root(3.0 / 576.0));
        check(&kaiming_normal(shape, Fan::Out, relu, rng), root(2.0 / 576.0), f64::INFINITY);
        check(&xavier_uniform(shape, 2.0, rng), 2.0 * root(2.0 / 864.0), 2.0 * root(6.0 / 864.0));
        check(&xavier_normal(shape, 1.0, rng), root(2.0 / 864.0), f64::INFINITY);
        check(&uniform(shape, -0.5, 0.5, rng), root(1.0 / 12.0), 0.5);
        check(&normal(shape, 0.0, 0.02, rng), 0.02, f64::INFINITY);
        assert_eq!(moments(&constant(shape, 3.0)), (3.0, 0.0, 3.0));
    }

    #[test]
    fn the_default_is_uniform_within_one_over_the_root_of_the_fan_in() {
        let (weight, bias) = default_weight_and_bias([500, 100], 500, &mut Rng::seed(0));
        check(&weight, 0.1 / f64::sqrt(3.0), 0.1);
        check(&bias, 0.1 / f64::sqrt(3.0), 0.1);
    }

    #[test]
    fn gains_are_the_published_ones() {
        let gains = [
            (Nonlinearity::Linear, 1.0),
            (Nonlinearity::Sigmoid, 1.0),
            (Nonlinearity::Tanh, 1.666_666_7),
            (Nonlinearity::Relu, std::f64::consts::SQRT_2 as Real),
            (Nonlinearity::LeakyRelu(0.2), 1.386_750_5),
            (Nonlinearity::Selu, 0.75),
        ];
        for (f, want) in gains {
            assert!((f.gain() - want).abs() < 1e-6, "{f:?}: {}", f.gain());
        }
    }

    #[test]
    fn a_pattern_chooses_what_is_drawn_again() {
        let rng = &mut Rng::seed(0);
        let mut net = crate::seq![crate::Linear::new(2, 3, rng), crate::Linear::new(3, 1, rng)];
        let before = net.state_dict();
        assert_eq!(apply(&mut net, "*.bias", |shape| constant(shape, 0.5)), 2);
        let after = net.state_dict();
        assert_eq!(after["0.weight"], before["0.weight"]);
        assert_eq!(after["1.bias"], Tensor::full([1], 0.5));
    }

    #[test]
    #[should_panic(expected = "need a weight [out, in, ..], not [5]")]
    fn a_vector_has_no_fans() {
        kaiming_normal([5], Fan::In, 1.0, &mut Rng::seed(0));
    }
}
