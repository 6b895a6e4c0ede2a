//! Training an arm: with the settings given, or with those that a criterion chooses.

use super::{NAME, Setup};
use datasets::Dataset;
use nn_layers::models::DannNet;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use transfer::domain_adversarial::selection::{Criterion, Evidence, hold_out, select};
use transfer::fit::Observer;
use transfer::measures::Summary;
use transfer::{Alignment, DomainAdversarial, Model, Report, Supervised, Training, TransferError};

/// What is chosen from, and by what.
pub(super) struct Grid {
    pub(super) criterion: Criterion,
    pub(super) lambdas: Vec<f64>,
    pub(super) lrs: Vec<f64>,
}

/// A model, and the figures of how it was chosen.
type Chosen = (Model<DannNet>, BTreeMap<String, f64>);

const LAMBDA: &str = "selected_lambda";
const LR: &str = "selected_lr";

impl Setup<'_> {
    /// Trains the method.
    pub(super) fn adapt(
        &self,
        seed: u64,
        observer: &mut dyn Observer,
    ) -> Result<Chosen, TransferError> {
        self.aligned((NAME, seed), self.flags.lambda(), self.grid.as_ref(), observer)
    }

    /// Trains the method with λ = 0: the same samples pass through the net, and those of the target
    /// leave their statistics in its batch normalisation, but none of them is in the loss.
    pub(super) fn at_zero(
        &self,
        arm: &'static str,
        seed: u64,
        observer: &mut dyn Observer,
    ) -> Result<Chosen, TransferError> {
        let grid = self.grid.as_ref().map(|grid| Grid {
            criterion: grid.criterion,
            lambdas: vec![0.0],
            lrs: grid.lrs.clone(),
        });
        self.aligned((arm, seed), 0.0, grid.as_ref(), observer)
    }

    fn aligned(
        &self,
        (arm, seed): (&str, u64),
        lambda: f64,
        grid: Option<&Grid>,
        observer: &mut dyn Observer,
    ) -> Result<Chosen, TransferError> {
        let parts = self.parts(seed)?;
        let alignment = self.flags.alignment();
        match grid {
            Some(grid) => self.choose(arm, seed, parts, alignment, grid),
            None => {
                let estimator = self.estimator(arm, seed, alignment, lambda, None)?;
                let estimator = validated(estimator, parts.1);
                Ok((estimator.fit(&parts.0, &self.domains.target, observer)?, BTreeMap::new()))
            }
        }
    }

    /// Trains the net without the method. Its learning rate, where there are several, is chosen by
    /// what it knows: the source.
    pub(super) fn without(
        &self,
        arm: &'static str,
        seed: u64,
        observer: &mut dyn Observer,
    ) -> Result<Chosen, TransferError> {
        let parts = self.parts(seed)?;
        if let Some(Grid { lrs, .. }) = &self.grid {
            let (criterion, lrs) = (Criterion::SourceRisk, lrs.clone());
            let grid = Grid { criterion, lambdas: vec![0.0], lrs };
            return self.choose(arm, seed, parts, Alignment::None, &grid);
        }
        let training = self.patient(self.training(arm, seed));
        let supervised = Supervised::new(self.net(seed)?).training(training);
        let supervised = match parts.1 {
            Some(held_out) => supervised.validation(held_out),
            None => supervised,
        };
        Ok((supervised.fit(&parts.0, observer)?, BTreeMap::new()))
    }

    /// The source to train on, and what is held out of it.
    fn parts(&self, seed: u64) -> Result<(Dataset, Option<Dataset>), TransferError> {
        let source = &self.domains.source;
        Ok(match self.flags.share() {
            None => (source.clone(), None),
            Some(share) => {
                let (train, held_out) = hold_out(source, share, seed)?;
                (train, Some(held_out))
            }
        })
    }

    fn patient(&self, training: Training) -> Training {
        Training { patience: self.flags.patience(), ..training }
    }

    fn estimator(
        &self,
        name: &str,
        seed: u64,
        alignment: Alignment,
        lambda: f64,
        lr: Option<f64>,
    ) -> Result<DomainAdversarial, TransferError> {
        let training = self.patient(self.training(name, seed));
        let lr = lr.unwrap_or(training.lr);
        Ok(DomainAdversarial::new(self.net(seed)?)
            .training(Training { lr, ..training })
            .align(alignment)
            .lambda(lambda)
            .lambda_schedule(self.flags.schedule())
            .lambda_on_domain_head(self.flags.lambda_on_domain_head == Some(true)))
    }

    fn choose(
        &self,
        arm: &str,
        seed: u64,
        (train, held_out): (Dataset, Option<Dataset>),
        alignment: Alignment,
        grid: &Grid,
    ) -> Result<Chosen, TransferError> {
        let held_out = held_out.expect("a selection holds a part of the source out");
        let pairs = || grid.lambdas.iter().flat_map(|l| grid.lrs.iter().map(move |r| (*l, *r)));
        let names: Vec<String> = pairs().map(|(l, r)| format!("lambda_{l}_lr_{r}")).collect();
        let candidates = pairs().zip(&names).map(|((lambda, lr), name)| {
            let arm = format!("{arm}_{name}");
            let estimator = self.estimator(&arm, seed, alignment, lambda, Some(lr))?;
            Ok(validated(estimator, Some(held_out.clone())))
        });
        let candidates = candidates.collect::<Result<Vec<_>, TransferError>>()?;
        let evidence =
            Evidence { source: &train, held_out: &held_out, target: &self.domains.target };
        let selection = select(&candidates, grid.criterion, evidence, &mut |place, reverse| {
            let back = if reverse { "_reverse" } else { "" };
            self.session.observer(&format!("{arm}_{}{back}", names[place]), seed)
        })?;
        // What diverged has the criterion of a useless model: a figure is always a number.
        let value = |value: Option<f64>| value.unwrap_or(grid.criterion.worst());
        let values = selection.values.iter().map(|v| value(*v));
        let mut figures: BTreeMap<String, f64> =
            names.iter().map(|name| format!("criterion_{name}")).zip(values).collect();
        let (lambda, lr) = pairs().nth(selection.chosen).expect("one of the candidates");
        figures.extend([(LAMBDA.to_owned(), lambda), (LR.to_owned(), lr)]);
        Ok((selection.model, figures))
    }

    /// Each candidate with its criterion over the seeds, and how many seeds took it: for programs
    /// and as text. Nothing where nothing was chosen.
    pub(super) fn selection(&self, report: &Report) -> Option<(Value, String)> {
        let grid = self.grid.as_ref()?;
        let criterion = serde_json::to_value(grid.criterion).expect("plain data");
        let seeds = report.seeds.len();
        let mut rows = vec![["lambda", "lr", "criterion", "taken"].map(str::to_owned).to_vec()];
        let mut candidates = Vec::new();
        for (lambda, lr) in grid.lambdas.iter().flat_map(|l| grid.lrs.iter().map(move |r| (*l, *r)))
        {
            let own = report.outcomes.iter().filter(|o| o.arm == report.method);
            let name = format!("criterion_lambda_{lambda}_lr_{lr}");
            let values = Summary::of(own.clone().map(|o| o.figures[&name]).collect());
            let taken = own.filter(|o| (o.figures[LAMBDA], o.figures[LR]) == (lambda, lr)).count();
            rows.push(vec![
                lambda.to_string(),
                lr.to_string(),
                format!("{:.4} ± {:.4}", values.mean, values.std),
                format!("{taken} of {seeds}"),
            ]);
            candidates
                .push(json!({ "lambda": lambda, "lr": lr, "criterion": values, "taken": taken }));
        }
        let text = format!(
            "chosen by {}, smaller is better, without a target label:\n{}\n",
            criterion.as_str().unwrap_or_default(),
            crate::out::table(&rows, 1)
        );
        Some((json!({ "criterion": criterion, "candidates": candidates }), text))
    }
}

fn validated(estimator: DomainAdversarial, held_out: Option<Dataset>) -> DomainAdversarial {
    match held_out {
        Some(held_out) => estimator.validation(held_out),
        None => estimator,
    }
}
