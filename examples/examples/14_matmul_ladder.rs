//! # Lesson 14: the ladder of a matrix product
//!
//! **You will learn** why two programs that do the same additions and multiplications can differ a
//! hundredfold in time, and what the engine under all the other lessons does about it.
//!
//! **The idea.** A core can do many multiplications in the time of one trip to memory, so what costs
//! is fetching. Each rung fetches less than the one below: neighbours in memory one after the other,
//! then parts that stay in the cache, then parts that stay in registers, many of them in one
//! instruction. The last rung shares the work among the cores.
//!
//! **Run it** with `cargo run --release -p examples --example 14_matmul_ladder`, for other sizes with
//! `-- --size 1024`.
//!
//! **You should see** the rate rise with every rung, by far the most from naive to vector, and each
//! product agree with the naive one up to rounding.

#![forbid(unsafe_code)]

use clap::Parser;
use std::time::Instant;
use tensor_autograd::kernels::isa::{self, Isa};
use tensor_autograd::kernels::{gemm, parallel};
use tensor_autograd::{Real, Rng};

#[derive(Parser)]
struct Args {
    /// Makes the lesson small enough for a test.
    #[arg(long)]
    quick: bool,
    /// Rows and columns of both matrices.
    #[arg(long, default_value_t = 768, value_parser = clap::value_parser!(u16).range(1..=4096))]
    size: u16,
}

/// A product of two `n × n` matrices, row after row: adds `a · b` to `c`, which begins at 0.
type Product = fn(c: &mut [Real], a: &[Real], b: &[Real], n: usize);

const LADDER: [(&str, &str, Product); 6] = [
    ("naive", "three loops, as the formula has it", naive),
    ("rows", "the two inner loops exchanged: neighbours follow each other", rows),
    ("packed", "4 × 8 sums kept in registers, a strip of B copied side by side", |c, a, b, n| {
        tiled::<4, 8, false>((c, a, b, n));
    }),
    ("vector", "the same text, compiled for this machine's vectors, 8 × 32 sums", vector),
    ("engine", "this workspace's kernel, on one thread", |c, a, b, n| {
        parallel::with_num_threads(1, || gemm::matmul(c, n, n, n, a, b));
    }),
    ("threads", "the same on all threads", |c, a, b, n| gemm::matmul(c, n, n, n, a, b)),
];

/// `c[i][j] = Σ_k a[i][k] · b[k][j]`: each step down a column of B is another line of the cache.
fn naive(c: &mut [Real], a: &[Real], b: &[Real], n: usize) {
    for i in 0..n {
        for j in 0..n {
            c[i * n + j] = (0..n).map(|k| a[i * n + k] * b[k * n + j]).sum();
        }
    }
}

/// The sums of a whole row of C grow together, and B is read along its rows.
fn rows(c: &mut [Real], a: &[Real], b: &[Real], n: usize) {
    for (c, a) in c.chunks_exact_mut(n).zip(a.chunks_exact(n)) {
        for (a, b) in a.iter().zip(b.chunks_exact(n)) {
            c.iter_mut().zip(b).for_each(|(c, b)| *c += a * b);
        }
    }
}

/// Where there is an instruction for it, a fused multiply-add does two operations at once.
fn vector(c: &mut [Real], a: &[Real], b: &[Real], n: usize) {
    match isa::isa() {
        Isa::Portable => tiled::<4, 8, false>((c, a, b, n)),
        _ => isa::vectorized(|| tiled::<8, 32, true>((c, a, b, n))),
    }
}

/// Rows of B that are used before the next ones: so much of a strip stays in the nearest cache.
const DEPTH: usize = 256;

/// `R × S` sums stay in registers while `DEPTH` columns of A and rows of B pass by. A strip of B,
/// `S` columns wide, is copied once so that it lies together, and serves all rows of A.
#[inline(always)]
fn tiled<const R: usize, const S: usize, const FUSED: bool>(
    (c, a, b, n): (&mut [Real], &[Real], &[Real], usize),
) {
    let mut strip = [[0.0; S]; DEPTH]; // what lies beyond B's last column is not stored
    for k in (0..n).step_by(DEPTH) {
        let depth = DEPTH.min(n - k);
        for j in (0..n).step_by(S) {
            let width = S.min(n - j);
            for (p, row) in strip[..depth].iter_mut().enumerate() {
                row[..width].copy_from_slice(&b[(k + p) * n + j..][..width]);
            }
            for i in (0..n).step_by(R) {
                // Beyond the last row the last one is taken again; nor are those sums stored.
                let row = |r| &a[n.min(i + r + 1) * n - n + k..][..depth];
                let a: [&[Real]; R] = std::array::from_fn(row);
                let mut sums = [[0.0; S]; R];
                for (p, row) in strip[..depth].iter().enumerate() {
                    for (a, sums) in a.iter().zip(&mut sums) {
                        let add =
                            |x, b: Real| if FUSED { a[p].mul_add(b, x) } else { x + a[p] * b };
                        sums.iter_mut().zip(row).for_each(|(x, b)| *x = add(*x, *b));
                    }
                }
                for (r, sums) in sums.iter().enumerate().take(n - i) {
                    let c = &mut c[(i + r) * n + j..][..width];
                    c.iter_mut().zip(sums).for_each(|(c, sum)| *c += sum);
                }
            }
        }
    }
}

fn main() {
    let args = Args::parse();
    let n = if args.quick { 192 } else { usize::from(args.size) };
    let mut rng = Rng::seed(0);
    let mut matrix = || (0..n * n).map(|_| rng.uniform() - 0.5).collect::<Vec<Real>>();
    let (a, b) = (matrix(), matrix());
    println!("{n} × {n}, {}, {} threads", isa::isa().name(), parallel::num_threads());

    let (mut exact, mut first, mut times) = (Vec::new(), 0.0, 1.0);
    for (name, what, product) in LADDER {
        let (mut c, mut seconds) = (Vec::new(), f64::INFINITY);
        for _ in 0..3 {
            c = vec![0.0; n * n];
            let start = Instant::now();
            product(&mut c, &a, &b, n);
            seconds = seconds.min(start.elapsed().as_secs_f64());
        }
        if exact.is_empty() {
            (exact, first) = (c.clone(), seconds);
        }
        let error = c.iter().zip(&exact).map(|(x, y)| (x - y).abs()).fold(0.0, Real::max);
        assert!(error < 1e-6 * n as Real, "{name} is another product: off by {error}");
        times = first / seconds;
        let rate = 2.0 * (n as f64).powi(3) / seconds / 1e9;
        println!("{name:>8} {rate:8.2} GFLOP/s {times:7.1}x  {what}");
    }
    examples::figure("engine_over_naive", times);
}

// Exercises
//
// 1. Which size makes `naive` suddenly slower, and which does not? Try 500, 512 and 520, and think of
//    where the elements of one column lie in a cache.
// 2. Give `vector` tiles of 4 × 16, 8 × 32, 8 × 48 and 16 × 48. How many registers has each, and from
//    where on do they not suffice?
