//! Which rows are in which batch: a pure function of `(seed, epoch)` or `(seed, step)`.
//!
//! There is no iterator state to save. A run that stopped at step 1234 asks for batch 1234, and
//! two runs with the same seed see the same rows, whatever else they do with random numbers.

use crate::Random;

/// The order of rows in one epoch: every row once.
pub fn epoch_order(len: usize, seed: u64, epoch: u64) -> Vec<usize> {
    Random::new(seed, "epoch", [epoch, 0]).permutation(len)
}

/// The batches of one epoch: an iterator over index vectors that holds every row once.
///
/// ```
/// use datasets::Batches;
/// let sizes: Vec<usize> = Batches::new(10, 4, 0, 0).map(|rows| rows.len()).collect();
/// assert_eq!(sizes, [4, 4, 2]);
/// assert_eq!(Batches::new(10, 4, 0, 0).drop_last().count(), 2);
/// ```
#[derive(Debug, Clone)]
pub struct Batches {
    order: Vec<usize>,
    size: usize,
    next: usize,
}

impl Batches {
    /// The batches of `size` rows out of `len` in this epoch; the last may be smaller.
    ///
    /// # Panics
    /// If `size` is 0.
    #[track_caller]
    pub fn new(len: usize, size: usize, seed: u64, epoch: u64) -> Self {
        assert!(size > 0, "a batch has at least one row");
        Self { order: epoch_order(len, seed, epoch), size, next: 0 }
    }

    /// Without the last batch if it is smaller than the others (batch normalisation of a single
    /// row, for one, is no fun).
    pub fn drop_last(mut self) -> Self {
        let rest = self.order.len() % self.size;
        self.order.truncate(self.order.len() - rest);
        self
    }
}

impl Iterator for Batches {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        let end = self.order.len().min(self.next + self.size);
        let batch = self.order[self.next..end].to_vec();
        self.next = end;
        (!batch.is_empty()).then_some(batch)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.order.len() - self.next).div_ceil(self.size);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Batches {}

/// An endless row of full batches, addressed by step.
///
/// Rows are laid end to end, epoch after epoch, each epoch in an order of its own
/// ([`epoch_order`]), and cut into batches of equal size; a batch may straddle two epochs. This is
/// how two domains of different sizes are walked side by side without cutting the longer one.
///
/// The order of the current epoch is kept between calls, for speed alone: `batch(step)` does not
/// depend on what was asked before.
///
/// ```
/// use datasets::BatchStream;
/// let mut stream = BatchStream::new(10, 4, 0);
/// let later = stream.batch(1000);
/// assert_eq!(BatchStream::new(10, 4, 0).batch(1000), later);
/// ```
#[derive(Debug, Clone)]
pub struct BatchStream {
    len: usize,
    size: usize,
    seed: u64,
    epoch: u64,
    order: Vec<usize>,
}

impl BatchStream {
    /// Batches of `size` rows out of `len`.
    ///
    /// # Panics
    /// If `len` or `size` is 0.
    #[track_caller]
    pub fn new(len: usize, size: usize, seed: u64) -> Self {
        assert!(len > 0, "an endless stream needs at least one row");
        assert!(size > 0, "a batch has at least one row");
        Self { len, size, seed, epoch: 0, order: epoch_order(len, seed, 0) }
    }

    /// The rows of batch `step`, always `size` of them.
    pub fn batch(&mut self, step: u64) -> Vec<usize> {
        let mut position = u128::from(step) * self.size as u128;
        let mut rows = Vec::with_capacity(self.size);
        while rows.len() < self.size {
            self.go_to((position / self.len as u128) as u64);
            let start = (position % self.len as u128) as usize;
            let end = self.len.min(start + self.size - rows.len());
            rows.extend_from_slice(&self.order[start..end]);
            position += (end - start) as u128;
        }
        rows
    }

    fn go_to(&mut self, epoch: u64) {
        if epoch != self.epoch {
            self.order = epoch_order(self.len, self.seed, epoch);
            self.epoch = epoch;
        }
    }
}

/// Batch `step` of the [`BatchStream`] of this `(len, size, seed)`.
///
/// For a single batch; in a loop keep a [`BatchStream`], which shuffles once an epoch only.
///
/// # Panics
/// If `len` or `size` is 0.
#[track_caller]
pub fn stream_batch(len: usize, size: usize, seed: u64, step: u64) -> Vec<usize> {
    BatchStream::new(len, size, seed).batch(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_holds_every_row_once_in_an_order_of_its_own() {
        let epoch = |seed, epoch| Batches::new(103, 10, seed, epoch).flatten().collect::<Vec<_>>();
        let mut sorted = epoch(1, 0);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..103).collect::<Vec<_>>());
        assert_eq!(epoch(1, 0), epoch(1, 0));
        assert_ne!(epoch(1, 0), epoch(1, 1));
        assert_ne!(epoch(1, 0), epoch(2, 0));
        assert_eq!(Batches::new(103, 10, 1, 0).len(), 11);
        assert_eq!(Batches::new(103, 10, 1, 0).last().unwrap().len(), 3);
        assert!(Batches::new(103, 10, 1, 0).drop_last().all(|batch| batch.len() == 10));
        assert_eq!(Batches::new(3, 10, 1, 0).drop_last().next(), None);
    }

    #[test]
    fn a_stream_is_its_epochs_end_to_end() {
        for (len, size) in [(10, 4), (4, 10), (1, 3), (7, 7), (100, 1)] {
            let laid: Vec<usize> = (0..20).flat_map(|epoch| epoch_order(len, 5, epoch)).collect();
            let mut stream = BatchStream::new(len, size, 5);
            for (step, expected) in laid.chunks_exact(size).enumerate() {
                assert_eq!(stream.batch(step as u64), expected, "{len} rows, step {step}");
                assert_eq!(stream_batch(len, size, 5, step as u64), expected);
            }
        }
    }

    #[test]
    fn any_step_in_any_order() {
        let mut stream = BatchStream::new(50, 8, 3);
        let forward: Vec<_> = (0..40).map(|step| stream.batch(step)).collect();
        for step in (0..40).rev() {
            assert_eq!(stream.batch(step), forward[step as usize]);
        }
        assert_eq!(stream.batch(u64::MAX).len(), 8);
    }
}
