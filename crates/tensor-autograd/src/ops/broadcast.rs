//! Repeating a tensor along axes of extent 1, and its transpose: summing over them.

use crate::{Real, Shape, Tensor, Var};

impl<'t> Var<'t> {
    /// Repeats along axes of extent 1, and along new leading axes, up to `shape`.
    ///
    /// # Gradient
    /// The sum of `dY` over the repeats.
    ///
    /// # Panics
    /// If this does not broadcast to `shape`.
    #[track_caller]
    pub fn broadcast_to(self, shape: impl Into<Shape>) -> Var<'t> {
        let (x, shape) = (self.value(), shape.into());
        let from = x.shape();
        self.tape()
            .record("broadcast_to", expand(&x, shape))
            .wrt(self, move |dy| reduce_to(dy, from))
            .var()
    }
}

/// `x` repeated up to `shape`.
#[track_caller]
pub(crate) fn expand(x: &Tensor, shape: Shape) -> Tensor {
    let from = x.shape();
    if from == shape {
        return x.clone();
    }
    assert!(from.broadcast(&shape) == Some(shape), "broadcast_to: {from} does not fit {shape}");
    let src = x.as_slice();
    Tensor::build(shape, |y| {
        walk(from, shape, |i, o, run, step| {
            let y = &mut y[o..o + run];
            match step {
                0 => y.fill(src[i]),
                _ => y.copy_from_slice(&src[i..i + run]),
            }
        })
    })
}

/// The transpose of [`expand`]: sums `dy` over the repeats. Each sum runs in row-major order.
pub(crate) fn reduce_to(dy: Tensor, shape: Shape) -> Tensor {
    let from = dy.shape();
    if from == shape {
        return dy;
    }
    let src = dy.as_slice();
    let mut out = Tensor::zeros(shape);
    let y = out.make_mut();
    walk(shape, from, |o, i, run, step| {
        let part = &src[i..i + run];
        match step {
            0 => y[o] += crate::kernels::reduce::sum(part),
            _ => {
                crate::kernels::elementwise::zip_inplace(&mut y[o..o + run], part, |a: Real, b| {
                    a + b
                })
            }
        }
    });
    out
}

/// Visits `big` in row-major order in runs that are contiguous in both shapes: calls
/// `f(small offset, big offset, length, step in small)`, where a step of 0 means that one element
/// of `small` faces the whole run.
fn walk(small: Shape, big: Shape, mut f: impl FnMut(usize, usize, usize, usize)) {
    if big.size() == 0 {
        return;
    }
    let lead = big.rank() - small.rank();
    let extent = |axis: usize| if axis < lead { 1 } else { small[axis - lead] };
    // The longest run of trailing axes that are all repeated or all alike.
    let mut axis = big.rank();
    let mut run = 1;
    let mut repeated = None;
    while axis > 0 {
        let same = extent(axis - 1) == big[axis - 1];
        let here = big[axis - 1] != 1 && !same;
        if big[axis - 1] != 1 {
            if repeated.is_some_and(|r| r != here) {
                break;
            }
            repeated = Some(here);
        }
        run *= big[axis - 1];
        axis -= 1;
    }
    let step = usize::from(repeated != Some(true));
    let small_strides = small.strides();
    let mut index = [0; crate::shape::MAX_RANK];
    for o in (0..big.size()).step_by(run) {
        let i: usize = (lead..axis)
            .filter(|&a| small[a - lead] != 1)
            .map(|a| index[a] * small_strides[a - lead])
            .sum();
        f(i, o, run, step);
        for a in (0..axis).rev() {
            index[a] += 1;
            if index[a] < big[a] {
                break;
            }
            index[a] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{gradcheck, reference};

    gradcheck!(broadcast_to: |x| x.broadcast_to([2, 3, 4]); x [3, 1] in -1.0..1.0);
    gradcheck!(broadcast_to_outer: |x| x.broadcast_to([4, 2, 3]); x [2, 3] in -1.0..1.0);
    gradcheck!(broadcast_to_scalar: |x| x.broadcast_to([2, 3]); x [] in -1.0..1.0);
    gradcheck!(broadcast_to_mixed: |x| x.broadcast_to([2, 3, 2, 2]); x [2, 1, 2, 1] in -1.0..1.0);
    reference!(broadcast_to);

    #[test]
    #[should_panic(expected = "broadcast_to: [3] does not fit [2]")]
    fn a_shape_that_does_not_fit_is_named() {
        let tape = crate::Tape::new();
        tape.constant(Tensor::zeros([3])).broadcast_to([2]);
    }
}
