//! Every product against the triple loop, on every instruction set of this machine.

use super::*;
use crate::kernels::parallel::with_num_threads;

/// Deterministic, zero-mean, of no short period.
pub(crate) fn noise(len: usize, seed: u64) -> Vec<Real> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((state >> 40) as f64 / (1u64 << 23) as f64 - 1.0) as Real
        })
        .collect()
}

/// The largest error allowed for a sum of `k` products of numbers up to one.
fn tolerance(k: usize) -> Real {
    Real::EPSILON * (4.0 + 2.0 * (k as Real).sqrt() * (1.0 + (k as Real).log2().max(0.0)))
}

#[track_caller]
fn close(got: &[Real], want: &[Real], k: usize, what: &str) {
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        assert!((g - w).abs() <= tolerance(k), "{what}: element {i} is {g}, not {w}");
    }
}

/// All four layouts of a product as views of the same two matrices.
fn layouts<'a>(
    a: &'a [Real],
    at: &'a [Real],
    b: &'a [Real],
    bt: &'a [Real],
    (m, k, n): (usize, usize, usize),
) -> [(MatRef<'a>, MatRef<'a>); 4] {
    let (a, at) = (MatRef::row_major(a, m, k), MatRef::row_major(at, k, m).t());
    let (b, bt) = (MatRef::row_major(b, k, n), MatRef::row_major(bt, n, k).t());
    [(a, b), (a, bt), (at, b), (at, bt)]
}

fn transposed(x: &[Real], rows: usize, cols: usize) -> Vec<Real> {
    (0..rows * cols).map(|i| x[i % rows * cols + i / rows]).collect()
}

fn check_shape(isa: Isa, (m, k, n): (usize, usize, usize)) {
    let (a, b) = (noise(m * k, 1), noise(k * n, 2));
    let (at, bt) = (transposed(&a, m, k), transposed(&b, k, n));
    let (row_bias, col_bias, start) = (noise(m, 3), noise(n, 4), noise(m * n, 5));
    for (i, (a, b)) in layouts(&a, &at, &b, &bt, (m, k, n)).into_iter().enumerate() {
        for e in [
            Epilogue::OVERWRITE,
            Epilogue { relu: true, ..Epilogue::bias_per_row(&row_bias) },
            Epilogue { accumulate: true, ..Epilogue::bias_per_col(&col_bias) },
        ] {
            let (mut got, mut want) = (start.clone(), start.clone());
            gemm_with(isa, &mut got, a, b, e);
            naive::gemm(&mut want, a, b, e);
            close(&got, &want, k, &format!("{isa:?} {m}x{k}x{n} layout {i}"));
        }
    }
}

#[test]
fn all_shapes_and_layouts_agree_with_the_oracle() {
    for isa in Isa::available() {
        for m in [1, 2, 3, 5, 6, 7, 12, 13, 31] {
            for k in [0, 1, 2, 7, 64] {
                for n in [1, 2, 7, 8, 9, 15, 16, 17, 33] {
                    check_shape(isa, (m, k, n));
                }
            }
        }
        // Several blocks of every loop, and parts on several threads.
        for shape in [
            (257, 300, 65),
            (500, 257, 40),
            (30, 600, 1100),
            (120, 513, 130),
            (259, 9, 1061),
            (140, 70, 240), // read where it lies, the rows cut
            (530, 3, 520),  // a large C
        ] {
            check_shape(isa, shape);
        }
    }
    if !Isa::available().contains(&Isa::Avx512) {
        println!("skipped: this machine has no AVX-512");
    }
}

#[test]
fn strides_beyond_the_matrix_are_honoured() {
    let (a, b) = (noise(4000, 1), noise(4000, 2));
    let a = MatRef::strided(&a, 19, 23, 90, 3);
    let b = MatRef::strided(&b, 23, 37, 2, 60);
    for (a, b) in [(a, b), (b.t(), a.t())] {
        for isa in Isa::available() {
            let mut got = vec![0.0; a.rows * b.cols];
            let mut want = got.clone();
            gemm_with(isa, &mut got, a, b, Epilogue::OVERWRITE);
            naive::gemm(&mut want, a, b, Epilogue::OVERWRITE);
            close(&got, &want, a.cols, isa.name());
        }
    }
}

#[test]
fn tiles_of_another_size_give_the_same_bits() {
    // As AVX-512 has them: a narrow product and a wide one.
    let (m, k, n, half) = (256, 530, 1024, 160);
    let (a, b) = (noise(m * k, 1), noise(k * n, 2));
    for isa in Isa::available() {
        let product = |cols: usize| {
            let mut c = vec![0.0; m * cols];
            let b = MatRef::strided(&b, k, cols, n, 1);
            gemm_with(isa, &mut c, MatRef::row_major(&a, m, k), b, Epilogue::OVERWRITE);
            c
        };
        let left: Vec<Real> = product(n).chunks(n).flat_map(|row| row[..half].to_vec()).collect();
        assert!(left == product(half), "{}", isa.name());
    }
}

#[test]
fn identity_changes_nothing() {
    let n = 70;
    let a = noise(n * n, 1);
    let eye: Vec<Real> = (0..n * n).map(|i| if i % (n + 1) == 0 { 1.0 } else { 0.0 }).collect();
    let mut c = vec![0.0; n * n];
    matmul(&mut c, n, n, n, &a, &eye);
    assert_eq!(a, c);
    matmul_nt(&mut c, n, n, n, &eye, &a);
    assert_eq!(transposed(&a, n, n), c);
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    for (m, k, n) in [
        (128, 784, 256),
        (97, 530, 301),
        (700, 300, 10),
        (5, 900, 2000),
        (257, 530, 1061),
        (200, 300, 240),
    ] {
        let (a, b) = (noise(m * k, 1), noise(k * n, 2));
        let run = |threads| {
            let mut c = vec![0.0; m * n];
            with_num_threads(threads, || matmul(&mut c, m, k, n, &a, &b));
            c
        };
        let one = run(1);
        for threads in 2..=4 {
            assert!(run(threads) == one, "{m}x{k}x{n} on {threads} threads");
        }
    }
}

#[test]
fn nan_survives_the_relu_and_infinity_the_edges() {
    let (m, k, n) = (7, 5, 19);
    for isa in Isa::available() {
        let mut a = noise(m * k, 1);
        a[2 * k] = Real::NAN;
        let b = noise(k * n, 2);
        let mut c = vec![0.0; m * n];
        let e = Epilogue { relu: true, ..Epilogue::default() };
        gemm_with(isa, &mut c, MatRef::row_major(&a, m, k), MatRef::row_major(&b, k, n), e);
        for (i, v) in c.iter().enumerate() {
            assert_eq!(v.is_nan(), i / n == 2, "element {i} of {}", isa.name());
            assert!(v.is_nan() || *v >= 0.0);
        }
    }
}

#[test]
fn batches_are_products_one_after_another() {
    for (batch, m, k, n) in [(5, 3, 4, 6), (40, 32, 32, 32), (2, 100, 60, 80)] {
        let (a, b) = (noise(batch * m * k, 1), noise(k * n, 2));
        let (first, shared) = (MatRef::strided(&a, m, k, k, 1), MatRef::row_major(&b, k, n));
        let mut got = vec![0.0; batch * m * n];
        gemm_batched(&mut got, batch, (first, m * k), (shared, 0), Epilogue::OVERWRITE);
        let mut want = got.clone();
        naive::gemm(&mut want, MatRef::row_major(&a, batch * m, k), shared, Epilogue::OVERWRITE);
        close(&got, &want, k, "batched");
    }
}

#[test]
fn reference_library_agrees() {
    let (m, k, n) = (61, 300, 83);
    let (a, b) = (noise(m * k, 1), noise(k * n, 2));
    let mut got = vec![0.0; m * n];
    let mut want = got.clone();
    matmul(&mut got, m, k, n, &a, &b);
    reference::gemm(&mut want, MatRef::row_major(&a, m, k), MatRef::row_major(&b, k, n));
    close(&got, &want, k, "matrixmultiply");
}

#[test]
#[should_panic(expected = "inner dimensions")]
fn inner_dimensions_must_agree() {
    let x = [0.0; 12];
    gemm(
        &mut [0.0; 16],
        MatRef::row_major(&x, 4, 3),
        MatRef::row_major(&x, 2, 4),
        Epilogue::OVERWRITE,
    );
}

/// In a release build too, where this distance would wrap around to 0.
#[test]
#[should_panic(expected = "but there are 1")]
fn a_distance_beyond_counting_is_refused() {
    MatRef::strided(&[0.0], 2, 1, usize::MAX, 1);
}

#[test]
#[should_panic(expected = "needs 12 elements")]
fn a_matrix_must_lie_inside_its_data() {
    MatRef::row_major(&[0.0; 11], 4, 3);
}
