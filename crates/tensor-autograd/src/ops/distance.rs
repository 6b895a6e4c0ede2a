//! How alike vectors are.

use crate::kernels::axis::{self, Dims};
use crate::kernels::gemm::{Epilogue, MatRef, gemm};
use crate::{Real, Tensor, Var};

impl<'t> Var<'t> {
    /// The cosine of the angle between vectors along `axis`, which disappears:
    /// **c = a · b / (max(‖a‖, eps) · max(‖b‖, eps))**. The operands broadcast.
    ///
    /// # Panics
    /// If the shapes do not broadcast or the axis does not exist.
    #[track_caller]
    pub fn cosine_similarity(self, rhs: Self, axis: isize, eps: Real) -> Var<'t> {
        let (sa, sb) = (self.shape(), rhs.shape());
        let Some(shape) = sa.broadcast(&sb) else {
            panic!("cosine_similarity: the shapes {sa} and {sb} do not broadcast");
        };
        let fit = |x: Var<'t>| if x.shape() == shape { x } else { x.broadcast_to(shape) };
        let (a, b) = (fit(self), fit(rhs));
        let length = |x: Var<'t>| x.norm(axis).clamp(eps, Real::INFINITY);
        (a * b).sum(axis) / (length(a) * length(b))
    }

    /// Squared Euclidean distances between all rows of two matrices: **D[i, j] = ‖aᵢ - bⱼ‖²**.
    ///
    /// Computed as `‖a‖² + ‖b‖² - 2 a·b` after moving the origin to the mean of `B`, which keeps
    /// the digits of distances that are small beside the vectors; never negative.
    ///
    /// # Shapes
    /// `[n, d]` and `[m, d]` give `[n, m]`.
    ///
    /// # Gradient
    /// `dA[i] = 2 Σⱼ dD[i, j] (aᵢ - bⱼ)`, `dB[j] = 2 Σᵢ dD[i, j] (bⱼ - aᵢ)`.
    ///
    /// # Panics
    /// If an operand is no matrix or the widths differ.
    #[track_caller]
    pub fn cdist_squared(self, rhs: Self) -> Var<'t> {
        let (a, b) = (self.value(), rhs.value());
        let (sa, sb) = (a.shape(), b.shape());
        assert!(
            sa.rank() == 2 && sb.rank() == 2 && sa[1] == sb[1],
            "cdist_squared: {sa} and {sb} are not [n, d] and [m, d]"
        );
        let origin = column_sums(&b).into_map(|s| s / sb[0].max(1) as Real);
        let centre = |x: Tensor| by_column(&x, &origin, |x, o| x - o);
        let (a, b) = (centre(a), centre(b));
        let (na, nb) = (row_sums(&a, axis::squares), row_sums(&b, axis::squares));
        let ones = Tensor::ones([sa[0], sb[0]]);
        let norms = by_column(&by_row(&ones, &na, |_, a| a), &nb, |a, b| a + b);
        let d = add_product(norms, matrix(&a.map(|a| -2.0 * a)), matrix(&b).t())
            .into_map(|d| if d < 0.0 { 0.0 } else { d });
        let (a2, b2) = (a.clone(), b.clone());
        self.tape()
            .record("cdist_squared", d)
            .wrt(self, move |dy| {
                let g = dy.into_map(|d| -2.0 * d);
                let own = by_row(&a, &row_sums(&g, axis::total), |a, g| -a * g);
                add_product(own, matrix(&g), matrix(&b))
            })
            .wrt(rhs, move |dy| {
                let g = dy.into_map(|d| -2.0 * d);
                let own = by_row(&b2, &column_sums(&g), |b, g| -b * g);
                add_product(own, matrix(&g).t(), matrix(&a2))
            })
            .var()
    }
}

fn matrix(x: &Tensor) -> MatRef<'_> {
    MatRef::row_major(x.as_slice(), x.shape()[0], x.shape()[1])
}

/// `C + A·B`.
fn add_product(mut c: Tensor, a: MatRef<'_>, b: MatRef<'_>) -> Tensor {
    gemm(c.make_mut(), a, b, Epilogue::ACCUMULATE);
    c
}

/// `[n, d]` with its rows reduced.
fn rows(x: &Tensor) -> Dims {
    Dims { outer: x.shape()[0], len: x.shape()[1], inner: 1 }
}

/// `[n, d]` with its columns reduced.
fn columns(x: &Tensor) -> Dims {
    Dims { outer: 1, len: x.shape()[0], inner: x.shape()[1] }
}

fn row_sums(x: &Tensor, kernel: fn(&mut [Real], &[Real], Dims)) -> Tensor {
    Tensor::build([x.shape()[0]], |y| kernel(y, x.as_slice(), rows(x)))
}

fn column_sums(x: &Tensor) -> Tensor {
    Tensor::build([x.shape()[1]], |y| axis::total(y, x.as_slice(), columns(x)))
}

/// `f(x[i, j], v[i])`.
fn by_row(x: &Tensor, v: &Tensor, f: impl Fn(Real, Real) -> Real + Sync) -> Tensor {
    spread(x, v, rows(x), f)
}

/// `f(x[i, j], v[j])`.
fn by_column(x: &Tensor, v: &Tensor, f: impl Fn(Real, Real) -> Real + Sync) -> Tensor {
    spread(x, v, columns(x), f)
}

fn spread(x: &Tensor, v: &Tensor, dims: Dims, f: impl Fn(Real, Real) -> Real + Sync) -> Tensor {
    let v = v.as_slice();
    Tensor::build(x.shape(), |y| axis::spread(y, x.as_slice(), v, v, dims, |x, v, _| f(x, v)))
}

#[cfg(test)]
mod tests {
    use crate::ops::unary::testing::at;
    use crate::{Real, Shape, Tape, Tensor, gradcheck, reference};

    gradcheck!(cosine_similarity: |a, b| a.cosine_similarity(b, 1, 1e-8);
        a [3, 4] in 0.2..1.0, b [3, 4] in -1.0..1.0);
    gradcheck!(cosine_similarity_pairs: |a, b| {
        a.unsqueeze(1).cosine_similarity(b.unsqueeze(0), -1, 1e-8)
    }; a [3, 4] in 0.2..1.0, b [2, 4] in -1.0..1.0);
    gradcheck!(cdist_squared: |a, b| a.cdist_squared(b);
        a [3, 4] in -1.0..1.0, b [2, 4] in -1.0..1.0);
    gradcheck!(cdist_squared_self: |a| a.cdist_squared(a); a [3, 4] in -1.0..1.0);
    reference!(cosine_similarity);
    reference!(cosine_similarity_pairs);
    reference!(cdist_squared);
    reference!(cdist_squared_self);

    #[test]
    fn a_vector_of_zeros_has_no_direction() {
        let (cosine, slope) = at(0.0, |x| x.reshape([1]).cosine_similarity(x.reshape([1]), 0, 0.5));
        assert_eq!((cosine, slope), (0.0, 0.0));
    }

    #[test]
    fn small_distances_far_from_zero_keep_their_digits() {
        let tape = Tape::new();
        let far = |n: usize| {
            let x = Tensor::from_fn([n, 2], |i| 1000.0 + i as Real / 8.0);
            tape.constant(x)
        };
        let d = far(4).cdist_squared(far(3)).value();
        for (k, &got) in d.as_slice().iter().enumerate() {
            let apart = (k / 3) as Real - (k % 3) as Real;
            let want = 2.0 * (apart / 4.0) * (apart / 4.0);
            assert!((got - want).abs() < 1e-5, "{k}: {got}, not {want}");
        }
    }

    #[test]
    fn no_rows_give_no_distances() {
        let tape = Tape::new();
        let of = |n: usize| tape.constant(Tensor::zeros([n, 2]));
        assert_eq!(of(0).cdist_squared(of(3)).shape(), Shape::from([0, 3]));
        assert_eq!(of(3).cdist_squared(of(0)).shape(), Shape::from([3, 0]));
    }

    #[test]
    #[should_panic(expected = "cdist_squared: [3, 2] and [3, 4] are not [n, d] and [m, d]")]
    fn widths_that_differ_are_named() {
        let tape = Tape::new();
        let of = |d: usize| tape.constant(Tensor::zeros([3, d]));
        of(2).cdist_squared(of(4));
    }
}
