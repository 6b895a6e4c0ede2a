//! Times the matrix product and the convolution on the shapes of real training steps.
//!
//! `cargo run --release -p tensor-autograd --example kernel_times -- THREADS [FILTER]`

use std::time::Instant;
use tensor_autograd::Real;
use tensor_autograd::kernels::conv::{
    Conv2dShape, conv2d, conv2d_backward_input, conv2d_backward_weight,
};
use tensor_autograd::kernels::gemm::{matmul, matmul_nt, matmul_tn};
use tensor_autograd::kernels::parallel::set_num_threads;
use tensor_autograd::kernels::pool::{Pool2dShape, max_pool2d, max_pool2d_backward};

/// Seconds that this thread has been running, which on a busy machine says more than the clock.
/// Zero where Linux's `/proc` is missing.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) * 1e-9
}

/// The fastest and the median run, and the fastest by processor time, of as many as fit in 0.4 s.
fn time(mut f: impl FnMut()) -> [f64; 3] {
    (0..3).for_each(|_| f());
    let (start, mut times, mut cpu) = (Instant::now(), Vec::new(), f64::INFINITY);
    while start.elapsed().as_secs_f64() < 0.4 || times.len() < 7 {
        let (t, c) = (Instant::now(), cpu_seconds());
        f();
        times.push(t.elapsed().as_secs_f64());
        cpu = cpu.min(cpu_seconds() - c);
    }
    times.sort_by(f64::total_cmp);
    [times[0], times[times.len() / 2], cpu]
}

fn report(name: &str, flops: usize, f: impl FnMut()) {
    let filter = std::env::args().nth(2).unwrap_or_default();
    if !name.contains(&filter) {
        return;
    }
    let times = time(f);
    print!("{name:24}");
    for (what, t) in ["min", "median", "cpu"].iter().zip(times) {
        print!(" {what} {:9.1} µs {:6.1} GFLOP/s", t * 1e6, flops as f64 / t / 1e9);
    }
    println!();
}

fn data(len: usize) -> Vec<Real> {
    (0..len).map(|i| ((i * 7919) % 1000) as Real / 500.0 - 1.0).collect()
}

type Product = fn(&mut [Real], usize, usize, usize, &[Real], &[Real]);

fn products() {
    let (nn, nt, tn) =
        (("nn", matmul as Product), ("nt", matmul_nt as Product), ("tn", matmul_tn as Product));
    for ((name, f), m, k, n) in [
        (nn, 32, 32, 32),
        (nn, 32, 2, 32),
        (nt, 32, 32, 32),
        (nn, 128, 128, 128),
        (nn, 256, 256, 256),
        (nn, 512, 512, 512),
        (nn, 1024, 1024, 1024),
        (nn, 128, 784, 256),
        (nt, 128, 784, 256),
        (tn, 784, 128, 256),
        (nt, 128, 256, 784),
        (nn, 128, 256, 784),
        (tn, 256, 128, 784),
        (nt, 128, 512, 128),
        (nn, 128, 512, 128),
        (tn, 512, 128, 784),
        (tn, 512, 128, 128),
        (nt, 128, 256, 10),
        (nn, 128, 10, 256),
        (tn, 10, 128, 256),
        (nt, 128, 768, 100),
        (nt, 1, 512, 1000),
    ] {
        let (a, b, mut c) = (data(m * k), data(k * n), data(m * n));
        report(&format!("{name} {m}x{k}x{n}"), 2 * m * k * n, || f(&mut c, m, k, n, &a, &b));
    }
}

fn convolutions() {
    for (name, n, c, h, o, k, s, p, g) in [
        ("dann1", 128, 3, 28, 32, 5, 1, 0, 1),
        ("dann2", 128, 32, 12, 48, 5, 1, 0, 1),
        ("c3x3", 32, 64, 32, 64, 3, 1, 1, 1),
        ("r7x7", 8, 3, 224, 64, 7, 2, 3, 1),
        ("r56", 1, 64, 56, 64, 3, 1, 1, 1),
        ("r28s2", 1, 64, 56, 128, 3, 2, 1, 1),
        ("r14", 1, 256, 14, 256, 3, 1, 1, 1),
        ("r7", 1, 512, 7, 512, 3, 1, 1, 1),
        ("r7b8", 8, 512, 7, 512, 3, 1, 1, 1),
        ("1x1", 8, 64, 56, 128, 1, 1, 0, 1),
        ("dw", 8, 64, 56, 64, 3, 1, 1, 64),
    ] {
        let shape = Conv2dShape {
            n,
            c,
            h,
            w: h,
            o,
            kh: k,
            kw: k,
            stride: [s, s],
            padding: [p, p],
            dilation: [1, 1],
            groups: g,
        };
        let (mut x, mut w, mut y) = (data(shape.x_len()), data(shape.w_len()), data(shape.y_len()));
        let flops = 2 * shape.y_len() * c / g * k * k;
        report(&format!("{name} fwd"), flops, || conv2d(&mut y, &x, &w, None, false, &shape));
        report(&format!("{name} dw"), flops, || conv2d_backward_weight(&mut w, &x, &y, &shape));
        report(&format!("{name} dx"), flops, || conv2d_backward_input(&mut x, &w, &y, &shape));
    }
}

fn pools() {
    for (n, c, h) in [(128, 32, 24), (128, 48, 8)] {
        let s = Pool2dShape::square(n, c, h, h, 2);
        let (mut x, mut y) = (data(s.x_len()), data(s.y_len()));
        let mut i = vec![0; y.len()];
        let name = format!("maxpool {n}x{c}x{h}");
        report(&name, s.x_len(), || max_pool2d(&mut y, &mut i, &x, &s));
        report(&format!("{name} bwd"), s.x_len(), || max_pool2d_backward(&mut x, &y, &i, &s));
    }
}

fn main() {
    let threads = std::env::args().nth(1).and_then(|t| t.parse().ok()).unwrap_or(1);
    set_num_threads(threads);
    products();
    convolutions();
    pools();
}
