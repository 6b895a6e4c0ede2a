//! Sparse codes: the lasso, solved exactly for each sample.
//!
//! **min_a ‖x - Σ_j a_j b_j‖² + β ‖a‖₁** (Raina et al., 2007, equation 1). With `g` the derivative
//! of the square, `g_j = -2 b_j·(x - Σ a b)`, a code is the minimum if and only if `|g_j| ≤ β` where
//! `a_j` is 0, and `g_j = -β sign(a_j)` where it is not (the Karush-Kuhn-Tucker conditions).
//!
//! Coordinate descent on the atoms' inner products (Friedman et al., 2010, "covariance updates"):
//! after one product with the dictionary a sample costs only its few active atoms. Each update is
//! the minimum along its coordinate, so that the objective never rises, whatever code it began at.

use crate::matrix::{matmul_nt, sizes};
use tensor_autograd::kernels::parallel;
use tensor_autograd::{Real, Tensor};

/// Passes over a code's active atoms at the most.
const PASSES: usize = 2000;
/// How far the conditions may be missed, as a share of the largest term in them.
const TOLERANCE: f64 = 1e-6;
/// Samples that make a task.
const TASK: usize = 64;

/// Codes samples by a dictionary.
pub(super) struct Lasso {
    /// `[k, d]`, an atom a row.
    atoms: Tensor,
    /// `2 B·Bᵀ`, `[k, k]`.
    gram: Vec<f64>,
    beta: f64,
}

impl Lasso {
    pub(super) fn new(atoms: &Tensor, beta: f64) -> Self {
        let [k, d] = sizes(atoms);
        let rows: Vec<Vec<f64>> = atoms
            .as_slice()
            .chunks_exact(d)
            .map(|r| r.iter().map(|&x| x.into()).collect())
            .collect();
        let mut gram = vec![0.0; k * k];
        for i in 0..k {
            for j in 0..=i {
                let along: f64 = rows[i].iter().zip(&rows[j]).map(|(a, b)| a * b).sum();
                gram[i * k + j] = 2.0 * along;
                gram[j * k + i] = 2.0 * along;
            }
        }
        Lasso { atoms: atoms.clone(), gram, beta }
    }

    /// β.
    pub(super) fn beta(&self) -> f64 {
        self.beta
    }

    /// Codes `[n, k]` of samples `[n, d]`, begun at `start`, or at 0.
    pub(super) fn codes(&self, x: &Tensor, start: Option<&Tensor>) -> Tensor {
        let [n, k] = [sizes(x)[0], sizes(&self.atoms)[0]];
        let along = matmul_nt(x, &self.atoms);
        let task = |i: usize| {
            let mut codes = Vec::with_capacity(TASK * k);
            let mut code = vec![0.0; k];
            for row in i * TASK..n.min((i + 1) * TASK) {
                match start {
                    Some(start) => {
                        let start = &start.as_slice()[row * k..(row + 1) * k];
                        code.iter_mut().zip(start).for_each(|(a, s)| *a = f64::from(*s));
                    }
                    None => code.fill(0.0),
                }
                self.solve(&along.as_slice()[row * k..(row + 1) * k], &mut code);
                codes.extend(code.iter().map(|a| *a as Real));
            }
            codes
        };
        let tasks = parallel::collect(n.div_ceil(TASK), n * k * 32, task);
        Tensor::new([n, k], tasks.concat())
    }

    /// Brings `code` to the minimum for a sample whose products with the atoms are `along`.
    fn solve(&self, along: &[Real], code: &mut [f64]) {
        let k = code.len();
        let mut g: Vec<f64> = along.iter().map(|x| -2.0 * f64::from(*x)).collect();
        let scale = g.iter().fold(self.beta, |m, x| m.max(x.abs()));
        for j in (0..k).filter(|j| code[*j] != 0.0) {
            add(&mut g, code[j], &self.gram[j * k..(j + 1) * k]);
        }
        let mut active: Vec<usize> = Vec::with_capacity(k);
        for _ in 0..PASSES {
            // A pass over all atoms finds those that must come in, passes over these settle them.
            let missed = self.pass(0..k, code, &mut g);
            if missed <= TOLERANCE * scale {
                return;
            }
            active.clear();
            active.extend((0..k).filter(|j| code[*j] != 0.0));
            for _ in 0..PASSES {
                if self.pass(active.iter().copied(), code, &mut g) <= TOLERANCE * scale {
                    break;
                }
            }
        }
    }

    // ANCHOR: pass
    /// Minimises along each coordinate in turn; the most by which a condition was missed.
    fn pass(
        &self,
        coordinates: impl Iterator<Item = usize>,
        code: &mut [f64],
        g: &mut [f64],
    ) -> f64 {
        let k = code.len();
        let mut missed: f64 = 0.0;
        for j in coordinates {
            let (old, curve) = (code[j], self.gram[j * k + j]);
            missed = missed.max(match old {
                0.0 => g[j].abs() - self.beta,
                a => (g[j] + self.beta * a.signum()).abs(),
            });
            if curve <= 0.0 {
                continue;
            }
            let free = curve * old - g[j];
            let new = free.signum() * (free.abs() - self.beta).max(0.0) / curve;
            if new != old {
                code[j] = new;
                add(g, new - old, &self.gram[j * k..(j + 1) * k]);
            }
        }
        missed
    }
    // ANCHOR_END: pass

    /// The mean over samples of **‖x - a·B‖² + β ‖a‖₁**.
    pub(super) fn objective(&self, x: &Tensor, codes: &Tensor) -> f64 {
        let approximation = crate::matrix::matmul(codes, &self.atoms);
        let pairs = x.as_slice().iter().zip(approximation.as_slice());
        let square: f64 = pairs.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
        let size: f64 = codes.as_slice().iter().map(|a| f64::from(a.abs())).sum();
        (square + self.beta * size) / sizes(x)[0] as f64
    }
}

fn add(g: &mut [f64], factor: f64, row: &[f64]) {
    g.iter_mut().zip(row).for_each(|(g, r)| *g += factor * r);
}

/// How many numbers of a code are not 0, in the mean.
pub(super) fn mean_nonzeros(codes: &Tensor) -> f64 {
    let nonzero = codes.as_slice().iter().filter(|a| **a != 0.0).count();
    nonzero as f64 / sizes(codes)[0] as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::Rng;

    fn dictionary(k: usize, d: usize, rng: &mut Rng) -> Tensor {
        let mut atoms = Tensor::normal([k, d], 0.0, 1.0, rng);
        for atom in atoms.make_mut().chunks_exact_mut(d) {
            let norm = atom.iter().map(|x| x * x).sum::<Real>().sqrt();
            atom.iter_mut().for_each(|x| *x /= norm);
        }
        atoms
    }

    #[test]
    fn codes_meet_the_conditions_of_a_minimum() {
        let mut rng = Rng::seed(0);
        let atoms = dictionary(40, 16, &mut rng);
        let x = Tensor::normal([100, 16], 0.0, 1.0, &mut rng);
        let beta = 0.7;
        let codes = Lasso::new(&atoms, beta).codes(&x, None);
        let mut active = 0;
        for (x, a) in x.as_slice().chunks_exact(16).zip(codes.as_slice().chunks_exact(40)) {
            let wide = |x: &[Real]| x.iter().map(|x| f64::from(*x)).collect::<Vec<f64>>();
            let (mut r, a) = (wide(x), wide(a));
            for (a, atom) in a.iter().zip(atoms.as_slice().chunks_exact(16)) {
                r.iter_mut().zip(wide(atom)).for_each(|(r, b)| *r -= a * b);
            }
            for (a, atom) in a.iter().zip(atoms.as_slice().chunks_exact(16)) {
                let g = 2.0 * r.iter().zip(wide(atom)).map(|(r, b)| r * b).sum::<f64>();
                match *a {
                    0.0 => assert!(g.abs() <= beta + 1e-4, "{g}"),
                    a => assert!((g - beta * a.signum()).abs() < 1e-4, "{a}: {g}"),
                }
                active += usize::from(*a != 0.0);
            }
        }
        assert!(active > 300 && active < 1600, "{active} of 4000 are active");
    }

    #[test]
    fn a_multiple_of_an_atom_is_coded_by_that_atom_alone() {
        let atoms = dictionary(30, 12, &mut Rng::seed(2));
        let x = Tensor::from_fn([1, 12], |i| 3.0 * atoms.as_slice()[7 * 12 + i]);
        let codes = Lasso::new(&atoms, 1e-3).codes(&x, None);
        for (j, a) in codes.as_slice().iter().enumerate() {
            // Shrunk by β / 2, as one coordinate is.
            let want = if j == 7 { 3.0 - 5e-4 } else { 0.0 };
            assert!((a - want).abs() < 1e-5, "{j}: {a}");
        }
    }

    #[test]
    fn orthonormal_atoms_give_the_soft_threshold_and_a_large_beta_nothing() {
        let atoms = Tensor::from_fn([3, 3], |i| if i % 4 == 0 { 1.0 } else { 0.0 });
        let x = Tensor::new([1, 3], vec![2.0, -0.3, -1.0]);
        let codes = Lasso::new(&atoms, 1.0).codes(&x, None);
        assert_eq!(codes.as_slice(), [1.5, 0.0, -0.5]);
        assert_eq!(mean_nonzeros(&codes), 2.0);
        assert_eq!(Lasso::new(&atoms, 4.0).codes(&x, Some(&codes)).as_slice(), [0.0; 3]);
    }
}
