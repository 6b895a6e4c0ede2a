//! Working memory that kernels borrow and give back, so that a training step allocates none.

use crate::Real;
use std::cell::RefCell;

/// Vectors of 512 bits and cache lines are this many bytes; a buffer begins at such a boundary.
const ALIGN: usize = 64;

thread_local! {
    /// Buffers that this thread's kernels are not using. A stack, so that kernels may nest.
    static FREE: RefCell<Vec<Vec<Real>>> = const { RefCell::new(Vec::new()) };
}

/// Lends `f` a buffer of `len` elements, aligned to a cache line, **with arbitrary content**.
pub(crate) fn with<R>(len: usize, f: impl FnOnce(&mut [Real]) -> R) -> R {
    if len == 0 {
        return f(&mut []);
    }
    let mut buf = FREE.with_borrow_mut(Vec::pop).unwrap_or_default();
    let slack = ALIGN / size_of::<Real>();
    if buf.len() < len + slack {
        buf = vec![0.0; len + slack];
    }
    let start = buf.as_ptr().align_offset(ALIGN).min(slack);
    let result = f(&mut buf[start..start + len]);
    FREE.with_borrow_mut(|free| free.push(buf));
    result
}

/// Lends `f` two buffers.
pub(crate) fn with2<R>(
    a_len: usize,
    b_len: usize,
    f: impl FnOnce(&mut [Real], &mut [Real]) -> R,
) -> R {
    with(a_len, |a| with(b_len, |b| f(a, b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_aligned_nested_and_reused() {
        let first = with(100, |a| {
            a.fill(1.0);
            with(50, |b| {
                b.fill(2.0);
                assert_eq!(b.as_ptr() as usize % ALIGN, 0);
            });
            assert!(a.iter().all(|&v| v == 1.0), "a nested buffer is another one");
            (a.as_ptr() as usize, a.len())
        });
        assert_eq!(first.1, 100);
        with(100, |_| with(100, |_| ()));
        let held = FREE.with_borrow(Vec::len);
        with(100, |_| with(100, |_| ()));
        assert_eq!(FREE.with_borrow(Vec::len), held, "no new buffers once warm");
    }
}
