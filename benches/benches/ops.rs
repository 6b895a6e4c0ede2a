//! Single operations through the tape: forward alone, and forward with backward.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]
#![forbid(unsafe_code)]

use benches::generator::{centred, labels};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::time::Duration;
use tensor_autograd::{Conv2d, Param, Pool2d, Rng, Var, eval, grad};

/// An op of some inputs.
type Op = for<'t> fn(&[Var<'t>]) -> Var<'t>;

/// Name, shapes of the inputs, the op.
const OPS: &[(&str, &[&[usize]], Op)] = &[
    ("add, 32 elements", &[&[32], &[32]], |v| v[0] + v[1]),
    ("add", &[&[256, 784], &[256, 784]], |v| v[0] + v[1]),
    ("add, broadcast", &[&[256, 784], &[784]], |v| v[0] + v[1]),
    ("relu", &[&[256, 784]], |v| v[0].relu()),
    ("exp", &[&[256, 784]], |v| v[0].exp()),
    ("tanh", &[&[256, 784]], |v| v[0].tanh()),
    ("gelu", &[&[256, 784]], |v| v[0].gelu()),
    ("sum of columns", &[&[256, 784]], |v| v[0].sum(0)),
    ("softmax", &[&[128, 1000]], |v| v[0].softmax(-1)),
    ("transpose", &[&[256, 784]], |v| v[0].transpose(0, 1)),
    ("linear", &[&[128, 784], &[256, 784], &[256]], |v| v[0].linear(v[1], Some(v[2]))),
    ("layer_norm", &[&[128, 512], &[512], &[512]], |v| {
        v[0].layer_norm(1, Some(v[1]), Some(v[2]), 1e-5)
    }),
    ("batch_norm", &[&[32, 64, 32, 32], &[64], &[64]], |v| {
        v[0].batch_norm(Some(v[1]), Some(v[2]), 1e-5).0
    }),
    ("conv2d 5x5, 3 to 32", &[&[32, 3, 28, 28], &[32, 3, 5, 5]], |v| {
        v[0].conv2d(v[1], None, Conv2d::default())
    }),
    ("conv2d 3x3, 64 to 64", &[&[32, 64, 32, 32], &[64, 64, 3, 3]], |v| {
        v[0].conv2d(v[1], None, Conv2d { padding: [1, 1], ..Conv2d::default() })
    }),
    ("max_pool2d 2x2", &[&[32, 32, 24, 24]], |v| v[0].max_pool2d(Pool2d::new([2, 2]))),
];

fn ops(c: &mut Criterion) {
    for &(name, shapes, op) in OPS {
        let inputs: Vec<Param> =
            (1..).zip(shapes).map(|(seed, shape)| Param::weight(centred(seed, *shape))).collect();
        let mut group = c.benchmark_group(name);
        let elements = inputs.iter().map(|p| p.value.len()).max().unwrap_or(0);
        group.throughput(Throughput::Elements(elements as u64));
        group.bench_function("forward", |bench| {
            bench.iter(|| {
                eval(|t| op(&inputs.iter().map(|p| t.param(p)).collect::<Vec<_>>()).value())
            });
        });
        let mut rng = Rng::seed(0);
        group.bench_function("forward and backward", |bench| {
            bench.iter(|| {
                grad(&mut rng, |t| {
                    op(&inputs.iter().map(|p| t.param(p)).collect::<Vec<_>>()).sum(..)
                })
            });
        });
        group.finish();
    }
}

fn losses(c: &mut Criterion) {
    let (logits, classes) = (Param::weight(centred(1, [128, 1000])), labels(2, 128, 1000));
    let mut rng = Rng::seed(0);
    c.bench_function("cross_entropy/forward and backward", |bench| {
        bench.iter(|| grad(&mut rng, |t| t.param(&logits).cross_entropy(&classes)));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(1)).sample_size(30);
    targets = ops, losses
}
criterion_main!(benches);
