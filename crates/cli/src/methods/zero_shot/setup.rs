//! The data of a zero-shot run, and how a model is judged on it.

use super::{Features, Flags, NAME, table};
use crate::context::Context;
use crate::error::UsageError;
use crate::run::Shared;
use crate::{args, data};
use datasets::Dataset;
use nn_layers::Sequential;
use std::collections::BTreeMap;
use tensor_autograd::Module;
use transfer::{Architecture, Signatures, Trained, TransferError, ZeroShotModel};

/// What all arms of the study have in common.
pub(super) struct Setup {
    /// Samples of the seen classes alone.
    pub(super) source: Dataset,
    pub(super) test: Dataset,
    pub(super) signatures: Signatures,
    pub(super) seen: Vec<String>,
    pub(super) unseen: Vec<String>,
    /// How many samples of unseen classes the source had.
    pub(super) removed: usize,
    pub(super) features: Features,
    pub(super) generalized: bool,
    pub(super) architecture: Architecture,
    /// The features of a pretrained network, frozen.
    pub(super) backbone: Option<Sequential>,
}

impl Setup {
    pub(super) fn load(shared: &Shared, flags: &Flags, context: &Context) -> anyhow::Result<Self> {
        let missing = |what, remedy| UsageError::Missing { what, remedy };
        let source = shared.source.as_deref();
        let source = source.ok_or_else(|| missing("--source", "labelled data, as cifar10:FILE"))?;
        let remedy = "a file of lines `class, numbers` with tabs between, or `synthetic`";
        let signatures = flags.signatures.as_deref();
        let signatures = signatures.ok_or_else(|| missing("--signatures", remedy))?;
        let remedy = "the classes to be told without examples, as cat,truck";
        let unseen = flags.unseen.as_deref().ok_or_else(|| missing("--unseen", remedy))?;
        let unseen: Vec<String> = unseen
            .split(',')
            .map(|name| name.trim().to_owned())
            .filter(|n| !n.is_empty())
            .collect();
        let generalized = flags.generalized.unwrap_or(false);
        if generalized && shared.test.is_none() {
            let remedy = "with --generalized, samples of seen classes that were not trained on";
            return Err(missing("--test", remedy).into());
        }
        if generalized && shared.test.as_deref().is_some_and(|test| data::same_spec(test, source)) {
            return Err(UsageError::Conflict(
                "--test names what --source names: with --generalized the score of the seen classes \
                 would be of what was learnt by heart; give other data, as a range of rows",
            )
            .into());
        }
        let size =
            shared.size().map_err(|_| UsageError::Conflict("--resize takes HxW, as 28x28"))?;
        let all = context.load_labelled("--source", source)?;
        let test =
            shared.test.as_deref().map(|spec| context.load_labelled("--test", spec)).transpose()?;
        let mut sets = vec![("--source", all.name(), all.sample_shape())];
        if let Some(test) = &test {
            sets.push(("--test", test.name(), test.sample_shape()));
        }
        let shape = flags.pretrained.shape(data::common_shape(&sets, size)?)?;
        let all = data::fit(all, &shape)?;
        let test = test.map(|test| data::fit(test, &shape)).transpose()?;

        let of = |data: &Dataset, class: &dyn Fn(&String) -> bool| -> Vec<usize> {
            let labels = data.labels().unwrap_or_default();
            (0..labels.len()).filter(|&row| class(&data.classes()[labels[row]])).collect()
        };
        let kept = of(&all, &|class| !unseen.contains(class));
        let hidden = of(&all, &|class| unseen.contains(class));
        if kept.is_empty() {
            return Err(UsageError::Conflict("--unseen leaves no seen class in --source").into());
        }
        let source = all.select(&kept);
        let counts = source.class_counts();
        let seen: Vec<String> = (0..counts.len())
            .filter(|&c| counts[c] > 0)
            .map(|c| source.classes()[c].clone())
            .collect();
        let signatures = table::load(signatures)?;
        signatures.of(&seen)?;
        signatures.check_unseen(&unseen, &seen)?;

        let (test, rows) = match test {
            Some(test) if generalized => {
                let rows = (0..test.len()).collect();
                (test, rows)
            }
            Some(test) => {
                let rows = of(&test, &|class| unseen.contains(class));
                (test, rows)
            }
            None => (all.clone(), hidden.clone()),
        };
        if of(&test, &|class| unseen.contains(class)).is_empty() {
            let remedy = "data with samples of the unseen classes, known by their names";
            return Err(missing("--test", remedy).into());
        }
        let images = shape.len() == 3;
        let features = flags.features.unwrap_or(if images { Features::Net } else { Features::Raw });
        let net = flags.pretrained.net(shared).or(images.then_some("cifar-cnn"));
        let mut backbone = flags.pretrained.load(&shape)?.map(|(model, _)| model.net.features);
        if let Some(features) = &mut backbone {
            features.freeze("*");
        }
        Ok(Setup {
            architecture: args::architecture(net, &shape, seen.len())?,
            backbone,
            source,
            test: test.select(&rows),
            signatures,
            seen,
            unseen,
            removed: hidden.len(),
            features,
            generalized,
        })
    }

    /// What was done to the data.
    pub(super) fn said(&self) -> String {
        format!(
            "{NAME}: {} seen classes, {} unseen ({}); {} samples of unseen classes were removed from \
             the source before training",
            self.seen.len(),
            self.unseen.len(),
            self.unseen.join(", "),
            self.removed
        )
    }

    pub(super) fn score(&self) -> &'static str {
        if self.generalized { "harmonic_mean" } else { "unseen_accuracy" }
    }

    /// The score and every figure. The labels of the test set are read here, once.
    pub(super) fn measure(&self, model: &ZeroShotModel) -> Result<Trained, TransferError> {
        let evaluation = model.evaluate(&self.test, &self.unseen)?;
        let mut figures: BTreeMap<String, f64> =
            [("unseen_accuracy".to_owned(), evaluation.unseen)].into();
        if self.unseen.len() <= 50 {
            let per_class = evaluation.per_class.iter();
            figures.extend(per_class.map(|(c, a)| (format!("unseen_accuracy_of_{c}"), *a)));
        }
        figures.extend(model.penalties().iter().map(|(n, x)| (format!("penalty_{n}"), *x)));
        let mut score = evaluation.unseen;
        if let Some(g) = evaluation.generalized.filter(|_| self.generalized) {
            score = g.calibrated.harmonic();
            figures.extend([
                ("seen_accuracy".to_owned(), g.seen_alone),
                ("generalized_seen".to_owned(), g.calibrated.seen),
                ("generalized_unseen".to_owned(), g.calibrated.unseen),
                ("harmonic_mean".to_owned(), score),
                ("harmonic_mean_uncalibrated".to_owned(), g.raw.harmonic()),
                ("gamma".to_owned(), g.calibrated.gamma),
                ("ausuc".to_owned(), g.ausuc),
            ]);
        }
        Ok(Trained { score, figures, history: model.history().clone() })
    }

    /// The test samples of unseen classes.
    pub(super) fn unseen_rows(&self) -> Dataset {
        let labels = self.test.labels().unwrap_or_default();
        let of = |row: &usize| self.unseen.contains(&self.test.classes()[labels[*row]]);
        self.test.select(&(0..labels.len()).filter(of).collect::<Vec<_>>())
    }

    /// Their labels as places among the unseen classes.
    pub(super) fn unseen_labels(&self, rows: &Dataset) -> Result<Vec<usize>, TransferError> {
        let place = |label: &usize| self.unseen.iter().position(|c| *c == rows.classes()[*label]);
        Ok(rows.require_labels()?.iter().filter_map(place).collect())
    }
}
