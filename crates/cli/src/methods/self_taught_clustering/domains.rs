//! What is clustered: the data's counts, or the hidden units of an autoencoder.

use super::settings::{Settings, Stand};
use crate::data;
use crate::error::{InputError, UsageError};
use crate::run::Shared;
use datasets::{Dataset, Unlabelled};
use std::cell::RefCell;
use std::rc::Rc;
use transfer::fit::Observer;
use transfer::self_taught::{Autoencoder, Learner};
use transfer::{Counts, TransferError};

/// Target and source as tables of one width.
pub(super) struct Tables {
    pub(super) target: Counts,
    pub(super) source: Counts,
}

/// Both data sets, and the target's labels for the score.
pub(super) struct Domains {
    target: Unlabelled,
    source: Unlabelled,
    pub(super) labels: Option<Vec<usize>>,
    /// The tables of the last seed that was asked for.
    tables: RefCell<Option<(u64, Rc<Tables>)>>,
}

impl Domains {
    pub(super) fn load(shared: &Shared) -> anyhow::Result<Self> {
        let missing = |what, remedy| UsageError::Missing { what, remedy };
        let specs = (shared.source.as_deref(), shared.target.as_deref());
        let source = specs.0.ok_or_else(|| missing("--source", "auxiliary data, as csv:FILE"))?;
        let to_cluster = specs.1.ok_or_else(|| missing("--target", "the data to cluster"))?;
        let target = data::load("--target", to_cluster)?;
        let source = data::load("--source", source)?;
        if target.sample_shape() != source.sample_shape() {
            let is = |data: &Dataset| match data.sample_shape() {
                [features] => format!("{features} features"),
                shape => format!("samples of shape {shape:?}"),
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
        let labels = target.labels().map(<[usize]>::to_vec);
        let (target, source) = (target.without_labels(), source.without_labels());
        Ok(Domains { target, source, labels, tables: RefCell::default() })
    }

    /// The numbers of target rows, source rows and features.
    pub(super) fn sizes(&self, stand: Stand) -> [usize; 3] {
        let features = match stand {
            Stand::Counts => self.target.sample_shape().iter().product(),
            Stand::Autoencoder { units, .. } => units,
        };
        [self.target.len(), self.source.len(), features]
    }

    /// Refuses data that are no counts, where counts are clustered.
    pub(super) fn check(&self, stand: Stand) -> Result<(), TransferError> {
        if stand == Stand::Counts {
            self.tables(Stand::Counts, 0, &mut transfer::fit::Progress::silent())?;
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
        self.tables(settings.stand, seed, observer)
    }

    fn tables(
        &self,
        stand: Stand,
        seed: u64,
        observer: &mut dyn Observer,
    ) -> Result<Rc<Tables>, TransferError> {
        if let Some((known, tables)) = &*self.tables.borrow() {
            // Counts are the same for every seed.
            if *known == seed || stand == Stand::Counts {
                return Ok(Rc::clone(tables));
            }
        }
        let tables = Rc::new(match stand {
            Stand::Counts => Tables {
                target: Counts::from_dense(&self.target)?,
                source: Counts::from_dense(&self.source)?,
            },
            Stand::Autoencoder { units, epochs } => self.hidden(units, epochs, seed, observer)?,
        });
        *self.tables.borrow_mut() = Some((seed, Rc::clone(&tables)));
        Ok(tables)
    }

    /// Hidden units of a sparse autoencoder that learns from both domains; sigmoids are positive, and
    /// most of them near 0, as counts are.
    fn hidden(
        &self,
        units: usize,
        epochs: usize,
        seed: u64,
        observer: &mut dyn Observer,
    ) -> Result<Tables, TransferError> {
        let views = [self.target.inputs(), self.source.inputs()];
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
        Ok(Tables { target: counts(&self.target)?, source: counts(&self.source)? })
    }
}
