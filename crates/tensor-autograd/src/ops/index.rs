//! Elements chosen by index.

use super::axes::{around, resolve};
use crate::kernels::gather;
use crate::{Shape, Tensor, Var};

impl<'t> Var<'t> {
    /// The elements `index[0]`, `index[1]`, .. along `axis`; an element may come twice.
    ///
    /// # Shapes
    /// `[5, 3]`, axis 0, four indices give `[4, 3]`.
    ///
    /// # Gradient
    /// Adds each part of `dY` to the place that it came from.
    ///
    /// # Panics
    /// If the axis or an element does not exist.
    #[track_caller]
    pub fn index_select(self, axis: isize, index: &[usize]) -> Var<'t> {
        let shape = self.shape();
        let axis = resolve("index_select", shape, axis);
        self.take("index_select", axis, index, shape.with(axis, index.len()))
    }

    /// The rows of a table of vectors, looked up: this is the table.
    ///
    /// # Shapes
    /// `[v, d]` with indices of shape `[n, t]` (row-major in `index`) gives `[n, t, d]`.
    ///
    /// # Gradient
    /// Adds each vector of `dY` to the row that it came from.
    ///
    /// # Panics
    /// If this is no matrix, if a row does not exist, or if `index` does not fill `index_shape`.
    #[track_caller]
    pub fn embedding(self, index: &[usize], index_shape: impl Into<Shape>) -> Var<'t> {
        let (table, rows) = (self.shape(), index_shape.into());
        assert_eq!(table.rank(), 2, "embedding: the table has the shape {table}, not [v, d]");
        assert_eq!(index.len(), rows.size(), "embedding: {} indices for {rows}", index.len());
        let shape = rows.iter().copied().chain([table[1]]).collect();
        self.take("embedding", 0, index, shape)
    }

    /// One element along `axis` for every element of `index`:
    /// **y[i, j, k] = x[i, index[i, j, k], k]** for axis 1.
    ///
    /// # Shapes
    /// `index_shape` has the rank of this, and no larger extents off `axis`; the result has it.
    ///
    /// # Gradient
    /// Adds each element of `dY` to the place that it came from.
    ///
    /// # Panics
    /// If the axis or an element does not exist, or if the shapes do not fit.
    #[track_caller]
    pub fn gather(self, axis: isize, index: &[usize], index_shape: impl Into<Shape>) -> Var<'t> {
        let (x, to) = (self.value(), index_shape.into());
        let from = x.shape();
        let axis = resolve("gather", from, axis);
        let fits = to.rank() == from.rank()
            && (0..to.rank()).all(|a| a == axis || to[a] <= from[a])
            && to.size() == index.len();
        assert!(fits, "gather: {} indices of shape {to} for {from}, axis {axis}", index.len());
        let strides = from.strides();
        let mut places = vec![0; index.len()];
        let mut position = [0; crate::shape::MAX_RANK];
        for (place, &i) in places.iter_mut().zip(index) {
            assert!(i < from[axis], "gather: axis {axis} of {from} has no element {i}");
            let along = |a: usize| if a == axis { i } else { position[a] };
            *place = (0..from.rank()).map(|a| along(a) * strides[a]).sum();
            for a in (0..to.rank()).rev() {
                position[a] += 1;
                if position[a] < to[a] {
                    break;
                }
                position[a] = 0;
            }
        }
        let y = Tensor::from_fn(to, |k| x.as_slice()[places[k]]);
        self.tape()
            .record("gather", y)
            .wrt(self, move |dy| {
                let mut dx = Tensor::zeros(from);
                let out = dx.make_mut();
                places.iter().zip(dy.as_slice()).for_each(|(&place, d)| out[place] += d);
                dx
            })
            .var()
    }

    #[track_caller]
    fn take(self, op: &'static str, axis: usize, index: &[usize], shape: Shape) -> Var<'t> {
        let x = self.value();
        let from = x.shape();
        let dims = around(from, axis);
        if let Some(i) = index.iter().find(|&&i| i >= dims.len) {
            panic!("{op}: axis {axis} of {from} has no element {i}");
        }
        let y = Tensor::build(shape, |y| gather::take(y, x.as_slice(), index, dims));
        let index = index.to_vec();
        self.tape()
            .record(op, y)
            .wrt(self, move |dy| {
                let mut dx = Tensor::zeros(from);
                gather::add_taken(dx.make_mut(), dy.as_slice(), &index, dims);
                dx
            })
            .var()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Shape, Tape, Tensor, gradcheck, reference};

    gradcheck!(index_select: |x| x.index_select(0, &[2, 0, 2]); x [3, 4] in -1.0..1.0);
    gradcheck!(index_select_middle: |x| x.index_select(-2, &[1, 1, 0, 2]);
        x [2, 3, 2] in -1.0..1.0);
    gradcheck!(gather: |x| x.gather(1, &[2, 0, 1, 1], [2, 2]); x [3, 3] in -1.0..1.0);
    gradcheck!(gather_middle: |x| x.gather(1, &[2, 0, 1, 1, 0, 0], [1, 3, 2]);
        x [2, 3, 2] in -1.0..1.0);
    gradcheck!(embedding: |x| x.embedding(&[3, 1, 1, 0], [2, 2]); x [4, 3] in -1.0..1.0);
    reference!(index_select);
    reference!(index_select_middle);
    reference!(gather);
    reference!(gather_middle);
    reference!(embedding);

    #[test]
    fn no_index_gives_nothing() {
        let tape = Tape::new();
        let x = tape.constant(Tensor::ones([2, 3]));
        assert_eq!(x.index_select(1, &[]).shape(), Shape::from([2, 0]));
        assert_eq!(x.gather(0, &[], [0, 3]).shape(), Shape::from([0, 3]));
    }

    #[test]
    #[should_panic(expected = "embedding: axis 0 of [2, 3] has no element 2")]
    fn a_row_that_is_not_there_is_named() {
        Tape::new().constant(Tensor::ones([2, 3])).embedding(&[0, 2], [2]);
    }

    #[test]
    #[should_panic(expected = "gather: 4 indices of shape [4, 1] for [2, 3], axis 1")]
    fn an_index_of_another_shape_is_refused() {
        Tape::new().constant(Tensor::ones([2, 3])).gather(1, &[0; 4], [4, 1]);
    }
}
