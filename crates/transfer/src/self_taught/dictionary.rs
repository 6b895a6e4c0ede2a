//! The dictionary of sparse coding, learnt with its codes in turn.
//!
//! **min_{B,a} Σ_i ‖x_i - Σ_j a_ij b_j‖² + β ‖a_i‖₁, ‖b_j‖ ≤ 1** is convex in the codes and in the
//! dictionary, not in both: one is minimised with the other fixed, alternating (Raina et al., 2007).
//! The dictionary by block coordinate descent (Mairal et al., 2010, algorithm 2): along one atom the
//! minimum in the ball is the free minimum, shortened to length 1. So no half-step raises the
//! objective.

use super::lasso::{Lasso, mean_nonzeros};
use crate::fit::{EpochRecord, Observer};
use crate::matrix::{matmul_tn, select, sizes};
use crate::{History, TransferError};
use std::collections::BTreeMap;
use tensor_autograd::{Real, Rng, Tensor};

/// Passes over the atoms in a half-step.
const SWEEPS: usize = 5;
/// Below this share of the objective's fall a further round is not worth its time.
const SETTLED: f64 = 1e-5;

/// What to learn.
pub(super) struct Plan {
    pub(super) atoms: usize,
    pub(super) beta: f64,
    pub(super) rounds: usize,
    pub(super) seed: u64,
}

/// Learns atoms `[k, d]` from samples `[n, d]`, of which there are at least `k`. Its history has
/// `objective`, the mean over samples, and `nonzeros`, the mean number in a code.
///
/// # Errors
/// If the observer interrupts it.
pub(super) fn learn(
    x: &Tensor,
    plan: &Plan,
    observer: &mut dyn Observer,
) -> Result<(Tensor, History), TransferError> {
    let mut atoms = initial(x, plan);
    let mut codes: Option<Tensor> = None;
    let mut history = History::default();
    let mut last = f64::INFINITY;
    observer.begin(plan.rounds, 0);
    for round in 1..=plan.rounds {
        if observer.interrupted() {
            return Err(TransferError::Interrupted { step: round - 1, checkpoint: None });
        }
        let found = Lasso::new(&atoms, plan.beta).codes(x, codes.as_ref());
        update(&mut atoms, x, &found);
        let objective = Lasso::new(&atoms, plan.beta).objective(x, &found);
        let means = BTreeMap::from([
            ("objective".to_owned(), objective),
            ("nonzeros".to_owned(), mean_nonzeros(&found)),
        ]);
        let record = EpochRecord { epoch: round, step: round, lr: 0.0, criterion: None, means };
        observer.step(round);
        observer.epoch(&record);
        history.push(record);
        codes = Some(found);
        if last - objective <= SETTLED * objective || observer.enough() {
            break;
        }
        last = objective;
    }
    observer.end();
    Ok((atoms, history))
}

/// Samples at random, brought to length 1.
fn initial(x: &Tensor, plan: &Plan) -> Tensor {
    let [n, d] = sizes(x);
    let mut rng = Rng::seed(plan.seed).fork("dictionary");
    let mut atoms = select(x, &rng.permutation(n)[..plan.atoms]);
    for atom in atoms.make_mut().chunks_exact_mut(d) {
        if norm(atom) < 1e-6 {
            atom.iter_mut().for_each(|b| *b = rng.normal());
        }
        let length = norm(atom);
        atom.iter_mut().for_each(|b| *b = (f64::from(*b) / length) as Real);
    }
    atoms
}

/// Minimises over the atoms, the codes fixed.
fn update(atoms: &mut Tensor, x: &Tensor, codes: &Tensor) {
    let [k, d] = sizes(atoms);
    let (inner, outer) = (matmul_tn(codes, codes), matmul_tn(codes, x));
    let mut b: Vec<f64> = atoms.as_slice().iter().map(|x| f64::from(*x)).collect();
    let mut next = vec![0.0; d];
    for _ in 0..SWEEPS {
        for j in 0..k {
            let weights = &inner.as_slice()[j * k..(j + 1) * k];
            let own = f64::from(weights[j]);
            // An atom that no code uses stays; any other is as good as it.
            if own <= 1e-9 {
                continue;
            }
            let target = &outer.as_slice()[j * d..(j + 1) * d];
            next.iter_mut().zip(target).for_each(|(n, t)| *n = f64::from(*t));
            for (w, atom) in weights.iter().zip(b.chunks_exact(d)).filter(|(w, _)| **w != 0.0) {
                next.iter_mut().zip(atom).for_each(|(n, b)| *n -= f64::from(*w) * b);
            }
            let atom = &mut b[j * d..(j + 1) * d];
            atom.iter_mut().zip(&next).for_each(|(b, n)| *b += n / own);
            let length = atom.iter().map(|b| b * b).sum::<f64>().sqrt();
            if length > 1.0 {
                atom.iter_mut().for_each(|b| *b /= length);
            }
        }
    }
    atoms.make_mut().iter_mut().zip(b).for_each(|(a, b)| *a = b as Real);
}

fn norm(atom: &[Real]) -> f64 {
    atom.iter().map(|b| f64::from(*b).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::Progress;

    /// Mixtures of two out of twelve atoms.
    fn mixtures(rng: &mut Rng) -> (Tensor, Tensor) {
        let plan = Plan { atoms: 12, beta: 0.0, rounds: 0, seed: 5 };
        let truth = initial(&Tensor::normal([12, 16], 0.0, 1.0, rng), &plan);
        let x = Tensor::build([600, 16], |x| {
            x.fill(0.0);
            for x in x.chunks_exact_mut(16) {
                for _ in 0..2 {
                    let (j, weight) = (rng.below(12), 1.0 + rng.uniform());
                    let atom = &truth.as_slice()[j * 16..(j + 1) * 16];
                    x.iter_mut().zip(atom).for_each(|(x, b)| *x += weight * b);
                }
            }
        });
        (truth, x)
    }

    #[test]
    fn the_objective_never_rises_and_atoms_stay_in_the_ball() {
        let (truth, x) = mixtures(&mut Rng::seed(0));
        let plan = Plan { atoms: 12, beta: 0.2, rounds: 60, seed: 1 };
        let (atoms, history) = learn(&x, &plan, &mut Progress::silent()).unwrap();
        let trace = history.trace("objective");
        assert!(trace.len() > 5);
        for pair in trace.windows(2) {
            assert!(pair[1] <= pair[0] * (1.0 + 1e-6), "{pair:?}");
        }
        assert!(trace[trace.len() - 1] < 0.8 * trace[0], "{trace:?}");
        assert!(atoms.as_slice().chunks_exact(16).all(|b| norm(b) <= 1.0 + 1e-6));
        // Most of the atoms that made the data are found again.
        let found = truth.as_slice().chunks_exact(16).filter(|t| {
            let cosine =
                |b: &[Real]| t.iter().zip(b).map(|(t, b)| t * b).sum::<Real>() as f64 / norm(b);
            atoms.as_slice().chunks_exact(16).any(|b| cosine(b).abs() > 0.97)
        });
        let found = found.count();
        assert!(found >= 8, "{found} of 12 atoms");
    }
}
