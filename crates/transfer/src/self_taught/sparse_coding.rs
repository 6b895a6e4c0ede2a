//! Sparse coding of whole inputs, as in the paper that named self-taught learning.
//!
//! Raina, Battle, Lee, Packer and Ng (2007): inputs are reduced by principal components of the
//! unlabelled data, a dictionary is learnt on them, and a labelled input's features are its code by
//! that dictionary, with the same β.

use super::dictionary;
use super::encoding::Encoding;
use super::features::{Encode, Features, Learner, flat, rows};
use super::lasso::{Lasso, mean_nonzeros};
use super::pca::{Projection, checked};
use super::spectrum::Spectrum;
use crate::TransferError;
use crate::error::setting;
use crate::fit::Observer;
use crate::matrix::{matmul_nt, sizes};
use crate::parts::Parts;
use datasets::Unlabelled;
use std::collections::BTreeMap;
use tensor_autograd::Tensor;

/// Learns sparse codes of whole inputs.
#[derive(Clone, Debug)]
pub struct SparseCoding {
    atoms: usize,
    beta: f64,
    components: usize,
    rounds: usize,
    seed: u64,
}

impl SparseCoding {
    /// A dictionary of `atoms`, no more than there are samples. `beta` is for inputs whose
    /// components have a mean variance of 1: it needs no other value for other units.
    pub fn new(atoms: usize, beta: f64) -> Self {
        SparseCoding { atoms, beta, components: 100, rounds: 25, seed: 0 }
    }

    /// Principal components that inputs are reduced to; 100.
    pub fn components(mut self, components: usize) -> Self {
        self.components = components;
        self
    }

    /// Rounds of learning at the most; 25.
    pub fn rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds;
        self
    }

    /// The seed of the samples that the dictionary starts from.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

impl Learner for SparseCoding {
    fn learn(
        &self,
        source: &Unlabelled,
        observer: &mut dyn Observer,
    ) -> Result<Features, TransferError> {
        let beta = self.beta > 0.0 && self.beta.is_finite();
        setting("beta", self.beta, beta, "positive")?;
        setting("rounds", self.rounds, self.rounds > 0, "at least 1")?;
        let enough = (1..=source.len()).contains(&self.atoms);
        setting(
            "atoms",
            self.atoms,
            enough,
            "at least 1, and no more than the source has samples",
        )?;
        let components = checked(self.components, source)?;
        let x = rows(source)?;
        let spectrum = Spectrum::of(&x, source.name())?;
        // One factor for all components: their proportions are the data's, only the unit is ours.
        let mean = spectrum.variances[..components].iter().sum::<f64>() / components as f64;
        let (matrix, shift) = spectrum.projection(components, |_| 1.0 / mean.sqrt());
        let reduce = Projection { matrix, shift };
        let plan = dictionary::Plan {
            atoms: self.atoms,
            beta: self.beta,
            rounds: self.rounds,
            seed: self.seed,
        };
        let (atoms, history) = dictionary::learn(&reduce.apply(&x), &plan, observer)?;
        let lasso = Lasso::new(&atoms, self.beta);
        Ok(Features::new(source, Codes { reduce, atoms, lasso }, history))
    }
}

/// Codes of inputs that were reduced.
pub(super) struct Codes {
    reduce: Projection,
    atoms: Tensor,
    lasso: Lasso,
}

impl Codes {
    /// Those that were saved, of inputs of `d` numbers.
    pub(super) fn saved(d: usize, beta: f64, parts: &mut Parts) -> Result<Self, String> {
        let reduce = Projection::saved(d, parts)?;
        let atoms = parts.atoms("dictionary.atoms", reduce.shift.len())?;
        let lasso = Lasso::new(&atoms, beta);
        Ok(Codes { reduce, atoms, lasso })
    }
}

impl Encode for Codes {
    fn width(&self) -> usize {
        sizes(&self.atoms)[0]
    }
    fn encode(&self, x: &Tensor) -> Tensor {
        self.lasso.codes(&self.reduce.apply(&flat(x)), None)
    }
    fn encoding(&self) -> Encoding {
        Encoding::SparseCoding { beta: self.lasso.beta() }
    }
    fn parameters(&self) -> BTreeMap<String, Tensor> {
        let mut all = self.reduce.parameters();
        all.insert("dictionary.atoms".into(), self.atoms.clone());
        all
    }
    fn bases(&self, sample: &[usize]) -> Option<Tensor> {
        let [c, h, w] = *sample else { return None };
        // The components are orthogonal: their transpose leads back to pictures.
        let pictures = matmul_nt(&self.atoms, &self.reduce.matrix);
        Some(pictures.reshape([self.width(), c, h, w]))
    }
    fn nonzeros(&self, x: &Tensor) -> Option<f64> {
        Some(mean_nonzeros(&self.encode(x)))
    }
}
