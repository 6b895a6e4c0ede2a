//! The five vector operations that a micro-kernel is written in, for each instruction set.
//!
//! Every method is `inline(always)`: it melts into the micro-kernel, which is compiled with the
//! target features that the intrinsics need.

use crate::Real;

/// Vectors of [`Real`] and what a product does with them.
///
/// # Safety
/// Every method needs a processor that has the instruction set; pointers must be valid for
/// [`Simd::LANES`] elements (no alignment is asked for).
pub(crate) trait Simd: Copy {
    /// A vector register.
    type V: Copy;
    /// Elements of a vector.
    const LANES: usize;
    unsafe fn splat(x: Real) -> Self::V;
    unsafe fn load(p: *const Real) -> Self::V;
    unsafe fn store(p: *mut Real, v: Self::V);
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    /// `a·b + c`, rounded once where the set can.
    unsafe fn mul_add(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// Zero for negative lanes; NaN stays.
    unsafe fn relu(v: Self::V) -> Self::V;
}

/// Arrays that the compiler turns into whatever vectors the target guarantees.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

/// Elements of a portable vector: an SSE2 or NEON register of `f32`, two of them for `f64`.
const PORTABLE_LANES: usize = 4;

// SAFETY (all methods): plain arithmetic, and accesses the caller vouches for.
impl Simd for Portable {
    type V = [Real; PORTABLE_LANES];
    const LANES: usize = PORTABLE_LANES;

    #[inline(always)]
    unsafe fn splat(x: Real) -> Self::V {
        [x; PORTABLE_LANES]
    }
    #[inline(always)]
    unsafe fn load(p: *const Real) -> Self::V {
        // SAFETY: the caller's promise; arrays of numbers have no invalid bits.
        unsafe { p.cast::<Self::V>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(p: *mut Real, v: Self::V) {
        // SAFETY: the caller's promise.
        unsafe { p.cast::<Self::V>().write_unaligned(v) }
    }
    #[inline(always)]
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|i| a[i] + b[i])
    }
    // Without FMA hardware `mul_add` would be a library call per element.
    #[inline(always)]
    unsafe fn mul_add(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        std::array::from_fn(|i| a[i] * b[i] + c[i])
    }
    #[inline(always)]
    unsafe fn relu(v: Self::V) -> Self::V {
        v.map(|x| if x < 0.0 { 0.0 } else { x })
    }
}

#[cfg(all(target_arch = "x86_64", not(real_f64)))]
mod x86 {
    use super::Simd;
    use std::arch::x86_64::*;

    /// 8 lanes, fused multiply-add.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx2;

    /// 16 lanes, fused multiply-add.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx512;

    macro_rules! x86_simd {
        ($set:ident, $vector:ident, $lanes:literal, $splat:ident, $load:ident, $store:ident,
         $add:ident, $fma:ident, $max:ident, $zero:ident) => {
            impl Simd for $set {
                type V = $vector;
                const LANES: usize = $lanes;

                #[inline(always)]
                unsafe fn splat(x: f32) -> $vector {
                    // SAFETY: the caller has checked the instruction set.
                    unsafe { $splat(x) }
                }
                #[inline(always)]
                unsafe fn load(p: *const f32) -> $vector {
                    // SAFETY: as above, and the caller vouches for the pointer.
                    unsafe { $load(p) }
                }
                #[inline(always)]
                unsafe fn store(p: *mut f32, v: $vector) {
                    // SAFETY: as above, and the caller vouches for the pointer.
                    unsafe { $store(p, v) }
                }
                #[inline(always)]
                unsafe fn add(a: $vector, b: $vector) -> $vector {
                    // SAFETY: the caller has checked the instruction set.
                    unsafe { $add(a, b) }
                }
                #[inline(always)]
                unsafe fn mul_add(a: $vector, b: $vector, c: $vector) -> $vector {
                    // SAFETY: the caller has checked the instruction set.
                    unsafe { $fma(a, b, c) }
                }
                #[inline(always)]
                unsafe fn relu(v: $vector) -> $vector {
                    // The maximum gives its second operand if either is NaN: so NaN stays.
                    // SAFETY: the caller has checked the instruction set.
                    unsafe { $max($zero(), v) }
                }
            }
        };
    }

    x86_simd!(
        Avx2,
        __m256,
        8,
        _mm256_set1_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_add_ps,
        _mm256_fmadd_ps,
        _mm256_max_ps,
        _mm256_setzero_ps
    );
    x86_simd!(
        Avx512,
        __m512,
        16,
        _mm512_set1_ps,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        _mm512_add_ps,
        _mm512_fmadd_ps,
        _mm512_max_ps,
        _mm512_setzero_ps
    );
}

#[cfg(all(target_arch = "x86_64", not(real_f64)))]
pub(crate) use x86::{Avx2, Avx512};
