//! Autoencoders: networks that give back what they were given, and learn features on the way.
//!
//! An encoder `h(x)` and a linear decoder `r(h)` minimise the mean of **½ ‖r(h(x̃)) - x‖²**, with
//! what keeps them from copying:
//!
//! * *sparse* (Ng, 2011, the "UFLDL" notes): **β Σ_j KL(ρ ‖ ρ̂_j)** is added, where `ρ̂_j` is the mean
//!   activity of unit `j`, here over a batch, so that each unit is seldom active;
//! * *denoising* (Vincent et al., 2008): `x̃` is `x` with some numbers set to 0;
//! * *convolutional* (Masci et al., 2011): two strided convolutions and their transposes on images
//!   with noise as above, so that a unit sees a small square only.

use super::encoding::Encoding;
use super::features::{Encode, Features, Learner, inputs};
use crate::batches::Stream;
use crate::error::setting;
use crate::fit::{At, Checkpoints, Means, Objective, Observer, fit};
use crate::input::Normalizer;
use crate::parts::Parts;
use crate::{History, Normalize, Training, TransferError};
use datasets::Unlabelled;
use nn_layers::{Conv2d, ConvTranspose2d, Layer, Linear, Sequential, flatten, relu, seq, sigmoid};
use optim::Adam;
use std::collections::BTreeMap;
use tensor_autograd::{Grads, Module, Real, Rng, Tensor, Var, eval, grad, module};

/// Learns the hidden units of an autoencoder.
#[derive(Clone, Debug)]
pub struct Autoencoder {
    kind: Kind,
    units: usize,
    corruption: f64,
    rho: f64,
    beta: f64,
    untrained: bool,
    training: Training,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Dense,
    Convolutional,
}

impl Autoencoder {
    /// Sigmoid units whose mean activity is held near ρ = 0.1 with weight β = 3.
    pub fn sparse(units: usize) -> Self {
        Autoencoder { beta: 3.0, ..Autoencoder::new(Kind::Dense, units, 0.0) }
    }

    /// Sigmoid units, a quarter of the inputs set to 0.
    pub fn denoising(units: usize) -> Self {
        Autoencoder::new(Kind::Dense, units, 0.25)
    }

    /// `units` channels of 5 × 5 filters, then as many again, each at half the size, a quarter of
    /// the inputs set to 0. For images whose height and width are multiples of 4.
    pub fn convolutional(units: usize) -> Self {
        Autoencoder::new(Kind::Convolutional, units, 0.25)
    }

    fn new(kind: Kind, units: usize, corruption: f64) -> Self {
        let training = Training { lr: 1e-3, normalize: Normalize::None, ..Training::default() };
        Autoencoder { kind, units, corruption, rho: 0.1, beta: 0.0, untrained: false, training }
    }

    /// The share of the inputs that is set to 0, in `[0, 1)`.
    pub fn corruption(mut self, share: f64) -> Self {
        self.corruption = share;
        self
    }

    /// ρ, the activity that each unit is held to, in `(0, 1)`; for sigmoid units.
    pub fn rho(mut self, rho: f64) -> Self {
        self.rho = rho;
        self
    }

    /// β, the weight of the activities' distance from ρ; 0 or positive.
    pub fn beta(mut self, beta: f64) -> Self {
        self.beta = beta;
        self
    }

    /// The control: the network as it was drawn.
    pub fn untrained(mut self) -> Self {
        self.untrained = true;
        self
    }

    /// Epochs, steps, batch size, learning rate (of Adam, constant), weight decay, seed, and how the
    /// inputs are normalised. Momentum and the rate's decay are not used.
    pub fn training(mut self, training: Training) -> Self {
        self.training = training;
        self
    }

    /// Passes over the source; 10.
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.training.epochs = epochs;
        self
    }

    /// The seed of everything random.
    pub fn seed(mut self, seed: u64) -> Self {
        self.training.seed = seed;
        self
    }

    /// Where checkpoints go.
    pub fn checkpoints(mut self, checkpoints: Checkpoints) -> Self {
        self.training.checkpoints = Some(checkpoints);
        self
    }

    fn net(&self, source: &Unlabelled) -> Result<Net, TransferError> {
        let (rng, k) = (&mut Rng::seed(self.training.seed).fork("init"), self.units);
        if self.kind == Kind::Dense {
            return Ok(Net::dense(source.sample_shape().iter().product(), k, rng));
        }
        match *source.sample_shape() {
            [c, h, w] if h % 4 == 0 && w % 4 == 0 => Ok(Net::convolutional(c, k, rng)),
            ref shape => Err(TransferError::Unsuitable {
                data: source.name().into(),
                problem: format!("samples of shape {shape:?} do not halve twice"),
                remedy: "give images whose height and width are multiples of 4",
            }),
        }
    }
}

impl Learner for Autoencoder {
    fn learn(
        &self,
        source: &Unlabelled,
        observer: &mut dyn Observer,
    ) -> Result<Features, TransferError> {
        setting("units", self.units, self.units > 0, "at least 1")?;
        let share = (0.0..1.0).contains(&self.corruption);
        setting("corruption", self.corruption, share, "in [0, 1)")?;
        setting("rho", self.rho, self.rho > 0.0 && self.rho < 1.0, "in (0, 1)")?;
        let sigmoid = self.kind == Kind::Dense || self.beta == 0.0;
        let beta = self.beta >= 0.0 && self.beta.is_finite() && sigmoid;
        setting("beta", self.beta, beta, "0 or positive, and 0 for convolutions")?;
        inputs(source)?;
        let own = (self.kind, self.units, self.corruption, self.rho, self.beta);
        let plan = self.training.plan(&format!("autoencoder {own:?}"), source.len())?;
        let (patience, range) = (plan.patience, "left out: there is no criterion");
        setting("patience", patience.unwrap_or(0), patience.is_none(), range)?;
        let normalizer = Normalizer::fit(self.training.normalize, source);
        let mut net = self.net(source)?;
        let mut history = History::default();
        if !self.untrained {
            let stream = Stream::new(source, &normalizer, &self.training, self.training.seed)?;
            let decay = self.training.weight_decay;
            let adam = Adam::new(self.training.lr).weight_decay(decay).bind(&net)?;
            let mut objective = Reconstruction { stream, settings: self };
            let fitted = fit(&mut objective, net, adam, &plan, observer)?;
            (net, history) = (fitted.net, fitted.history);
        }
        let width = eval(|t| {
            let shape: Vec<usize> = [&[1], source.sample_shape()].concat();
            net.encode(t.constant(Tensor::zeros(shape.as_slice()))).shape()[1]
        });
        let features = Features::new(source, Hidden { kind: self.kind, net, width }, history);
        Ok(features.normalized(normalizer))
    }
}

#[derive(Clone)]
struct Net {
    encoder: Sequential,
    decoder: Sequential,
}
module!(Net: encoder, decoder);

impl Net {
    /// From `d` numbers to `k` units and back.
    fn dense(d: usize, k: usize, rng: &mut Rng) -> Self {
        Net {
            encoder: seq![flatten, Linear::new(d, k, rng), sigmoid],
            decoder: seq![Linear::new(k, d, rng)],
        }
    }

    /// From `c` channels to `k` at a quarter of the size and back.
    fn convolutional(c: usize, k: usize, rng: &mut Rng) -> Self {
        Net {
            encoder: seq![
                Conv2d::new(c, k, 5, rng).stride(2).padding(2),
                relu,
                Conv2d::new(k, k, 5, rng).stride(2).padding(2),
                relu,
            ],
            decoder: seq![
                ConvTranspose2d::new(k, k, 4, rng).stride(2).padding(1),
                relu,
                ConvTranspose2d::new(k, c, 4, rng).stride(2).padding(1),
            ],
        }
    }

    /// Hidden units `[n, width]`.
    fn encode<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.encoder.forward(x).flatten(1)
    }
}

struct Reconstruction<'a> {
    stream: Stream,
    settings: &'a Autoencoder,
}

impl Objective for Reconstruction<'_> {
    type Net = Net;

    fn step(&mut self, net: &Net, at: At, rng: &mut Rng, means: &mut Means) -> (Real, Grads) {
        let x = self.stream.batch(at.step);
        let n = x.shape()[0];
        let share = self.settings.corruption as Real;
        let noisy = match share > 0.0 {
            true => Tensor::build(x.shape(), |out| {
                for (out, x) in out.iter_mut().zip(x.as_slice()) {
                    *out = if rng.uniform() < share { 0.0 } else { *x };
                }
            }),
            false => x.clone(),
        };
        grad(rng, |t| {
            let hidden = net.encoder.forward(t.constant(noisy));
            let difference = net.decoder.forward(hidden).flatten(1) - t.constant(x).flatten(1);
            let error = (difference * difference).sum(..) * (0.5 / n as Real);
            means.add("reconstruction", f64::from(error.value().item()));
            if self.settings.beta == 0.0 {
                return error;
            }
            let activity = hidden.mean(0);
            means
                .add("activity", f64::from(activity.value().sum()) / activity.value().len() as f64);
            let divergence = divergence(activity, self.settings.rho as Real);
            means.add("divergence", f64::from(divergence.value().item()));
            error + divergence * self.settings.beta as Real
        })
    }
}

/// **Σ_j ρ ln(ρ/ρ̂_j) + (1 - ρ) ln((1 - ρ)/(1 - ρ̂_j))** of activities `[k]`.
fn divergence(activity: Var<'_>, rho: Real) -> Var<'_> {
    let k = activity.shape()[0] as Real;
    let entropy = rho * rho.ln() + (1.0 - rho) * (1.0 - rho).ln();
    let a = activity.clamp(1e-6, 1.0 - 1e-6);
    let cross = a.ln() * rho + a.affine(-1.0, 1.0).ln() * (1.0 - rho);
    cross.sum(..).affine(-1.0, entropy * k)
}

/// The hidden units of samples.
pub(super) struct Hidden {
    kind: Kind,
    net: Net,
    width: usize,
}

impl Hidden {
    /// Those that were saved, for samples of this shape.
    pub(super) fn saved(
        sample: &[usize],
        convolutional: bool,
        parts: &mut Parts,
    ) -> Result<Self, String> {
        let rng = &mut Rng::seed(0);
        let (kind, mut net, width) = match (convolutional, sample) {
            (false, _) => {
                let [k, d] = parts.shape("encoder.1.weight")?;
                if sample.iter().product::<usize>() != d {
                    return Err(format!("`encoder.1.weight` is not for samples {sample:?}"));
                }
                (Kind::Dense, Net::dense(d, k, rng), k)
            }
            (true, &[c, h, w]) if h % 4 == 0 && w % 4 == 0 => {
                // Its second convolution holds k times k filters, as both ways back do.
                let [k, before, ..] = parts.shape::<4>("encoder.2.weight")?;
                let [_, channels, ..] = parts.shape::<4>("encoder.0.weight")?;
                if before != k || channels != c {
                    return Err(format!("its filters are not for samples {sample:?}"));
                }
                (Kind::Convolutional, Net::convolutional(c, k, rng), k * (h / 4) * (w / 4))
            }
            _ => return Err(format!("samples {sample:?} do not halve twice")),
        };
        parts.load_into(&mut net)?;
        Ok(Hidden { kind, net, width })
    }
}

impl Encode for Hidden {
    fn width(&self) -> usize {
        self.width
    }
    fn encode(&self, x: &Tensor) -> Tensor {
        eval(|t| self.net.encode(t.constant(x)).value())
    }
    fn encoding(&self) -> Encoding {
        Encoding::Autoencoder { convolutional: self.kind == Kind::Convolutional }
    }
    fn parameters(&self) -> BTreeMap<String, Tensor> {
        self.net.state_dict()
    }
    fn bases(&self, sample: &[usize]) -> Option<Tensor> {
        let params = self.net.encoder.named_params();
        let weight = &params.iter().find(|(name, _)| name.ends_with("weight"))?.1.value;
        let colours = |c: usize| matches!(c, 1 | 3);
        match (&weight.shape()[..], sample) {
            (&[k, d], &[c, h, w]) if d == c * h * w && colours(c) => {
                Some(weight.reshape([k, c, h, w]))
            }
            (&[_, c, _, _], _) if colours(c) => Some(weight.clone()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::Progress;
    use datasets::synthetic;

    fn learnt(learner: &Autoencoder) -> Features {
        let letters = synthetic::letters(200, 0).without_labels();
        learner.learn(&letters, &mut Progress::silent()).unwrap()
    }

    #[test]
    fn the_divergence_is_bernoullis() {
        let value = |a: Vec<Real>, rho| {
            eval(|t| divergence(t.constant(Tensor::new([a.len()], a)), rho).value().item())
        };
        assert!(value(vec![0.1, 0.1], 0.1).abs() < 1e-6);
        // 0.1 ln(0.1 / 0.5) + 0.9 ln(0.9 / 0.5)
        assert!((value(vec![0.5, 0.1], 0.1) - 0.368_064).abs() < 1e-5);
        assert!(value(vec![0.0, 1.0], 0.1).is_finite());
    }

    #[test]
    fn units_are_held_to_their_activity_and_inputs_are_rebuilt() {
        let sparse = learnt(&Autoencoder::sparse(30).epochs(40));
        let of = |name| sparse.history().trace(name);
        let (first, last) = (of("reconstruction")[0], sparse.history().last("reconstruction"));
        assert!(last < Some(0.8 * first), "{first} to {last:?}");
        let activity = sparse.history().last("activity").unwrap();
        assert!((0.05..0.2).contains(&activity), "{activity}");
    }

    #[test]
    fn every_kind_has_its_width_and_pictures() {
        let digits = synthetic::digits(3, 0).without_labels();
        for (learner, width, picture) in [
            (Autoencoder::denoising(12).epochs(1), 12, [12, 1, 28, 28]),
            (Autoencoder::convolutional(6).epochs(1), 6 * 49, [6, 1, 5, 5]),
            (Autoencoder::convolutional(6).untrained(), 6 * 49, [6, 1, 5, 5]),
        ] {
            let features = learnt(&learner);
            assert_eq!(*features.encode(&digits).unwrap().shape(), [3, width]);
            assert_eq!(features.bases().unwrap().shape(), picture);
        }
        let trained = learnt(&Autoencoder::denoising(12).epochs(1)).digest();
        assert_ne!(trained, learnt(&Autoencoder::denoising(12).untrained()).digest());
        assert_eq!(trained, learnt(&Autoencoder::denoising(12).epochs(1)).digest());
    }

    #[test]
    fn settings_out_of_range_are_errors() {
        let letters = synthetic::letters(20, 0).without_labels();
        let text = |learner: Autoencoder| {
            learner.learn(&letters, &mut Progress::silent()).unwrap_err().to_string()
        };
        assert!(text(Autoencoder::sparse(0)).starts_with("`units` is 0"));
        assert!(text(Autoencoder::denoising(3).corruption(1.0)).starts_with("`corruption` is 1"));
        assert!(text(Autoencoder::sparse(3).rho(0.0)).starts_with("`rho` is 0"));
        assert!(text(Autoencoder::convolutional(3).beta(1.0)).starts_with("`beta` is 1"));
    }
}
