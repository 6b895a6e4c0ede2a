//! The method and its controls, all trained here with the same data, steps and batches a task.

use super::TaskData;
use crate::methods::evaluate::sample;
use crate::run::Session;
use datasets::Dataset;
use serde_json::json;
use std::cell::RefCell;
use std::collections::BTreeMap;
use tensor_autograd::Module;
use transfer::pictures::heat_map;
use transfer::progressive::{Continue, Plan, Progressive, Sensitivity, curve_area};
use transfer::{History, ProgressiveModel, Trained, Training, TransferError};

pub(super) const SINGLE: &str = "single_column";
const RANDOM: &str = "random_column";
const FINE_TUNE: &str = "fine_tune";
const OUTPUT_ONLY: &str = "output_only";
/// The paper's baselines: a column from scratch; beside random frozen columns, one for each older
/// task; the column of the task before, all of it trained on; the first task's column with a new head.
pub(super) const BASELINES: [&str; 4] = [SINGLE, RANDOM, FINE_TUNE, OUTPUT_ONLY];

/// Test samples that a learning curve is measured on.
const FOR_CURVE: usize = 1000;
/// Test samples that sensitivities are measured on.
const FOR_SENSITIVITY: usize = 300;

/// What all arms have in common.
pub(super) struct Arms<'a> {
    session: &'a Session,
    tasks: &'a [TaskData],
    curves: Vec<Dataset>,
    plan: Plan,
    training: Training,
    /// The first task's column of the latest seed, which several arms start from.
    first: RefCell<Option<(u64, ProgressiveModel)>>,
}

/// What an arm has come to so far.
#[derive(Default)]
struct Came {
    figures: BTreeMap<String, f64>,
    areas: Vec<f64>,
    history: History,
}

impl Came {
    fn trained(self) -> Trained {
        let score = self.areas.iter().sum::<f64>() / self.areas.len() as f64;
        Trained { score, figures: self.figures, history: self.history }
    }
}

impl<'a> Arms<'a> {
    pub(super) fn new(
        session: &'a Session,
        tasks: &'a [TaskData],
        plan: Plan,
        training: Training,
    ) -> Self {
        let curve = |task: &TaskData| task.test.select(&sample(task.test.len(), FOR_CURVE));
        let curves = tasks.iter().map(curve).collect();
        Arms { session, tasks, curves, plan, training, first: RefCell::default() }
    }

    pub(super) fn progressive(&self, seed: u64) -> Result<Trained, TransferError> {
        let mut model = self.first(seed)?;
        let mut came = Came::default();
        let digest = |model: &ProgressiveModel, k: usize| {
            model.digest(k, &self.tasks[k].test.without_labels())
        };
        let mut before = vec![digest(&model, 0)?];
        let accuracy = model.score(0, &self.tasks[0].test)?;
        came.figures.insert(format!("accuracy_{}", self.tasks[0].name), accuracy);
        for k in 1..self.tasks.len() {
            model = self.add(super::NAME, model, k, seed)?;
            self.measure(&model, k, k, &mut came)?;
            before.push(digest(&model, k)?);
        }
        let mut outputs = Vec::new();
        for (k, (task, before)) in self.tasks.iter().zip(&before).enumerate() {
            let after = digest(&model, k)?;
            came.figures
                .insert(format!("accuracy_{}_after", task.name), model.score(k, &task.test)?);
            came.figures.insert(
                format!("outputs_unchanged_{}", task.name),
                f64::from(u8::from(after == *before)),
            );
            outputs.push(json!({ "task": task.name, "before": before, "after": after }));
        }
        came.figures.insert("parameters".into(), model.net().num_parameters() as f64);
        let folder = &self.session.folder;
        folder.write(&format!("outputs-seed-{seed}.json"), &json!(outputs).to_string())?;
        if self.session.keeps(seed) {
            model.save(&folder.path().join("model.safetensors"))?;
            self.sensitivities(&model, seed)?;
        }
        Ok(came.trained())
    }

    pub(super) fn baseline(&self, arm: &str, seed: u64) -> Result<Trained, TransferError> {
        let mut came = Came::default();
        let mut chain = Vec::new();
        if arm == FINE_TUNE || arm == OUTPUT_ONLY {
            chain.push(self.first(seed)?);
        }
        for k in 1..self.tasks.len() {
            let model = match arm {
                FINE_TUNE => self.go_on(arm, &chain[k - 1], k, seed)?,
                OUTPUT_ONLY => self.go_on(arm, &chain[0], k, seed)?,
                RANDOM => self.add(arm, self.random(k, seed)?, k, seed)?,
                _ => self.add(arm, ProgressiveModel::new(self.plan.clone())?, k, seed)?,
            };
            self.measure(&model, model.tasks().len() - 1, k, &mut came)?;
            came.figures.insert("parameters".into(), model.net().num_parameters() as f64);
            chain.push(model);
        }
        if let (FINE_TUNE, Some((last, earlier))) = (arm, chain.split_last()) {
            for (then, task) in earlier.iter().zip(self.tasks) {
                let now = last.accuracy_under_the_head_of(then, &task.test)?;
                came.figures.insert(format!("accuracy_{}_after", task.name), now);
            }
        }
        Ok(came.trained())
    }

    /// The first task's column, which is the same for every arm.
    fn first(&self, seed: u64) -> Result<ProgressiveModel, TransferError> {
        if let Some((known, model)) = &*self.first.borrow()
            && *known == seed
        {
            return Ok(model.clone());
        }
        let model = self.add("first", ProgressiveModel::new(self.plan.clone())?, 0, seed)?;
        *self.first.borrow_mut() = Some((seed, model.clone()));
        Ok(model)
    }

    /// What stands beside the column of task `k` in the control: a column for each older task, as large
    /// as the method's and with the same laterals, but of random weights.
    fn random(&self, k: usize, seed: u64) -> Result<ProgressiveModel, TransferError> {
        let empty = ProgressiveModel::new(self.plan.clone())?;
        self.tasks[..k].iter().enumerate().try_fold(empty, |older, (column, task)| {
            // Columns start from their names: no two are alike, and none is as a trained one starts.
            let name = format!("random {}", column + 1);
            Progressive::new(older).seed(seed).untrained(&name, &task.train)
        })
    }

    /// A new column for task `k` beside those of `older`.
    fn add(
        &self,
        arm: &str,
        older: ProgressiveModel,
        k: usize,
        seed: u64,
    ) -> Result<ProgressiveModel, TransferError> {
        let task = &self.tasks[k];
        let (label, training) = self.training(arm, k, seed);
        let method = Progressive::new(older).training(training).curve_on(self.curves[k].clone());
        method.fit(&task.name, &task.train, &mut *self.session.observer(&label, seed))
    }

    /// The one column of `from` goes on with task `k`.
    fn go_on(
        &self,
        arm: &str,
        from: &ProgressiveModel,
        k: usize,
        seed: u64,
    ) -> Result<ProgressiveModel, TransferError> {
        let task = &self.tasks[k];
        let (label, training) = self.training(arm, k, seed);
        let method = Continue::new(from.clone()).head_only(arm == OUTPUT_ONLY).training(training);
        let method = method.curve_on(self.curves[k].clone());
        method.fit(&task.name, &task.train, &mut *self.session.observer(&label, seed))
    }

    fn training(&self, arm: &str, k: usize, seed: u64) -> (String, Training) {
        let label = format!("{arm}.{}", self.tasks[k].name);
        let training = self.session.kept(&label, Training { seed, ..self.training.clone() });
        (label, training)
    }

    /// Column `column` of `model`, which was trained on task `k`.
    fn measure(
        &self,
        model: &ProgressiveModel,
        column: usize,
        k: usize,
        came: &mut Came,
    ) -> Result<(), TransferError> {
        let name = &self.tasks[k].name;
        let history = &model.tasks()[column].history;
        let area = curve_area(history, model.score(column, &self.curves[k])?)?;
        let accuracy = model.score(column, &self.tasks[k].test)?;
        came.figures.insert(format!("area_{name}"), area);
        came.figures.insert(format!("accuracy_{name}"), accuracy);
        came.areas.push(area);
        came.history = history.clone();
        Ok(())
    }

    /// What each column makes use of, in pictures and numbers.
    fn sensitivities(&self, model: &ProgressiveModel, seed: u64) -> Result<(), TransferError> {
        let folder = &self.session.folder;
        let mut all = Vec::new();
        for (k, task) in self.tasks.iter().enumerate().skip(1) {
            let some = task.test.select(&sample(task.test.len(), FOR_SENSITIVITY));
            let measured = Sensitivity::measure(model, k, &some, seed)?;
            let rows: Vec<String> = self.tasks[..=k].iter().map(|t| t.name.clone()).collect();
            let layers: Vec<String> =
                (1..self.plan.layers()).map(|i| format!("layer {i}")).collect();
            for (file, what, table) in [
                ("perturbation", "perturbation sensitivity (APS)", &measured.perturbation),
                ("fisher", "Fisher sensitivity (AFS)", &measured.fisher),
            ] {
                let title = format!("{}: {what} to each column", task.name);
                let picture = heat_map(&title, &rows, &layers, table);
                folder.write(&format!("sensitivity-{}-{file}.svg", k + 1), &picture)?;
            }
            all.push(json!({ "task": task.name, "measured": measured }));
        }
        folder.write("sensitivity.json", &json!(all).to_string())
    }
}
