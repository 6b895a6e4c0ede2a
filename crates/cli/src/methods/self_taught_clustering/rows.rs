//! The rows of one domain, sparse where they were read from a sparse file.

use super::settings::Stand;
use crate::context::Context;
use crate::error::InputError;
use datasets::{SparseUnlabelled, Unlabelled};
use transfer::{Counts, TransferError};

/// Rows without their labels.
#[derive(Clone)]
pub(super) enum Rows {
    Dense(Unlabelled),
    Sparse(SparseUnlabelled),
}

impl Rows {
    /// Reads the rows that `spec` names and their labels, if they have some. Counts of a sparse file are
    /// never made dense; an autoencoder reads arrays.
    pub(super) fn load(
        (role, spec): (&'static str, &str),
        stand: Stand,
        context: &Context,
    ) -> Result<(Self, Option<Vec<usize>>), InputError> {
        if stand == Stand::Counts
            && let Some(sparse) = context.load_sparse(role, spec)?
        {
            return Ok((Rows::Sparse(sparse.without_labels()), Some(sparse.labels().to_vec())));
        }
        let dense = context.load(role, spec)?;
        Ok((Rows::Dense(dense.without_labels()), dense.labels().map(<[usize]>::to_vec)))
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Rows::Dense(rows) => rows.name(),
            Rows::Sparse(rows) => rows.name(),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Rows::Dense(rows) => rows.len(),
            Rows::Sparse(rows) => rows.len(),
        }
    }

    /// The shape of a row.
    pub(super) fn shape(&self) -> Vec<usize> {
        match self {
            Rows::Dense(rows) => rows.sample_shape().to_vec(),
            Rows::Sparse(rows) => vec![rows.features()],
        }
    }

    /// These rows, in this order.
    pub(super) fn select(&self, chosen: &[usize]) -> Self {
        match self {
            Rows::Dense(rows) => Rows::Dense(rows.select(chosen)),
            Rows::Sparse(rows) => Rows::Sparse(rows.select(chosen)),
        }
    }

    /// The rows as counts.
    pub(super) fn counts(&self) -> Result<Counts, TransferError> {
        match self {
            Rows::Dense(rows) => Counts::from_dense(rows),
            Rows::Sparse(rows) => Counts::from_sparse(rows),
        }
    }

    /// The rows as an array.
    pub(super) fn dense(&self) -> Result<Unlabelled, TransferError> {
        match self {
            Rows::Dense(rows) => Ok(rows.clone()),
            Rows::Sparse(rows) => Ok(rows.to_dense()?),
        }
    }
}
