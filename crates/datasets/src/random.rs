//! Random numbers that are the same on every machine.
//!
//! Nothing here keeps a global state. A stream is *named*: by the user's seed, by a purpose
//! (`"shuffle"`, `"digits"`, ...) and by two counters (an epoch, a row). Asking for the same name
//! gives the same numbers, in any order, on any machine, so that batch 1000 of a resumed run is
//! batch 1000 of the run that was never stopped.
//!
//! The numbers are ChaCha with 8 rounds (Bernstein 2008), a published algorithm. What is made of
//! them uses `+ - * /` and `sqrt` alone, which IEEE 754 defines to the last bit; the system's
//! `sin` and `ln` differ between platforms in theirs, hence [`crate::portable`].

use ndarray_rand::rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::portable;

/// A named stream of random numbers.
///
/// ```
/// use datasets::Random;
/// let mut a = Random::new(7, "demo", [0, 0]);
/// let mut b = Random::new(7, "demo", [0, 0]);
/// assert_eq!(a.permutation(5), b.permutation(5));
/// ```
#[derive(Debug, Clone)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// The stream of this name. The 32-byte key of the cipher is the name itself, so that two
    /// different names never share a stream.
    ///
    /// # Panics
    /// If `purpose` is longer than 8 bytes.
    #[track_caller]
    pub fn new(seed: u64, purpose: &str, index: [u64; 2]) -> Self {
        assert!(purpose.len() <= 8, "a purpose has at most 8 bytes, `{purpose}` has more");
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..8 + purpose.len()].copy_from_slice(purpose.as_bytes());
        key[16..24].copy_from_slice(&index[0].to_le_bytes());
        key[24..].copy_from_slice(&index[1].to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Uniform in `0.0..1.0`, in steps of 2⁻⁵³.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in `low..high`.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Uniform in `0..n`, without bias (Lemire 2019, "Fast random integer generation in an
    /// interval").
    ///
    /// # Panics
    /// If `n` is 0.
    #[track_caller]
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "no integer is below 0");
        let n = n as u64;
        let unfair = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.0.next_u64()) * u128::from(n);
            if product as u64 >= unfair {
                return (product >> 64) as usize;
            }
        }
    }

    /// Normal with mean 0 and standard deviation 1 (Marsaglia & Bray 1964, the polar method).
    pub fn normal(&mut self) -> f64 {
        loop {
            let (u, v) = (self.uniform(-1.0, 1.0), self.uniform(-1.0, 1.0));
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                return u * (-2.0 * portable::ln(s) / s).sqrt();
            }
        }
    }

    /// The numbers `0..n` in random order (Fisher & Yates).
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i + 1));
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_separate_streams() {
        let first = |seed, purpose, index| Random::new(seed, purpose, index).unit();
        let all = [
            first(0, "a", [0, 0]),
            first(1, "a", [0, 0]),
            first(0, "b", [0, 0]),
            first(0, "a", [1, 0]),
            first(0, "a", [0, 1]),
        ];
        for (i, x) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|y| x != y), "two names, one stream: {all:?}");
        }
    }

    #[test]
    fn the_algorithm_never_changes() {
        let mut random = Random::new(42, "golden", [1, 2]);
        let drawn: Vec<usize> = (0..6).map(|_| random.below(1000)).collect();
        assert_eq!(drawn, [334, 329, 659, 9, 501, 320]);
    }

    #[test]
    fn moments_are_right() {
        let mut random = Random::new(0, "moments", [0, 0]);
        let n = 200_000;
        let (mut sum, mut square, mut fourth, mut unit) = (0.0, 0.0, 0.0, 0.0);
        for _ in 0..n {
            let z = random.normal();
            sum += z;
            square += z * z;
            fourth += z.powi(4);
            unit += random.unit();
        }
        let n = f64::from(n);
        assert!((sum / n).abs() < 0.01, "mean {}", sum / n);
        assert!((square / n - 1.0).abs() < 0.02, "variance {}", square / n);
        assert!((fourth / n - 3.0).abs() < 0.15, "fourth moment {}", fourth / n);
        assert!((unit / n - 0.5).abs() < 0.005, "mean of unit {}", unit / n);
    }

    #[test]
    fn a_permutation_has_each_number_once_and_every_place_is_likely() {
        let mut hits = [[0u32; 4]; 4];
        for seed in 0..4000 {
            let order = Random::new(seed, "perm", [0, 0]).permutation(4);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3]);
            for (place, &value) in order.iter().enumerate() {
                hits[place][value] += 1;
            }
        }
        assert!(hits.iter().flatten().all(|&h| (850..1150).contains(&h)), "{hits:?}");
    }
}
