//! A training step allocates no tensor memory once the buffers of the first steps are there to be
//! used again. A binary of its own, because a global allocator belongs to a whole program.

#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use tensor_autograd::kernels::{elementwise, parallel};
use tensor_autograd::{Param, Real, Rng, Tensor, grad};

/// The system's allocator, with a count of what each thread asks of it.
struct Counting;

/// What a thread has asked for so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Count {
    calls: usize,
    bytes: usize,
    largest: usize,
}

impl Count {
    const NOTHING: Count = Count { calls: 0, bytes: 0, largest: 0 };
}

thread_local! {
    static COUNT: Cell<Count> = const { Cell::new(Count::NOTHING) };
}

fn note(bytes: usize) {
    // A thread that is ending has no counter any more; nobody asks for it then.
    let _ = COUNT.try_with(|count| {
        let c = count.get();
        let largest = c.largest.max(bytes);
        count.set(Count { calls: c.calls + 1, bytes: c.bytes + bytes, largest });
    });
}

// SAFETY: every call is the system allocator's own; counting does not allocate, since the
// counter is a constant `Cell` without a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        // SAFETY: as above.
        unsafe { System.realloc(old, layout, size) }
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(old, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `f` allocates on this thread, and its result.
fn counted<R>(f: impl FnOnce() -> R) -> (Count, R) {
    COUNT.set(Count::NOTHING);
    let result = f();
    (COUNT.get(), result)
}

const BATCH: usize = 32;
const CLASSES: usize = 10;

struct Mlp {
    weights: [Param; 4],
}

impl Mlp {
    fn new(rng: &mut Rng) -> Self {
        let mut weight = |shape| Param::weight(Tensor::normal(shape, 0.0, 0.05, rng));
        let bias = |n| Param::weight(Tensor::zeros([n]));
        let weights = [weight([256, 784]), bias(256), weight([CLASSES, 256]), bias(CLASSES)];
        Mlp { weights }
    }

    /// One step of gradient descent; returns the loss before it.
    fn step(&mut self, x: &Tensor, labels: &[usize], rng: &mut Rng) -> Real {
        let (loss, grads) = grad(rng, |t| {
            let [w1, b1, w2, b2] = self.weights.each_ref().map(|w| t.param(w));
            let hidden = t.constant(x.clone()).linear(w1, Some(b1)).relu();
            hidden.linear(w2, Some(b2)).cross_entropy(labels)
        });
        for w in &mut self.weights {
            let g = grads.get(w).expect("every weight is trained").clone();
            elementwise::zip_inplace(w.value.make_mut(), g.as_slice(), |w, g| w - 0.1 * g);
        }
        loss
    }
}

/// More than the list of a small tape, less than any activation of the hidden layer.
const LIST: usize = 8 << 10;

#[test]
fn a_training_step_allocates_no_tensor_memory_once_warm() {
    // One thread: another one's queue of tasks grows when it will.
    parallel::with_num_threads(1, || {
        let mut rng = Rng::seed(0);
        let mut net = Mlp::new(&mut rng);
        let x = Tensor::uniform([BATCH, 784], 0.0..1.0, &mut rng);
        let labels: Vec<usize> = (0..BATCH).map(|i| i % CLASSES).collect();

        let (cold, first) = counted(|| net.step(&x, &labels, &mut rng));
        assert!(cold.largest >= 256 * 784 * size_of::<Real>(), "the gradient was not allocated");
        net.step(&x, &labels, &mut rng);
        let (warm, _) = counted(|| net.step(&x, &labels, &mut rng));
        for step in 0..20 {
            let (count, _) = counted(|| net.step(&x, &labels, &mut rng));
            assert_eq!(count, warm, "step {step} allocates otherwise than the one before");
        }
        let (_, last) = counted(|| net.step(&x, &labels, &mut rng));
        assert!(warm.largest < LIST && warm.bytes < 4 * LIST, "a warm step allocates {warm:?}");
        assert!(last < 0.9 * first, "the loss went from {first} to {last}");
    });
}
