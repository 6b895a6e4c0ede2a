//! What holds of training on several tasks, whatever the weighting.

use super::batch::Batches;
use super::objective::{Tasks, Weighted};
use super::weighting::Balance;
use super::*;
use crate::fit::{At, Checkpoints, EpochRecord, Means, Objective, Progress};
use crate::{Normalize, TransferError};
use datasets::{Unlabelled, synthetic};
use nn_layers::{Linear, Sequential, relu, seq, tanh};
use std::collections::BTreeMap;
use tensor_autograd::kernels::parallel::with_num_threads;
use tensor_autograd::{Module, Real};

fn quiet() -> Progress {
    Progress::silent()
}

fn every_weighting() -> [Weighting; 7] {
    [
        Weighting::Equal,
        Weighting::Given(BTreeMap::from([("b".into(), 0.5)])),
        Weighting::Uncertainty,
        Weighting::GRAD_NORM,
        Weighting::PcGrad,
        Weighting::MGDA,
        Weighting::Mgda { normalized: false },
    ]
}

/// Classes of moons, and a number that is linear in other points: tasks of two kinds and sizes.
fn tasks() -> [Task; 2] {
    let moons = synthetic::moons(60, 0);
    let others = synthetic::moons(37, 5).without_labels();
    let number = |row: ndarray::ArrayViewD<'_, f32>| 3.0 + 2.0 * row[[0]] - row[[1]];
    let numbers: Vec<f32> = others.inputs().axis_iter(ndarray::Axis(0)).map(number).collect();
    [Task::classification("a", &moons).unwrap(), Task::regression("b", others, &numbers).unwrap()]
}

fn net(seed: u64) -> MultiTaskNet {
    let rng = &mut Rng::seed(seed);
    let head = |outputs, rng: &mut Rng| seq![Linear::new(8, outputs, rng)];
    MultiTaskNet {
        inputs: BTreeMap::new(),
        trunk: seq![Linear::new(2, 8, rng), tanh],
        heads: [("a".to_owned(), head(2, rng)), ("b".to_owned(), head(1, rng))].into(),
    }
}

fn short(net: MultiTaskNet) -> MultiTask {
    MultiTask::new(net).steps(40).batch_size(8).normalize(Normalize::None).seed(3)
}

fn bits(module: &impl Module) -> Vec<(String, Vec<Real>)> {
    let all = module.state_dict().into_iter();
    all.map(|(name, value)| (name, value.as_slice().to_vec())).collect()
}

#[test]
fn heads_without_a_shared_trunk_are_separate_trainings_bit_for_bit() {
    let (tasks, apart) = (tasks(), net(0).apart());
    assert!(apart.trunk.is_empty() && apart.heads["a"].len() == 3);
    assert_eq!(net(0).parameters_of("a"), apart.parameters_of("a"));
    let together = short(apart.clone()).fit(&tasks, &mut quiet()).unwrap();
    let shared = short(net(0)).fit(&tasks, &mut quiet()).unwrap();
    for task in &tasks {
        let mut own = net(0);
        own.heads.retain(|name, _| name == task.name());
        let alone = short(own).fit(std::slice::from_ref(task), &mut quiet()).unwrap();
        // The one has trunk and head apart, the other both in the head.
        assert_eq!(bits(&alone.net.apart()), {
            let head: Sequential = together.net.heads[task.name()].clone();
            let heads = BTreeMap::from([(task.name().to_owned(), head)]);
            bits(&MultiTaskNet { heads, ..MultiTaskNet::default() })
        });
        assert_ne!(bits(&alone.net.trunk), bits(&shared.net.trunk));
        assert_eq!(alone.epochs[task.name()], together.epochs[task.name()]);
    }
    // 40 steps of 8 rows.
    assert_eq!(together.epochs["a"], 320.0 / 60.0);
    assert_eq!(together.epochs["b"], 320.0 / 37.0);
}

#[test]
fn projecting_what_does_not_conflict_is_the_sum() {
    // Twins: the same task twice, from the same values, so that the gradients agree for ever.
    let moons = synthetic::moons(40, 0);
    let twins = ["a", "b"].map(|name| Task::classification(name, &moons).unwrap());
    let mut net = net(1);
    net.heads.insert("b".into(), net.heads["a"].clone());
    let train =
        |weighting| short(net.clone()).weighting(weighting).fit(&twins, &mut quiet()).unwrap();
    let (sum, projected) = (train(Weighting::Equal), train(Weighting::PcGrad));
    for ((_, a), (_, b)) in bits(&sum.net).iter().zip(bits(&projected.net)) {
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-4));
    }
    assert!((projected.history.last("gradient_cosine").unwrap() - 1.0).abs() < 1e-5);
    // MGDA's mean of equal gradients is that gradient: as many times the loss's unit as for the sum.
    let shortest = train(Weighting::Mgda { normalized: false });
    for ((_, a), (_, b)) in bits(&sum.net).iter().zip(bits(&shortest.net)) {
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-4));
    }
}

#[test]
fn a_loud_task_does_not_kill_the_others() {
    let loud = |factor| {
        let [a, b] = tasks();
        [a, b.loss_factor(factor)]
    };
    let train = |weighting, factor| {
        let method = short(net(2)).steps(600).weighting(weighting);
        method.fit(&loud(factor), &mut quiet()).map(|model| {
            let score = |t: usize| model.score(&loud(1.0)[t..=t]).unwrap().value();
            (score(0), score(1))
        })
    };
    for weighting in [Weighting::Uncertainty, Weighting::GRAD_NORM, Weighting::MGDA] {
        let (calm, loud) =
            (train(weighting.clone(), 1.0).unwrap(), train(weighting.clone(), 1000.0).unwrap());
        assert!(calm.0 > 0.85 && loud.0 > calm.0 - 0.05, "{weighting:?}: {calm:?}, {loud:?}");
        assert!(loud.1 > 0.9, "{weighting:?}: {loud:?}");
    }
    // The control: summed, the loud one alone is heard, or nothing is any more.
    let summed = train(Weighting::Equal, 1000.0);
    assert!(summed.as_ref().map_or(true, |scores| scores.0 < 0.8), "{summed:?}");
}

#[test]
fn the_weights_of_grad_norm_sum_to_the_number_of_tasks() {
    let method = short(net(0)).weighting(Weighting::GRAD_NORM);
    let history = method.fit(&tasks(), &mut quiet()).unwrap().history;
    let (a, b) = (history.trace("weight_a"), history.trace("weight_b"));
    assert!(a.len() > 3 && a.first() != a.last());
    assert!(a.iter().zip(b).all(|(a, b)| (a + b - 2.0).abs() < 1e-5));
}

#[test]
fn a_task_without_a_label_in_the_batch_changes_nothing() {
    let [a, _] = tasks();
    let mut labels = vec![None; 60];
    labels[7] = Some(1.5);
    let b = Task::new("b", a.inputs().clone(), Labels::Numbers(labels)).unwrap();
    let both = [a.clone(), b];
    for weighting in every_weighting() {
        let model = short(net(0)).weighting(weighting.clone()).fit(&both, &mut quiet()).unwrap();
        assert!(bits(&model.net).iter().all(|(_, w)| w.iter().all(|w| w.is_finite())));

        let step = |tasks: &[Task], net: MultiTaskNet| {
            let own = vec![false; tasks.len()];
            let batches = Batches::new(tasks, &own, Normalize::None, 4, 0).unwrap();
            let mut all = Tasks { batches, weighting: weighting.clone() };
            let first = all.first(&net, &Rng::seed(0));
            let balance = Balance::new(&weighting, &first);
            let model = Weighted { net, balance };
            let at = At { step: 0, steps: 1 };
            assert!(!all.batches.draw(0)[0].rows.contains(&7), "chosen so that it is not in it");
            let (loss, grads) = all.step(&model, at, &mut Rng::seed(0), &mut Means::default());
            assert!(loss.is_finite());
            let named = model.net.named_params();
            let of = |(name, p): &(String, &tensor_autograd::Param)| {
                Some((name.clone(), grads.get(p)?.as_slice().to_vec()))
            };
            named.iter().filter_map(of).collect::<BTreeMap<_, _>>()
        };
        let mut lone = net(0);
        lone.heads.remove("b");
        let (with, without) = (step(&both, net(0)), step(std::slice::from_ref(&a), lone));
        assert!(!with.keys().any(|name| name.starts_with("heads.b")), "{weighting:?}");
        if matches!(weighting, Weighting::Equal | Weighting::Given(_) | Weighting::PcGrad) {
            assert_eq!(with, without, "{weighting:?}");
        }
    }
}

#[test]
fn an_empty_task_is_refused_by_its_name() {
    let points = synthetic::moons(3, 0).without_labels();
    let none = Task::new("french", points.clone(), Labels::Numbers(vec![None; 3]));
    let error = none.unwrap_err();
    assert!(matches!(error, TransferError::Unsuitable { .. }));
    assert!(error.to_string().starts_with("task `french`: no example has a label"), "{error}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    std::fs::write(&path, "1,7,1,0\n2,8,1,1\n").unwrap();
    let spec = format!("csv:{}#target=2,task=1[..1]", path.display());
    let table = datasets::readers::csv::load_regression(&spec.parse().unwrap()).unwrap();
    let error = Task::family("school", &table).unwrap_err().to_string();
    assert!(error.starts_with("task `school/2`: it has no examples"), "{error}");

    let misfit = Task::regression("x", points.clone(), &[1.0]).unwrap_err().to_string();
    assert!(misfit.contains("3 examples and 1 labels"), "{misfit}");
    let infinite = Task::regression("x", points, &[1.0, f32::NAN, 0.0]).unwrap_err();
    assert!(infinite.to_string().contains("NaN"));
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    for weighting in every_weighting() {
        let train = |seed, threads| {
            let method = short(net(0)).weighting(weighting.clone()).seed(seed);
            with_num_threads(threads, || bits(&method.fit(&tasks(), &mut quiet()).unwrap().net))
        };
        let one = train(0, 1);
        assert_eq!(one, train(0, 1), "{weighting:?}");
        assert_eq!(one, train(0, 3), "{weighting:?}");
        assert_ne!(one, train(1, 1), "{weighting:?}");
    }
}

#[test]
fn a_saved_model_predicts_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let tasks = tasks();
    let architecture = MultiTaskArchitecture::of(None, &tasks);
    let net = architecture.build(&Rng::seed(0)).unwrap();
    let model = short(net).normalize(Normalize::Standard).fit(&tasks, &mut quiet()).unwrap();
    model.save(&architecture, &path).unwrap();
    let (loaded, described) = MultiTaskModel::load(&path).unwrap();
    assert_eq!((&described, &loaded.tasks), (&architecture, &model.tasks));
    for task in &tasks {
        let said = |m: &MultiTaskModel| m.predict(task.name(), task.inputs()).unwrap();
        assert_eq!(said(&loaded), said(&model));
    }
    let unknown = loaded.predict("c", tasks[0].inputs()).unwrap_err().to_string();
    assert!(unknown.contains("`c` against a, b"), "{unknown}");
    assert!(matches!(crate::Model::load(&path), Err(TransferError::Unusable { .. })));
}

/// Stops a run after some steps.
struct StopAt(usize, usize);
impl Observer for StopAt {
    fn step(&mut self, done: usize) {
        self.1 = done;
    }
    fn epoch(&mut self, _: &EpochRecord) {}
    fn interrupted(&self) -> bool {
        self.1 >= self.0
    }
}

#[test]
fn a_run_goes_on_where_it_stood_with_all_that_the_weighting_keeps() {
    for weighting in every_weighting() {
        let folder = tempfile::tempdir().unwrap();
        let method = short(net(0)).weighting(weighting.clone());
        let kept = method.clone().checkpoints(Checkpoints::new(folder.path(), "run"));
        let stopped = kept.fit(&tasks(), &mut StopAt(17, 0)).unwrap_err();
        assert!(matches!(stopped, TransferError::Interrupted { step: 17, .. }));
        let resumed = kept.fit(&tasks(), &mut quiet()).unwrap();
        let whole = method.fit(&tasks(), &mut quiet()).unwrap();
        assert_eq!(bits(&resumed.net), bits(&whole.net), "{weighting:?}");
        assert_eq!(resumed.history, whole.history);
    }
}

#[test]
fn tasks_with_inputs_of_their_own_meet_in_the_trunk() {
    let [a, _] = tasks();
    let wide = ndarray::Array::from_shape_fn((30, 5), |(i, j)| ((i * 7 + j * 3) % 11) as f32 - 5.0);
    let numbers: Vec<f32> = wide.rows().into_iter().map(|r| r[0] - r[4]).collect();
    let wide = Unlabelled::new("wide", wide.into_dyn()).unwrap();
    let both = [a, Task::regression("b", wide, &numbers).unwrap()];
    let architecture = MultiTaskArchitecture::of(Some("mlp"), &both);
    assert_eq!(architecture.input, [MultiTaskArchitecture::WIDTH]);
    let net = architecture.build(&Rng::seed(0)).unwrap();
    let untrained = net.clone();
    for weighting in every_weighting() {
        let method = short(net.clone()).steps(400).normalize(Normalize::Standard).lr(0.02);
        let model = method.weighting(weighting.clone()).fit(&both, &mut quiet()).unwrap();
        let score = |t: usize| model.score(&both[t..=t]).unwrap().value();
        assert!(score(0) > 0.8 && score(1) > 0.8, "{weighting:?}: {} {}", score(0), score(1));
        let moved = bits(&model.net).into_iter().zip(bits(&untrained));
        assert!(moved.into_iter().all(|(after, before)| after != before));
    }
    // Without the layers in front they do not fit, and it is said.
    let bare = MultiTaskNet { inputs: BTreeMap::new(), ..net };
    let error = short(bare).fit(&both, &mut quiet()).unwrap_err().to_string();
    assert!(error.contains("samples of different shapes"), "{error}");
}

#[test]
fn bad_settings_are_refused_by_name() {
    let refused = |method: MultiTask, tasks: &[Task]| match method.fit(tasks, &mut quiet()) {
        Err(TransferError::Setting { name, .. }) => name,
        other => panic!("{:?}", other.map(|m| m.history)),
    };
    let [a, b] = tasks();
    let both = [a.clone(), b.clone()];
    assert_eq!(refused(short(net(0)), &[]), "tasks");
    assert_eq!(refused(short(net(0)), &[a.clone(), a.clone()]), "tasks");
    assert_eq!(refused(short(net(0)).lr(-1.0), &both), "lr");
    assert_eq!(refused(short(net(0)).batch_size(0), &both), "batch_size");
    assert_eq!(refused(short(net(0)).trunk_lr(1.5), &both), "trunk_lr");
    assert_eq!(refused(short(net(0)).flip(true), &both), "flip");
    assert_eq!(refused(short(net(0)), &[a.clone().loss_factor(0.0), b.clone()]), "loss_factor");
    assert_eq!(refused(short(net(0)), &[a.clone().batch_size(0), b]), "batch_size");
    let negative = Weighting::Given(BTreeMap::from([("a".into(), -1.0)]));
    assert_eq!(refused(short(net(0)).weighting(negative), &both), "weights");
    let alpha = Weighting::GradNorm { alpha: f64::NAN, lr: 0.1 };
    assert_eq!(refused(short(net(0)).weighting(alpha), &both), "alpha");
    let apart = short(net(0).apart()).weighting(Weighting::PcGrad);
    assert_eq!(refused(apart, &both), "weighting");
    let unknown = Weighting::Given(BTreeMap::from([("c".into(), 1.0)]));
    let error = short(net(0)).weighting(unknown).fit(&both, &mut quiet()).unwrap_err();
    assert!(error.to_string().contains("`c` against a, b"), "{error}");
    let error = short(net(0)).fit(&[a], &mut quiet()).unwrap_err().to_string();
    assert!(error.contains("heads are not those of the tasks"), "{error}");
    let mut narrow = net(0);
    narrow.heads.insert("a".into(), seq![Linear::new(8, 3, &mut Rng::seed(0)), relu]);
    let error = short(narrow).fit(&both, &mut quiet()).unwrap_err().to_string();
    assert!(error.contains("`a`, 3 outputs"), "{error}");
}

#[test]
fn tasks_of_the_same_inputs_share_them_and_part_alike() {
    let moons = synthetic::moons(40, 0);
    let again = synthetic::moons(40, 0).with_name("the same numbers");
    let mut both =
        [Task::classification("a", &moons).unwrap(), Task::classification("b", &again).unwrap()];
    assert!(!super::task::same_inputs(&both[0], &both[1]));
    share_inputs(&mut both);
    assert!(super::task::same_inputs(&both[0], &both[1]));
    let (mut rest, held): (Vec<Task>, Vec<Task>) =
        both.iter().map(|task| task.hold_out(0.25, 9).unwrap()).unzip();
    assert_eq!((rest[0].inputs().len(), held[0].inputs().len()), (30, 10));
    assert_eq!(rest[0].inputs().inputs(), rest[1].inputs().inputs());
    assert_ne!(both[0].hold_out(0.25, 8).unwrap().1.inputs().inputs(), held[0].inputs().inputs());
    share_inputs(&mut rest);
    let batches = Batches::new(&rest, &[false; 2], Normalize::None, 4, 0);
    assert_eq!(batches.unwrap().draw(0).len(), 1);
    assert!(both[0].hold_out(0.001, 0).unwrap_err().to_string().contains("too few"));
}
