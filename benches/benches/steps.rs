//! Whole training steps: the workloads that are raced against other engines.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]
#![forbid(unsafe_code)]

use benches::workloads::{WORKLOADS, Workload};
use criterion::{Criterion, criterion_group, criterion_main};
use std::time::Duration;

fn steps(c: &mut Criterion) {
    let mut group = c.benchmark_group("step");
    for (name, ..) in WORKLOADS.iter().filter(|(name, ..)| !name.starts_with("matmul")) {
        let mut workload = Workload::named(name).expect("a name from the list");
        let mut i = 0;
        group.bench_function(*name, |bench| {
            bench.iter(|| {
                workload.step(i);
                i += 1;
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3)).sample_size(20);
    targets = steps
}
criterion_main!(benches);
