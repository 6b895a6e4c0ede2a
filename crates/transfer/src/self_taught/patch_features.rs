//! Features of an image from its patches: whitened, coded, and summed over regions.
//!
//! Coates, Ng and Lee (2011): patches at random places of unlabelled images are normalised and
//! whitened, and a dictionary is learnt from them. An image is then coded patch by patch, and the
//! codes of each quadrant are averaged. What the strokes of letters have in common with those of
//! digits is in such patches; a whole letter has little to do with a whole digit.

use super::dictionary;
use super::encoding::Encoding;
use super::features::{Encode, Features, Learner};
use super::lasso::{Lasso, mean_nonzeros};
use super::lloyd::k_means;
use super::patches::Patches;
use super::pca::Projection;
use super::spectrum::Spectrum;
use crate::error::setting;
use crate::fit::Observer;
use crate::matrix::{matmul_nt, select, sizes, square_norms};
use crate::parts::Parts;
use crate::{History, TransferError};
use datasets::Unlabelled;
use std::collections::BTreeMap;
use tensor_autograd::{Real, Rng, Tensor};

/// Patches that are coded at once.
const CHUNK: usize = 16_384;

/// Learns features on patches of images.
#[derive(Clone, Debug)]
pub struct PatchFeatures {
    code: Code,
    atoms: usize,
    patch: usize,
    pool: usize,
    patches: usize,
    whitening: f64,
    rounds: usize,
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Code {
    KMeans,
    Random,
    Sparse { beta: f64 },
}

impl PatchFeatures {
    /// Centroids by k-means, and the "triangle" code **max(0, mean(z) - z_k)**, where `z_k` is the
    /// distance to centroid `k`: about half of a code is 0.
    pub fn k_means(centroids: usize) -> Self {
        PatchFeatures::new(Code::KMeans, centroids)
    }

    /// The control: patches at random in place of centroids, coded in the same way.
    pub fn random(patches: usize) -> Self {
        PatchFeatures::new(Code::Random, patches)
    }

    /// A dictionary by sparse coding, and codes with the same `beta`; the positive and the negative
    /// parts are features of their own, for they would cancel in the mean (Coates and Ng, 2011).
    pub fn sparse_coding(atoms: usize, beta: f64) -> Self {
        PatchFeatures::new(Code::Sparse { beta }, atoms)
    }

    fn new(code: Code, atoms: usize) -> Self {
        let patches = if matches!(code, Code::Sparse { .. }) { 10_000 } else { 30_000 };
        let (patch, pool, whitening, rounds) = (8, 2, 0.1, 25);
        PatchFeatures { code, atoms, patch, pool, patches, whitening, rounds, seed: 0 }
    }

    /// Side of a patch; 8.
    pub fn patch(mut self, side: usize) -> Self {
        self.patch = side;
        self
    }

    /// Codes are averaged over `pool × pool` regions; 2, the quadrants.
    pub fn pool(mut self, pool: usize) -> Self {
        self.pool = pool;
        self
    }

    /// Patches to learn from; 30 000, for sparse coding 10 000.
    pub fn patches(mut self, patches: usize) -> Self {
        self.patches = patches;
        self
    }

    /// What is added to the variances in whitening; 0.1. Positive.
    pub fn whitening(mut self, epsilon: f64) -> Self {
        self.whitening = epsilon;
        self
    }

    /// Rounds of learning at the most; 25.
    pub fn rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds;
        self
    }

    /// The seed of patches and of what learning starts from.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

impl Learner for PatchFeatures {
    fn learn(
        &self,
        source: &Unlabelled,
        observer: &mut dyn Observer,
    ) -> Result<Features, TransferError> {
        let geometry = Patches::new(self.patch, source)?;
        let pools = (1..=geometry.places()[0].min(geometry.places()[1])).contains(&self.pool);
        setting("pool", self.pool, pools, "at least 1, and no more than places of a patch")?;
        let whitening = self.whitening > 0.0 && self.whitening.is_finite();
        setting("whitening", self.whitening, whitening, "positive")?;
        setting("rounds", self.rounds, self.rounds > 0, "at least 1")?;
        let enough = (1..=self.patches).contains(&self.atoms);
        setting("atoms", self.atoms, enough, "at least 1, and no more than patches")?;
        if let Code::Sparse { beta } = self.code {
            setting("beta", beta, beta > 0.0 && beta.is_finite(), "positive")?;
        }
        let mut rng = Rng::seed(self.seed).fork("patches");
        let patches = geometry.sample(source, self.patches, &mut rng)?;
        let (matrix, shift) = Spectrum::of(&patches, source.name())?.whitening(self.whitening);
        let white = Projection { matrix, shift };
        let x = white.apply(&patches);
        let (atoms, history) = match self.code {
            Code::KMeans => k_means(&x, self.atoms, self.rounds, self.seed, observer)?,
            Code::Random => {
                let rows: Vec<usize> = (0..self.atoms).collect();
                (select(&x, &rows), History::default())
            }
            Code::Sparse { beta } => {
                let (atoms, rounds, seed) = (self.atoms, self.rounds, self.seed);
                dictionary::learn(&x, &dictionary::Plan { atoms, beta, rounds, seed }, observer)?
            }
        };
        let coder = match self.code {
            Code::Sparse { beta } => Coder::Sparse(Lasso::new(&atoms, beta)),
            _ => Coder::Triangle { norms: square_norms(&atoms) },
        };
        let encoder = Encoder { geometry, white, atoms, coder, pool: self.pool };
        Ok(Features::new(source, encoder, history))
    }
}

enum Coder {
    Triangle { norms: Vec<f64> },
    Sparse(Lasso),
}

/// Codes of patches, averaged over regions.
pub(super) struct Encoder {
    geometry: Patches,
    white: Projection,
    atoms: Tensor,
    coder: Coder,
    pool: usize,
}

impl Encoder {
    /// The one that was saved: for images of this shape, patches of `side`, `pool × pool` regions,
    /// and sparse codes if there is a `beta`.
    pub(super) fn saved(
        image: [usize; 3],
        [side, pool]: [usize; 2],
        beta: Option<f64>,
        parts: &mut Parts,
    ) -> Result<Self, String> {
        let [_, h, w] = image;
        if side < 2 || side > h.min(w) || pool < 1 || pool > h.min(w) - side + 1 {
            return Err(format!("patches of {side} in {pool} x {pool} regions of {h} x {w}"));
        }
        let geometry = Patches { side, image };
        let white = Projection::saved(geometry.len(), parts)?;
        let atoms = parts.atoms("patches.atoms", white.shift.len())?;
        let coder = match beta {
            Some(beta) => Coder::Sparse(Lasso::new(&atoms, beta)),
            None => Coder::Triangle { norms: square_norms(&atoms) },
        };
        Ok(Encoder { geometry, white, atoms, coder, pool })
    }

    /// Numbers of one patch's code.
    fn code(&self) -> usize {
        let k = self.atoms.shape()[0];
        if matches!(self.coder, Coder::Sparse(_)) { 2 * k } else { k }
    }

    /// Adds the code of each patch to the region that it lies in.
    fn pool(&self, codes: &Tensor, n: usize, add: impl Fn(&[Real], &mut [Real])) -> Tensor {
        let ([rows, columns], k) = (self.geometry.places(), codes.shape()[1]);
        let region = |at: usize, of: usize| at * self.pool / of;
        let mut counts = vec![0; self.pool * self.pool];
        for at in 0..rows * columns {
            counts[region(at / columns, rows) * self.pool + region(at % columns, columns)] += 1;
        }
        Tensor::build([n, self.width()], |out| {
            out.fill(0.0);
            let images = codes.as_slice().chunks_exact(rows * columns * k);
            for (out, codes) in out.chunks_exact_mut(self.width()).zip(images) {
                for (at, code) in codes.chunks_exact(k).enumerate() {
                    let r = region(at / columns, rows) * self.pool + region(at % columns, columns);
                    add(code, &mut out[r * self.code()..(r + 1) * self.code()]);
                }
                for (out, count) in out.chunks_exact_mut(self.code()).zip(&counts) {
                    out.iter_mut().for_each(|x| *x /= *count as Real);
                }
            }
        })
    }
}

impl Encode for Encoder {
    fn width(&self) -> usize {
        self.pool * self.pool * self.code()
    }

    fn encode(&self, x: &Tensor) -> Tensor {
        let n = x.shape()[0];
        let white = self.white.apply(&self.geometry.all(x));
        match &self.coder {
            Coder::Triangle { norms } => {
                self.pool(&distances(&white, &self.atoms, norms), n, |z, out| {
                    let mean = z.iter().sum::<Real>() / z.len() as Real;
                    out.iter_mut().zip(z).for_each(|(out, z)| *out += (mean - z).max(0.0));
                })
            }
            Coder::Sparse(lasso) => self.pool(&lasso.codes(&white, None), n, |code, out| {
                let (positive, negative) = out.split_at_mut(code.len());
                positive.iter_mut().zip(code).for_each(|(out, a)| *out += a.max(0.0));
                negative.iter_mut().zip(code).for_each(|(out, a)| *out -= a.min(0.0));
            }),
        }
    }

    fn encoding(&self) -> Encoding {
        let beta = match &self.coder {
            Coder::Triangle { .. } => None,
            Coder::Sparse(lasso) => Some(lasso.beta()),
        };
        Encoding::Patches { side: self.geometry.side, pool: self.pool, beta }
    }
    fn parameters(&self) -> BTreeMap<String, Tensor> {
        let mut all = self.white.parameters();
        all.insert("patches.atoms".into(), self.atoms.clone());
        all
    }

    fn bases(&self, _: &[usize]) -> Option<Tensor> {
        let ([k, _], side) = (sizes(&self.atoms), self.geometry.side);
        Some(self.atoms.reshape([k, self.geometry.image[0], side, side]))
    }

    fn nonzeros(&self, x: &Tensor) -> Option<f64> {
        let Coder::Sparse(lasso) = &self.coder else { return None };
        Some(mean_nonzeros(&lasso.codes(&self.white.apply(&self.geometry.all(x)), None)))
    }

    fn batch(&self) -> usize {
        let [rows, columns] = self.geometry.places();
        (CHUNK / (rows * columns)).max(1)
    }
}

/// The distance of each row to each atom, `[n, k]`.
fn distances(x: &Tensor, atoms: &Tensor, norms: &[f64]) -> Tensor {
    let k = norms.len();
    let norms: Vec<Real> = norms.iter().map(|n| *n as Real).collect();
    let mut z = matmul_nt(x, atoms);
    for (z, own) in z.make_mut().chunks_exact_mut(k).zip(square_norms(x)) {
        let own = own as Real;
        z.iter_mut().zip(&norms).for_each(|(z, n)| *z = (own + n - 2.0 * *z).max(0.0).sqrt());
    }
    z
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::Progress;
    use datasets::synthetic;

    fn learnt(learner: &PatchFeatures) -> Features {
        let letters = synthetic::letters(60, 0).without_labels();
        learner.learn(&letters, &mut Progress::silent()).unwrap()
    }

    #[test]
    fn every_code_has_its_width_and_pictures() {
        let digits = synthetic::digits(3, 0).without_labels();
        for (learner, width) in [
            (PatchFeatures::k_means(20).patches(500), 4 * 20),
            (PatchFeatures::random(20).patches(500).pool(1), 20),
            (PatchFeatures::sparse_coding(20, 1.0).patches(500).rounds(3), 4 * 40),
        ] {
            let features = learnt(&learner);
            let y = features.encode(&digits).unwrap();
            assert_eq!(*y.shape(), [3, width]);
            assert!(y.as_slice().iter().all(|x| *x >= 0.0) && y.sum() > 0.0);
            assert_eq!(features.bases().unwrap().shape(), [20, 1, 8, 8]);
        }
    }

    #[test]
    fn a_stroke_that_moves_within_its_quadrant_changes_little() {
        let features = learnt(&PatchFeatures::k_means(20).patches(500));
        let bar = |left: usize| {
            let ink = |i: usize| f32::from((left..left + 3).contains(&(i % 28)) && i / 28 < 12);
            let image = (0..784).map(ink).collect();
            let array = ndarray::ArrayD::from_shape_vec(vec![1, 1, 28, 28], image).unwrap();
            features.encode(&Unlabelled::new("bar", array).unwrap()).unwrap()
        };
        let apart = |a: &Tensor, b: &Tensor| a.zip(b, |a, b| (a - b) * (a - b)).sum();
        assert!(3.0 * apart(&bar(2), &bar(3)) < apart(&bar(2), &bar(20)));
    }

    #[test]
    fn more_atoms_than_patches_and_other_slips_are_errors() {
        let letters = synthetic::letters(20, 0).without_labels();
        let text = |learner: PatchFeatures| {
            learner.learn(&letters, &mut Progress::silent()).unwrap_err().to_string()
        };
        let plain = || PatchFeatures::k_means(20).patches(500);
        assert!(
            text(plain().patches(19)).starts_with("`atoms` is 20: it must be at least 1, and no")
        );
        assert!(text(plain().pool(22)).starts_with("`pool` is 22"));
        assert!(text(plain().patch(29)).starts_with("`patch` is 29"));
        assert!(text(PatchFeatures::sparse_coding(9, 0.0)).starts_with("`beta` is 0"));
    }
}
