//! A value on a tape.

use crate::{Grads, Shape, Tape, Tensor};
use std::fmt;

/// A handle to a value recorded on a [`Tape`]. It is `Copy`: `a * a + b` needs no `&` and no
/// `clone`, and it cannot outlive its tape.
#[derive(Clone, Copy)]
pub struct Var<'t> {
    tape: &'t Tape,
    id: u32,
}

impl<'t> Var<'t> {
    pub(crate) fn new(tape: &'t Tape, id: u32) -> Self {
        Var { tape, id }
    }

    pub(crate) fn id(self) -> u32 {
        self.id
    }

    /// The tape it is on.
    pub fn tape(self) -> &'t Tape {
        self.tape
    }

    /// Its numbers; shares the memory.
    ///
    /// # Panics
    /// After [`backward`](Var::backward), which consumes what the tape holds.
    #[track_caller]
    pub fn value(self) -> Tensor {
        self.tape.value(self.id)
    }

    /// Its shape.
    #[track_caller]
    pub fn shape(self) -> Shape {
        self.value().shape()
    }

    /// Whether a gradient flows through it.
    pub fn needs_grad(self) -> bool {
        self.tape.needs_grad(self.id)
    }

    /// The gradients of this number with respect to every parameter on the tape. Consumes the
    /// values and rules that the tape holds; afterwards the tape is empty.
    ///
    /// # Panics
    /// If this is not a single number, or if the tape has been consumed before.
    #[track_caller]
    pub fn backward(self) -> Grads {
        self.tape.backward(self.id)
    }
}

impl fmt::Debug for Var<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Var #{} {:?}", self.id, self.value())
    }
}
