//! Step buffers, recycled.
//!
//! A training step needs the same buffers as the one before it, and fresh pages from the system
//! cost more than the arithmetic done in them. So a buffer that is dropped is kept by its thread,
//! by length, and handed out again.

use crate::Real;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Elements that a thread keeps for reuse at the most (1 GiB of `f32`).
const KEEP: usize = 1 << 28;

#[derive(Default)]
struct Pool {
    free: BTreeMap<usize, Vec<Vec<Real>>>,
    elements: usize,
}

thread_local! {
    static POOL: RefCell<Pool> = RefCell::default();
}

/// Memory of a tensor. Returns to its thread's pool when dropped.
pub(crate) struct Buffer(Vec<Real>);

impl Buffer {
    /// `len` elements with whatever an earlier user left in them; the caller overwrites all.
    pub(crate) fn stale(len: usize) -> Self {
        let recycled = POOL
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
        let mut data = recycled.unwrap_or_else(|| vec![0.0; len]);
        if cfg!(debug_assertions) {
            data.fill(Real::NAN); // a kernel that leaves a gap shows itself
        }
        Buffer(data)
    }

    pub(crate) fn from_vec(data: Vec<Real>) -> Self {
        Buffer(data)
    }

    pub(crate) fn as_slice(&self) -> &[Real] {
        &self.0
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [Real] {
        &mut self.0
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        let mut copy = Buffer::stale(self.0.len());
        copy.0.copy_from_slice(&self.0);
        copy
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let data = std::mem::take(&mut self.0);
        if data.is_empty() {
            return;
        }
        // A thread that is ending has no pool any more: then the memory is simply freed.
        let _ = POOL.try_with(|pool| {
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
    POOL.with(|pool| *pool.borrow_mut() = Pool::default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_buffer_is_handed_out_again() {
        release_buffers();
        let first = Buffer::stale(1234);
        let address = first.as_slice().as_ptr();
        drop(first);
        assert_eq!(Buffer::stale(1234).as_slice().as_ptr(), address);
        assert_ne!(Buffer::stale(1235).as_slice().as_ptr(), address);
    }
}
