//! An allocator that counts, and what a training step may ask of it. A global allocator belongs to
//! a whole program, so each test that uses this one is a program of its own.

#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The system's allocator, with a count of what each thread asks of it.
struct Counting;

/// What a thread has asked for so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) calls: usize,
    pub(crate) bytes: usize,
    pub(crate) largest: usize,
}

impl Count {
    const NOTHING: Count = Count { calls: 0, bytes: 0, largest: 0 };
}

/// More than the lists of a small tape, of a filter's taps and of a thread's tasks; less than any
/// activation of a hidden layer.
pub(crate) const LIST: usize = 8 << 10;

/// Requests of at least [`LIST`] bytes, on any thread.
static LARGE: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static COUNT: Cell<Count> = const { Cell::new(Count::NOTHING) };
}

fn note(bytes: usize) {
    if bytes >= LIST {
        LARGE.fetch_add(1, Relaxed);
    }
    // A thread that is ending has no counter any more; nobody asks for it then.
    let _ = COUNT.try_with(|count| {
        let c = count.get();
        let largest = c.largest.max(bytes);
        count.set(Count { calls: c.calls + 1, bytes: c.bytes + bytes, largest });
    });
}

// SAFETY: every call is the system allocator's own; counting does not allocate, since the
// counters are an atomic number and a constant `Cell` without a destructor.
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

/// What `f` allocates on this thread.
pub(crate) fn counted(f: impl FnOnce()) -> Count {
    COUNT.set(Count::NOTHING);
    f();
    COUNT.get()
}

/// Steps that show that it will go on like this.
const LIKE_THIS: usize = 20;
/// Steps after which several threads must have come to it.
const PATIENCE: usize = 400;

/// On one thread: after a few steps every step allocates exactly what the step before it did, and
/// nothing of a tensor's size. Says what.
#[track_caller]
pub(crate) fn assert_steady(mut step: impl FnMut()) -> Count {
    let cold = counted(&mut step);
    assert!(cold.largest >= LIST, "the first step allocates {cold:?}: the count is wrong");
    for _ in 0..2 {
        step();
    }
    let warm = counted(&mut step);
    for i in 0..LIKE_THIS {
        let count = counted(&mut step);
        assert_eq!(count, warm, "step {i} allocates otherwise than the one before");
    }
    assert!(warm.largest < LIST, "a warm step allocates {warm:?}");
    warm
}

/// On several threads: in the end no step allocates anything of a tensor's size on any thread. Which
/// thread gets which task is chance, and each one's working memory grows until it has met them all:
/// so when that is, is not said.
#[track_caller]
pub(crate) fn assert_settles(mut step: impl FnMut()) {
    let mut quiet = 0;
    for _ in 0..PATIENCE {
        let before = LARGE.load(Relaxed);
        step();
        quiet = if LARGE.load(Relaxed) == before { quiet + 1 } else { 0 };
        if quiet == LIKE_THIS {
            return;
        }
    }
    panic!("after {PATIENCE} steps some still allocate {LIST} bytes and more at once");
}
