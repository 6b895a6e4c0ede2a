//! What a backward pass leaves: gradients of parameters, and proposed values of buffers.

use crate::kernels::{elementwise, reduce};
use crate::param::ParamId;
use crate::{Param, Real, Tensor};

/// The gradients of one step, looked up by parameter.
#[derive(Clone, Debug, Default)]
pub struct Grads {
    weights: Vec<(ParamId, Tensor)>,
    buffers: Vec<(ParamId, Tensor)>,
}

impl Grads {
    pub(crate) fn new(
        mut weights: Vec<(ParamId, Tensor)>,
        mut buffers: Vec<(ParamId, Tensor)>,
    ) -> Self {
        weights.sort_by_key(|(id, _)| *id);
        // Stable, and the latest proposal wins: it has been made from the one before.
        buffers.sort_by_key(|(id, _)| *id);
        Grads { weights, buffers }
    }

    /// The gradient of a weight; `None` if the loss does not depend on it or it is frozen.
    pub fn get(&self, param: &Param) -> Option<&Tensor> {
        let at = self.weights.binary_search_by_key(&param.id(), |(id, _)| *id).ok()?;
        Some(&self.weights[at].1)
    }

    /// The gradient of a weight, for writing.
    pub fn get_mut(&mut self, param: &Param) -> Option<&mut Tensor> {
        let at = self.weights.binary_search_by_key(&param.id(), |(id, _)| *id).ok()?;
        Some(&mut self.weights[at].1)
    }

    /// The value that the forward pass proposed for a buffer.
    pub fn buffer(&self, param: &Param) -> Option<&Tensor> {
        let end = self.buffers.partition_point(|(id, _)| *id <= param.id());
        let (id, value) = self.buffers[..end].last()?;
        (*id == param.id()).then_some(value)
    }

    /// How many weights have a gradient.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Whether no weight has one.
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// The Euclidean norm of all gradients together.
    pub fn norm(&self) -> Real {
        let square = |t: &Tensor| reduce::sum_map(t.as_slice(), |g| g * g);
        self.weights.iter().map(|(_, g)| square(g)).sum::<Real>().sqrt()
    }

    /// Replaces every gradient's element `g` by `f(g)`.
    pub fn map(&mut self, f: impl Fn(Real) -> Real + Sync) {
        for (_, g) in &mut self.weights {
            elementwise::map_inplace(g.make_mut(), &f);
        }
    }

    /// Adds other gradients, as when a batch is split into parts. Buffers of `other` win.
    pub fn add(&mut self, other: Grads) {
        for (id, g) in other.weights {
            match self.weights.binary_search_by_key(&id, |(id, _)| *id) {
                Ok(at) => self.weights[at].1.add_assign(&g),
                Err(at) => self.weights.insert(at, (id, g)),
            }
        }
        self.buffers.extend(other.buffers);
        self.buffers.sort_by_key(|(id, _)| *id);
    }
}
