//! Seeded random numbers: the same on every machine, and a state that can be saved.

use crate::Real;
use ndarray_rand::rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A random number generator (ChaCha with 8 rounds).
///
/// There is no global one: whoever draws holds a `&mut Rng`. It implements `rand`'s `RngCore`, so
/// every distribution of `rand_distr` and `ndarray-rand` takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    chacha: ChaCha8Rng,
    /// Whether dropout draws from it.
    drops: bool,
}

/// Where a generator stands; see [`Rng::state`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RngState {
    /// The key.
    pub seed: [u8; 32],
    /// The stream under that key.
    pub stream: u64,
    /// 32-bit words drawn so far.
    pub position: u128,
}

impl Rng {
    /// The generator of this seed.
    pub fn seed(seed: u64) -> Self {
        Rng { chacha: ChaCha8Rng::seed_from_u64(seed), drops: true }
    }

    /// An independent generator for a named purpose: a pure function of this generator's seed and
    /// the name, whatever was drawn before. So that, say, the initial weights do not change when
    /// the data are shuffled once more.
    pub fn fork(&self, purpose: &str) -> Rng {
        // FNV-1a: any fixed hash will do, the key separates the seeds.
        let hash = purpose.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mut forked = ChaCha8Rng::from_seed(self.chacha.get_seed());
        // The rotation keeps a fork of a fork from undoing the first.
        forked.set_stream((self.chacha.get_stream().rotate_left(17) ^ hash).max(1));
        Rng { chacha: forked, drops: self.drops }
    }

    /// This generator for training in which dropout drops nothing, as where a network is to show that
    /// it can learn its examples by heart. Forks of it are such generators too.
    pub fn without_dropout(self) -> Rng {
        Rng { drops: false, ..self }
    }

    /// What a dropout's mask is made of; none where nothing is dropped.
    pub(crate) fn dropout_key(&mut self) -> Option<u64> {
        self.drops.then(|| self.next_u64())
    }

    /// Uniform in `[0, 1)`, with 24 random bits, so that it is the same number at 32 and 64 bits.
    pub fn uniform(&mut self) -> Real {
        (self.chacha.next_u32() >> 8) as Real / (1 << 24) as Real
    }

    /// A draw from the standard normal distribution.
    pub fn normal(&mut self) -> Real {
        use ndarray_rand::rand_distr::{Distribution, StandardNormal};
        let x: f64 = StandardNormal.sample(&mut self.chacha);
        x as Real
    }

    /// Uniform in `0..n`.
    ///
    /// # Panics
    /// If `n` is 0.
    #[track_caller]
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "below(0): there is no number to draw");
        // Lemire's multiplication; the bias is below n / 2⁶⁴.
        ((u128::from(self.chacha.next_u64()) * n as u128) >> 64) as usize
    }

    /// `0..n` in random order (Fisher and Yates).
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i + 1));
        }
        order
    }

    /// Where this generator stands, for a checkpoint.
    pub fn state(&self) -> RngState {
        RngState {
            seed: self.chacha.get_seed(),
            stream: self.chacha.get_stream(),
            position: self.chacha.get_word_pos(),
        }
    }

    /// The generator that stood there.
    pub fn from_state(state: &RngState) -> Rng {
        let mut chacha = ChaCha8Rng::from_seed(state.seed);
        chacha.set_stream(state.stream);
        chacha.set_word_pos(state.position);
        Rng { chacha, drops: true }
    }
}

impl RngCore for Rng {
    fn next_u32(&mut self) -> u32 {
        self.chacha.next_u32()
    }
    fn next_u64(&mut self) -> u64 {
        self.chacha.next_u64()
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.chacha.fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_draws_are_the_same_everywhere() {
        let mut rng = Rng::seed(7);
        let drawn: Vec<usize> = (0..6).map(|_| rng.below(1000)).collect();
        // Frozen when the generator was chosen: a change here changes every seeded result.
        assert_eq!(drawn, [157, 167, 704, 726, 601, 359]);
    }

    #[test]
    fn a_saved_generator_goes_on_where_it_stood() {
        let mut rng = Rng::seed(3).fork("dropout");
        rng.normal();
        rng.uniform();
        let mut copy = Rng::from_state(&rng.state());
        assert_eq!(rng.next_u64(), copy.next_u64());
        assert_eq!(rng, copy);
    }

    #[test]
    fn forks_ignore_what_was_drawn_and_differ_by_name() {
        let mut rng = Rng::seed(3);
        let before = rng.fork("a");
        rng.next_u64();
        assert_eq!(before, rng.fork("a"));
        assert_ne!(before.clone().next_u64(), rng.fork("b").next_u64());
        assert_ne!(before.clone().next_u64(), Rng::seed(4).fork("a").next_u64());
        assert_ne!(before.fork("a").next_u64(), rng.fork("a").next_u64());
    }

    #[test]
    fn a_permutation_holds_every_index_once() {
        let mut order = Rng::seed(0).permutation(100);
        assert_ne!(order, (0..100).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<_>>());
    }
}
