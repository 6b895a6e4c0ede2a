//! Interleaving rows, which is transposing a narrow matrix: what packing needs where a matrix lies
//! the other way round.

use crate::Real;

/// `dst[p · width + i] = src[i · stride + p]` for every row of `dst` and `i < count ≤ width`.
pub(crate) fn interleave(
    dst: &mut [Real],
    width: usize,
    src: &[Real],
    stride: usize,
    count: usize,
) {
    let len = dst.len() / width.max(1);
    if count == 0 || len == 0 {
        return;
    }
    #[cfg(all(target_arch = "x86_64", not(real_f64)))]
    let done = x86::interleave(dst, width, src, stride, count, len);
    #[cfg(not(all(target_arch = "x86_64", not(real_f64))))]
    let done = 0;
    for i in done..count {
        let row = &src[i * stride..i * stride + len];
        for (dst, &v) in dst.chunks_exact_mut(width).zip(row) {
            dst[i] = v;
        }
    }
}

#[cfg(all(target_arch = "x86_64", not(real_f64)))]
mod x86 {
    use crate::kernels::isa::{Isa, isa};
    use std::arch::x86_64::*;

    /// As many of `count ≥ 1` rows as fill a register, eight at a time and then four; says how many
    /// it did.
    pub(super) fn interleave(
        dst: &mut [f32],
        width: usize,
        src: &[f32],
        stride: usize,
        count: usize,
        len: usize,
    ) -> usize {
        assert!(count <= width && len.saturating_mul(width) <= dst.len());
        assert!((count - 1).saturating_mul(stride).saturating_add(len) <= src.len());
        let mut done = 0;
        if isa() < Isa::Avx2 {
            return done;
        }
        while done + 8 <= count {
            let (dst, src) = (&mut dst[done..], &src[done * stride..]);
            // SAFETY: AVX2 is present; block `p` reads eight rows of `src` up to `p + 8 ≤ len` and
            // writes eight elements into each of eight rows of `dst`: the assertions.
            unsafe { interleave8(dst.as_mut_ptr(), width, src.as_ptr(), stride, len) };
            done += 8;
        }
        if done + 4 <= count {
            let (dst, src) = (&mut dst[done..], &src[done * stride..]);
            // SAFETY: as above, for four rows.
            unsafe { interleave4(dst.as_mut_ptr(), width, src.as_ptr(), stride, len) };
            done += 4;
        }
        done
    }

    /// Eight rows, in blocks of 8 × 8 transposed in registers.
    ///
    /// # Safety
    /// AVX2; `src` has eight rows of `len` elements `stride` apart; `dst` has `len` rows of eight
    /// elements `width` apart.
    #[target_feature(enable = "avx2")]
    unsafe fn interleave8(dst: *mut f32, width: usize, src: *const f32, stride: usize, len: usize) {
        let mut p = 0;
        // SAFETY: every access is at row `i < 8` and column `p < len`: the caller's promise.
        unsafe {
            while p + 8 <= len {
                // Loading half rows puts the two halves of the transpose's last step in place.
                let half = |i: usize, from: usize| _mm_loadu_ps(src.add(i * stride + p + from));
                let pair = |i: usize, from: usize| {
                    _mm256_insertf128_ps::<1>(
                        _mm256_castps128_ps256(half(i, from)),
                        half(i + 4, from),
                    )
                };
                for from in [0, 4] {
                    let (a, b) = (pair(0, from), pair(1, from));
                    let (c, d) = (pair(2, from), pair(3, from));
                    let (ab_lo, ab_hi) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
                    let (cd_lo, cd_hi) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
                    let out = dst.add((p + from) * width);
                    _mm256_storeu_ps(out, _mm256_shuffle_ps::<0x44>(ab_lo, cd_lo));
                    _mm256_storeu_ps(out.add(width), _mm256_shuffle_ps::<0xee>(ab_lo, cd_lo));
                    _mm256_storeu_ps(out.add(2 * width), _mm256_shuffle_ps::<0x44>(ab_hi, cd_hi));
                    _mm256_storeu_ps(out.add(3 * width), _mm256_shuffle_ps::<0xee>(ab_hi, cd_hi));
                }
                p += 8;
            }
            for p in p..len {
                for i in 0..8 {
                    *dst.add(p * width + i) = *src.add(i * stride + p);
                }
            }
        }
    }

    /// Four rows, in blocks of 4 × 4.
    ///
    /// # Safety
    /// As [`interleave8`], for four rows.
    #[target_feature(enable = "avx2")]
    unsafe fn interleave4(dst: *mut f32, width: usize, src: *const f32, stride: usize, len: usize) {
        let mut p = 0;
        // SAFETY: every access is at row `i < 4` and column `p < len`: the caller's promise.
        unsafe {
            while p + 4 <= len {
                let row = |i: usize| _mm_loadu_ps(src.add(i * stride + p));
                let (mut a, mut b, mut c, mut d) = (row(0), row(1), row(2), row(3));
                _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut d);
                for (i, v) in [a, b, c, d].into_iter().enumerate() {
                    _mm_storeu_ps(dst.add((p + i) * width), v);
                }
                p += 4;
            }
            for p in p..len {
                for i in 0..4 {
                    *dst.add(p * width + i) = *src.add(i * stride + p);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_a_transpose() {
        for count in 0..=18 {
            for len in [0, 1, 3, 4, 7, 8, 9, 16, 21] {
                let (width, stride) = (count + 2, len + 3);
                let src: Vec<Real> = (0..count * stride).map(|v| v as Real).collect();
                let mut dst = vec![-1.0; len * width];
                interleave(&mut dst, width, &src, stride, count);
                for (p, row) in dst.chunks(width).enumerate() {
                    for (i, &v) in row.iter().enumerate() {
                        let want = if i < count { src[i * stride + p] } else { -1.0 };
                        assert_eq!(v, want, "count {count}, len {len}, element ({p}, {i})");
                    }
                }
            }
        }
    }
}
