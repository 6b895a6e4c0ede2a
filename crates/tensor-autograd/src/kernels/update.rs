//! The loop of every optimiser: one pass that reads a gradient and rewrites the weights with all
//! of their state.
//!
//! An update is limited by memory, not by arithmetic, so each array is read once and written once.
//! The rule itself is a closure on one element, inlined here and compiled for the machine's vectors.

use super::isa::vectorized;
use super::parallel::{CHUNK, PAR_MIN, num_threads};
use crate::Real;

/// Elements that are loaded, computed and stored together. Loading all before storing any frees the
/// compiler from proving that the arrays do not overlap, which it gives up on beyond four of them.
const LANES: usize = 16;

/// `[s[0][i], s[1][i], ..] = f(g[i], [s[0][i], s[1][i], ..])` for every `i`.
///
/// By convention `s[0]` is the weight, and the optimiser's state follows.
///
/// # Panics
/// If a length differs from the gradient's.
#[track_caller]
pub fn fused<const N: usize>(
    g: &[Real],
    s: [&mut [Real]; N],
    f: impl Fn(Real, [Real; N]) -> [Real; N] + Sync,
) {
    for part in &s {
        assert_eq!(part.len(), g.len(), "a weight, its gradient and its state differ in length");
    }
    if g.len() < PAR_MIN || num_threads() == 1 { pass(g, s, &f) } else { split(g, s, &f) }
}

/// Halves at multiples of [`CHUNK`] until one is left.
fn split<const N: usize>(
    g: &[Real],
    s: [&mut [Real]; N],
    f: &(impl Fn(Real, [Real; N]) -> [Real; N] + Sync),
) {
    let chunks = g.len().div_ceil(CHUNK);
    if chunks <= 1 {
        return pass(g, s, f);
    }
    let middle = chunks / 2 * CHUNK;
    let (g_low, g_high) = g.split_at(middle);
    let mut high: [&mut [Real]; N] = std::array::from_fn(|_| Default::default());
    let mut next = high.iter_mut();
    let low = s.map(|part| {
        let (low, rest) = part.split_at_mut(middle);
        *next.next().expect("as many as `s`") = rest;
        low
    });
    rayon::join(|| split(g_low, low, f), || split(g_high, high, f));
}

fn pass<const N: usize>(
    g: &[Real],
    s: [&mut [Real]; N],
    f: &impl Fn(Real, [Real; N]) -> [Real; N],
) {
    vectorized(|| {
        let (g_blocks, g_rest) = g.as_chunks::<LANES>();
        let parts = s.map(|part| part.as_chunks_mut::<LANES>());
        for (b, g) in g_blocks.iter().enumerate() {
            let mut block: [[Real; LANES]; N] = std::array::from_fn(|k| parts[k].0[b]);
            for (i, &g) in g.iter().enumerate() {
                let new = f(g, std::array::from_fn(|k| block[k][i]));
                for k in 0..N {
                    block[k][i] = new[k];
                }
            }
            for k in 0..N {
                parts[k].0[b] = block[k];
            }
        }
        for (i, &g) in g_rest.iter().enumerate() {
            let new = f(g, std::array::from_fn(|k| parts[k].1[i]));
            for k in 0..N {
                parts[k].1[i] = new[k];
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::parallel::with_num_threads;

    fn run(n: usize) -> [Vec<Real>; 3] {
        let g: Vec<Real> = (0..n).map(|i| (i % 97) as Real / 97.0 - 0.4).collect();
        let mut w: Vec<Real> = (0..n).map(|i| (i % 31) as Real).collect();
        let (mut m, mut v) = (vec![0.0; n], vec![0.5; n]);
        for _ in 0..3 {
            fused(&g, [&mut w, &mut m, &mut v], |g, [w, m, v]| {
                let (m, v) = (0.9 * m + g, 0.5 * v + g * g);
                [w - 0.1 * m / v.sqrt(), m, v]
            });
        }
        [w, m, v]
    }

    #[test]
    fn every_element_is_updated_once_at_any_length() {
        for n in [0, 1, LANES - 1, LANES, LANES + 3, PAR_MIN, PAR_MIN + CHUNK + 5] {
            let g: Vec<Real> = (0..n).map(|i| i as Real).collect();
            let (mut w, mut m) = (vec![1.0; n], vec![2.0; n]);
            fused(&g, [&mut w, &mut m], |g, [w, m]| [w + g, m - g]);
            assert!((0..n).all(|i| w[i] == 1.0 + i as Real && m[i] == 2.0 - i as Real), "{n}");
        }
    }

    #[test]
    fn bits_do_not_depend_on_threads() {
        let n = 5 * CHUNK + 77;
        let one = with_num_threads(1, || run(n));
        for threads in 2..=4 {
            assert_eq!(with_num_threads(threads, || run(n)), one, "{threads} threads");
        }
    }

    #[test]
    #[should_panic(expected = "differ in length")]
    fn lengths_must_agree() {
        fused(&[1.0], [&mut [1.0, 2.0]], |_, s| s);
    }
}
