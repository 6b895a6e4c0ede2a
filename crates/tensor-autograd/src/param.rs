//! What a model is made of: named values that training changes.

use crate::{Shape, Tensor};
use std::sync::atomic::{AtomicU64, Ordering};

/// What a parameter is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Trained by gradient.
    Weight,
    /// Kept by the forward pass, such as the running mean of batch normalisation. It has no
    /// gradient; the optimiser's step stores the value that the pass proposed.
    Buffer,
}

/// A value of a model: plain data, so that a model is `Send`, `Sync` and `Clone`.
#[derive(Debug)]
pub struct Param {
    /// The numbers.
    pub value: Tensor,
    /// Weight or buffer.
    pub kind: Kind,
    /// A frozen parameter is a constant: no gradient is computed for it, and neither the optimiser
    /// nor a forward pass changes it.
    pub frozen: bool,
    id: ParamId,
}

/// Tells the parameters of one step apart. Never stored: only names outlive a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParamId(u64);

impl ParamId {
    fn fresh() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        ParamId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl Param {
    /// A trainable weight.
    pub fn weight(value: Tensor) -> Self {
        Param { value, kind: Kind::Weight, frozen: false, id: ParamId::fresh() }
    }

    /// A buffer.
    pub fn buffer(value: Tensor) -> Self {
        Param { value, kind: Kind::Buffer, frozen: false, id: ParamId::fresh() }
    }

    /// Whether a gradient is computed for it.
    pub fn trainable(&self) -> bool {
        self.kind == Kind::Weight && !self.frozen
    }

    /// The shape of its value.
    pub fn shape(&self) -> Shape {
        self.value.shape()
    }

    pub(crate) fn id(&self) -> ParamId {
        self.id
    }
}

impl Clone for Param {
    /// A parameter of its own with the same value: a step that uses the original and the copy
    /// gives each its own gradient.
    fn clone(&self) -> Self {
        Param { value: self.value.clone(), id: ParamId::fresh(), ..*self }
    }
}
