//! Every workload is the one that the other engines run: its losses are theirs.

#![forbid(unsafe_code)]

use benches::measure::losses;
use benches::workloads::{WORKLOADS, Workload};

#[test]
fn the_losses_of_the_first_and_the_eleventh_step_are_pytorchs() {
    for &(name, want0, want10) in WORKLOADS {
        let (loss0, loss10) = losses(&mut Workload::named(name).expect("a workload"));
        let off = |got: f64, want: f64| (got - want).abs() / want;
        assert!(off(loss0, want0) < 2e-6, "{name}: loss0 {loss0}, PyTorch has {want0}");
        assert!(off(loss10, want10) < 5e-5, "{name}: loss10 {loss10}, PyTorch has {want10}");
    }
}

#[test]
fn another_name_is_no_workload() {
    assert!(Workload::named("matmul_129").is_none());
    assert!(Workload::named("").is_none());
}
