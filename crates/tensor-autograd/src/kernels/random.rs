//! Random bits by position: a counter-based generator, so that any part of a mask can be made
//! again, in parallel, from eight bytes.

use super::isa::vectorized;
use super::parallel::{CHUNK, for_chunks};
use crate::Real;

/// Philox4x32 with 10 rounds (Salmon et al., *Parallel Random Numbers: As Easy as 1, 2, 3*, 2011):
/// four words from a key and a counter.
#[inline(always)]
pub fn philox(key: u64, counter: [u32; 4]) -> [u32; 4] {
    let [mut a, mut b, mut c, mut d] = counter;
    let (mut k0, mut k1) = (key as u32, (key >> 32) as u32);
    for _ in 0..10 {
        let (p, q) = (u64::from(a) * 0xD251_1F53, u64::from(c) * 0xCD9E_8D57);
        (a, b, c, d) = ((q >> 32) as u32 ^ b ^ k0, q as u32, (p >> 32) as u32 ^ d ^ k1, p as u32);
        k0 = k0.wrapping_add(0x9E37_79B9);
        k1 = k1.wrapping_add(0xBB67_AE85);
    }
    [a, b, c, d]
}

/// Counters worked on together, one a vector lane.
const LANES: usize = 8;
/// Work of one element, in units of an addition.
const EFFORT: usize = 4;

/// Zeroes each element of `x` with probability `p` and multiplies the others by `1 / (1 - p)`.
/// Element `i` is kept or not by `key` and `i` alone.
///
/// # Panics
/// Unless `0 ≤ p ≤ 1`.
#[track_caller]
pub fn dropout(x: &mut [Real], p: f64, key: u64) {
    assert!((0.0..=1.0).contains(&p), "dropout: the probability {p} is not in [0, 1]");
    // A word below this drops its element: exact to 2⁻³², and 1 drops all.
    let threshold = (p * 4_294_967_296.0) as u64;
    let scale = if p < 1.0 { (1.0 / (1.0 - p)) as Real } else { 0.0 };
    let work = x.len() * EFFORT;
    for_chunks(x, CHUNK / EFFORT, work, |start, x| {
        vectorized(|| {
            for (block, x) in x.chunks_mut(4 * LANES).enumerate() {
                let first = start / 4 + block * LANES;
                let mut factor = [0.0; 4 * LANES];
                for lane in 0..LANES {
                    let at = (first + lane) as u64;
                    let words = philox(key, [at as u32, (at >> 32) as u32, 0, 0]);
                    for (word, bits) in words.into_iter().enumerate() {
                        let kept = u64::from(bits) >= threshold;
                        factor[4 * lane + word] = if kept { scale } else { 0.0 };
                    }
                }
                // Selected, not multiplied: a dropped infinity is 0.
                for (x, &factor) in x.iter_mut().zip(&factor) {
                    *x = if factor == 0.0 { 0.0 } else { *x * factor };
                }
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_authors() {
        // Known answers published with the Random123 library.
        let (zero, all) = (philox(0, [0; 4]), philox(u64::MAX, [u32::MAX; 4]));
        assert_eq!(zero, [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(all, [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
    }

    #[test]
    fn elements_are_dropped_by_their_position_alone() {
        let n = 3 * CHUNK + 5;
        let mut whole = vec![1.0; n];
        dropout(&mut whole, 0.3, 99);
        for (i, &x) in whole.iter().enumerate() {
            let word = philox(99, [(i / 4) as u32, 0, 0, 0])[i % 4];
            assert_eq!(x == 0.0, f64::from(word) < 0.3 * 4_294_967_296.0, "element {i}");
        }
    }
}
