//! Step buffers, recycled.
//!
//! A training step needs the same buffers as the one before it, and fresh pages from the system
//! cost more than the arithmetic done in them. So a buffer that is dropped is kept by its thread,
//! by length, and handed out again.

use crate::Real;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::thread::LocalKey;

/// Elements of a type that a thread keeps for reuse at the most (1 GiB of `f32`).
const KEEP: usize = 1 << 28;

/// Buffers of one type that nobody uses, by length.
#[derive(Default)]
pub(crate) struct Pool<T> {
    free: BTreeMap<usize, Vec<Vec<T>>>,
    elements: usize,
}

thread_local! {
    static NUMBERS: RefCell<Pool<Real>> = RefCell::default();
    static PLACES: RefCell<Pool<u32>> = RefCell::default();
}

/// What a buffer holds: numbers, or places of numbers that an op notes on its way forward.
pub(crate) trait Element: Copy + Default + 'static {
    /// What shows that an element was never written.
    const JUNK: Self;
    /// The thread's pool.
    fn pool() -> &'static LocalKey<RefCell<Pool<Self>>>;
}

impl Element for Real {
    const JUNK: Real = Real::NAN;
    fn pool() -> &'static LocalKey<RefCell<Pool<Real>>> {
        &NUMBERS
    }
}

impl Element for u32 {
    const JUNK: u32 = u32::MAX;
    fn pool() -> &'static LocalKey<RefCell<Pool<u32>>> {
        &PLACES
    }
}

/// Memory of a tensor, or of the places that an op saves. Returns to its thread's pool when
/// dropped.
pub(crate) struct Buffer<T: Element = Real>(Vec<T>);

impl<T: Element> Buffer<T> {
    /// `len` elements with whatever an earlier user left in them; the caller overwrites all.
    pub(crate) fn stale(len: usize) -> Self {
        let recycled = T::pool()
            .try_with(|pool| {
                let mut pool = pool.borrow_mut();
                let found = pool.free.get_mut(&len).and_then(Vec::pop);
                if found.is_some() {
                    pool.elements -= len;
                }
                found
            })
            .ok()
            .flatten();
        let mut data = recycled.unwrap_or_else(|| vec![T::default(); len]);
        if cfg!(debug_assertions) {
            data.fill(T::JUNK); // a kernel that leaves a gap shows itself
        }
        Buffer(data)
    }

    pub(crate) fn from_vec(data: Vec<T>) -> Self {
        Buffer(data)
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        &self.0
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T: Element> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        let mut copy = Buffer::stale(self.0.len());
        copy.0.copy_from_slice(&self.0);
        copy
    }
}

impl<T: Element> Drop for Buffer<T> {
    fn drop(&mut self) {
        let data = std::mem::take(&mut self.0);
        if data.is_empty() {
            return;
        }
        // A thread that is ending has no pool any more: then the memory is simply freed.
        let _ = T::pool().try_with(|pool| {
            let mut pool = pool.borrow_mut();
            if pool.elements + data.len() > KEEP {
                *pool = Pool::default();
            }
            pool.elements += data.len();
            pool.free.entry(data.len()).or_default().push(data);
        });
    }
}

/// Frees every buffer that this thread keeps for reuse.
pub fn release_buffers() {
    NUMBERS.take();
    PLACES.take();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recycles<T: Element>() {
        let first = Buffer::<T>::stale(1234);
        let address = first.as_slice().as_ptr();
        drop(first);
        assert_eq!(Buffer::<T>::stale(1234).as_slice().as_ptr(), address);
        assert_ne!(Buffer::<T>::stale(1235).as_slice().as_ptr(), address);
    }

    #[test]
    fn a_dropped_buffer_is_handed_out_again() {
        release_buffers();
        recycles::<Real>();
        recycles::<u32>();
    }
}
