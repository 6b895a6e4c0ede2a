//! Products of matrices: squares, and the shapes that layers ask for. The throughput that criterion
//! prints in elements is floating-point operations.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]
#![forbid(unsafe_code)]

use benches::generator::centred;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;
use tensor_autograd::Real;
use tensor_autograd::kernels::gemm::{matmul, matmul_nt, matmul_tn};

type Product = fn(&mut [Real], usize, usize, usize, &[Real], &[Real]);

/// Name, product, and `m, k, n` of `[m, k]·[k, n]`.
const SHAPES: &[(&str, Product, [usize; 3])] = &[
    ("square 32", matmul, [32, 32, 32]),
    ("square 128", matmul, [128, 128, 128]),
    ("square 256", matmul, [256, 256, 256]),
    ("square 512", matmul, [512, 512, 512]),
    ("square 1024", matmul, [1024, 1024, 1024]),
    ("vector 1024", matmul, [1, 1024, 1024]),
    ("mlp_tiny first layer", matmul_nt, [32, 2, 32]),
    ("mlp_mnist first layer", matmul_nt, [128, 784, 256]),
    ("mlp_mnist first layer, to the weight", matmul_tn, [256, 128, 784]),
    ("mlp_mnist second layer", matmul_nt, [128, 256, 256]),
    ("mlp_mnist second layer, to the input", matmul, [128, 256, 256]),
    ("mlp_mnist last layer", matmul_nt, [128, 256, 10]),
    ("mlp_mnist last layer, to the weight", matmul_tn, [10, 128, 256]),
    ("autoencoder last layer", matmul_nt, [128, 512, 784]),
];

fn matmuls(c: &mut Criterion) {
    let mut group = c.benchmark_group("matmul");
    for &(name, product, [m, k, n]) in SHAPES {
        let (a, b) = (centred(1, [m * k]), centred(2, [k * n]));
        let mut y = vec![0.0; m * n];
        group.throughput(Throughput::Elements(2 * (m * k * n) as u64));
        group.bench_function(name, |bench| {
            bench.iter(|| product(&mut y, m, k, n, black_box(a.as_slice()), b.as_slice()));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(2)).sample_size(30);
    targets = matmuls
}
criterion_main!(benches);
