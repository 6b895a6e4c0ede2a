//! The channels of an image batch as tasks: each writes its own planes of a shared array.

use super::super::parallel::collect;
use super::Dims;
use crate::Real;
use std::marker::PhantomData;

/// The planes of one channel of `[n, c, hw]`, for writing.
pub(super) struct Planes<'a> {
    first: *mut Real,
    dims: Dims,
    array: PhantomData<&'a mut [Real]>,
}

impl Planes<'_> {
    /// Plane of image `i`.
    #[inline(always)]
    pub(super) fn plane(&mut self, i: usize) -> &mut [Real] {
        let Dims { n, c, hw } = self.dims;
        assert!(i < n);
        // SAFETY: `first` is the channel's plane in image 0 of an array that `map_channels` found to
        // have n·c·hw elements, so plane `i` lies within it; `&mut self` gives one plane at a time,
        // and no other `Planes` covers this channel.
        unsafe { std::slice::from_raw_parts_mut(self.first.add(i * c * hw), hw) }
    }
}

/// The start of the array, which tasks share.
struct Start(*mut Real);

// SAFETY: every task derives from it the planes of its own channel only, see `map_channels`.
unsafe impl Sync for Start {}

impl Start {
    /// A method, so that closures capture the whole struct and not the bare pointer.
    fn get(&self) -> *mut Real {
        self.0
    }
}

/// Calls `f(channel, its planes)` for every channel of `array: [n, c, hw]` and collects the
/// results, in parallel where it pays.
pub(super) fn map_channels<R: Send>(
    array: &mut [Real],
    dims: Dims,
    f: impl Fn(usize, Planes<'_>) -> R + Sync + Send,
) -> Vec<R> {
    assert_eq!(array.len(), dims.len(), "the array must be [n, c, hw]");
    let work = array.len();
    let start = Start(array.as_mut_ptr());
    collect(dims.c, work, |channel| {
        // SAFETY: `channel < c`, so this is inside the array (or one past an empty one); each
        // channel is visited once, so no two `Planes` overlap, and the array is borrowed throughout.
        let first = unsafe { start.get().add(channel * dims.hw) };
        f(channel, Planes { first, dims, array: PhantomData })
    })
}
