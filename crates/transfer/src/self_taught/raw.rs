//! The control that learns nothing: inputs as they are.

use super::encoding::Encoding;
use super::features::{Encode, Features, Learner, flat, inputs};
use crate::fit::Observer;
use crate::{History, TransferError};
use datasets::Unlabelled;
use std::collections::BTreeMap;
use tensor_autograd::Tensor;

/// Inputs as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw;

impl Learner for Raw {
    fn learn(&self, source: &Unlabelled, _: &mut dyn Observer) -> Result<Features, TransferError> {
        inputs(source)?;
        let width = source.sample_shape().iter().product();
        Ok(Features::new(source, Identity { width }, History::default()))
    }
}

pub(super) struct Identity {
    pub(super) width: usize,
}

impl Encode for Identity {
    fn width(&self) -> usize {
        self.width
    }
    fn encode(&self, x: &Tensor) -> Tensor {
        flat(x)
    }
    fn encoding(&self) -> Encoding {
        Encoding::Raw
    }
    fn parameters(&self) -> BTreeMap<String, Tensor> {
        BTreeMap::new()
    }
}
