//! What is clustered: the data's counts, or the hidden units of an autoencoder.

use super::rows::Rows;
use super::settings::{Settings, Stand};
use crate::context::Context;
use crate::error::{InputError, UsageError};
use crate::run::Shared;
use datasets::{Random, Unlabelled};
use std::cell::RefCell;
use std::rc::Rc;
use transfer::fit::Observer;
use transfer::self_taught::{Autoencoder, Learner};
use transfer::{Counts, TransferError};

/// Target and source as tables of one width.
pub(super) struct Tables {
    /// The target's rows that are clustered, of all it has.
    pub(super) rows: Vec<usize>,
    /// Their labels, for the score.
    pub(super) labels: Option<Vec<usize>>,
    pub(super) target: Counts,
    pub(super) source: Counts,
}

/// Both data sets, and the target's labels for the score.
pub(super) struct Domains {
    target: Rows,
    source: Rows,
    labels: Option<Vec<usize>>,
    /// The tables of the last seed that was asked for.
    tables: RefCell<Option<(u64, Rc<Tables>)>>,
}

impl Domains {
    pub(super) fn load(shared: &Shared, stand: Stand, context: &Context) -> anyhow::Result<Self> {
        let missing = |what, remedy| UsageError::Missing { what, remedy };
        let specs = (shared.source.as_deref(), shared.target.as_deref());
        let source = specs.0.ok_or_else(|| missing("--source", "auxiliary data, as csv:FILE"))?;
        let to_cluster = specs.1.ok_or_else(|| missing("--target", "the data to cluster"))?;
        let (target, labels) = Rows::load(("--target", to_cluster), stand, context)?;
        let (source, _) = Rows::load(("--source", source), stand, context)?;
        if target.shape() != source.shape() {
            let is = |rows: &Rows| match rows.shape()[..] {
                [features] => format!("{features} features"),
                ref shape => format!("samples of shape {shape:?}"),
            };
            return Err(InputError::Mismatch {
                left: format!("--source {}", source.name()),
                left_is: is(&source),
                right: format!("--target {}", target.name()),
                right_is: is(&target),
                remedy: "describe both by the same features, as by counts over one vocabulary"
                    .into(),
            }
            .into());
        }
        Ok(Domains { target, source, labels, tables: RefCell::default() })
    }

    /// Whether clusters can be scored by labels.
    pub(super) fn labelled(&self) -> bool {
        self.labels.is_some()
    }

    /// The numbers of target rows, source rows and features.
    pub(super) fn sizes(&self, stand: Stand) -> [usize; 3] {
        let features = match stand {
            Stand::Counts => self.target.shape().iter().product(),
            Stand::Autoencoder { units, .. } => units,
        };
        [self.target.len(), self.source.len(), features]
    }

    /// Refuses data that are no counts, where counts are clustered.
    pub(super) fn check(&self, settings: &Settings) -> Result<(), TransferError> {
        if settings.stand == Stand::Counts {
            self.target.counts()?;
            self.source.counts()?;
        }
        Ok(())
    }

    /// What all arms of a seed cluster.
    pub(super) fn of(
        &self,
        settings: &Settings,
        seed: u64,
        observer: &mut dyn Observer,
    ) -> Result<Rc<Tables>, TransferError> {
        if let Some((known, tables)) = &*self.tables.borrow() {
            // All counts are the same for every seed.
            let same = settings.stand == Stand::Counts && settings.examples.is_none();
            if *known == seed || same {
                return Ok(Rc::clone(tables));
            }
        }
        let rows = match settings.examples {
            None => (0..self.target.len()).collect(),
            Some(n) => {
                let order = Random::new(seed, "examples", [0, 0]).permutation(self.target.len());
                let mut rows = order[..n].to_vec();
                rows.sort_unstable();
                rows
            }
        };
        let target = self.target.select(&rows);
        let [target, source] = match settings.stand {
            Stand::Counts => [target.counts()?, self.source.counts()?],
            Stand::Autoencoder { units, epochs } => {
                self.hidden(&target.dense()?, (units, epochs), seed, observer)?
            }
        };
        let labels = self.labels.as_ref().map(|all| rows.iter().map(|&row| all[row]).collect());
        let tables = Rc::new(Tables { rows, labels, target, source });
        *self.tables.borrow_mut() = Some((seed, Rc::clone(&tables)));
        Ok(tables)
    }

    /// Hidden units of a sparse autoencoder that learns from both domains; sigmoids are positive, and
    /// most of them near 0, as counts are.
    fn hidden(
        &self,
        target: &Unlabelled,
        (units, epochs): (usize, usize),
        seed: u64,
        observer: &mut dyn Observer,
    ) -> Result<[Counts; 2], TransferError> {
        let source = self.source.dense()?;
        let views = [target.inputs(), source.inputs()];
        let both = ndarray::concatenate(ndarray::Axis(0), &views).expect("checked when loaded");
        let both = Unlabelled::new("target and source", both)?;
        let learner = Autoencoder::sparse(units).epochs(epochs).seed(seed);
        let features = learner.learn(&both, observer)?;
        let counts = |data: &Unlabelled| {
            let codes = features.encode(data)?;
            let values = codes.as_slice().iter().map(|&x| f64::from(x) as f32).collect();
            let codes = ndarray::ArrayD::from_shape_vec(vec![data.len(), units], values);
            Counts::from_dense(&Unlabelled::new(data.name(), codes.expect("a code for each row"))?)
        };
        Ok([counts(target)?, counts(&source)?])
    }
}
