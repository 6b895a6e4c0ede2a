//! The estimators whose models are no classifier of one network, behind one signature.

use crate::common::{bits, quiet};
use datasets::{Dataset, Unlabelled, synthetic};
use sha2::{Digest, Sha256};
use std::path::Path;
use tensor_autograd::{Rng, Tensor};
use transfer::fit::Observer;
use transfer::multi_task::{MultiTaskArchitecture, Task, Weighting};
use transfer::progressive::Plan;
use transfer::self_taught::{Autoencoder, Learner, PatchFeatures, Pca, Raw, SparseCoding};
use transfer::zero_shot::{Kind, eszsl::Coding, sae::Direction};
use transfer::{
    Architecture, MultiTask, MultiTaskModel, Progressive, ProgressiveModel, SelfTaught,
    SelfTaughtModel, Signatures, Training, TransferError, ZeroShot, ZeroShotModel,
};

/// A model, known by the bits of all that it says.
pub(crate) struct Fitted {
    pub(crate) bits: String,
    /// Writes it, reads it, and gives the bits of what was read.
    pub(crate) reload: Box<dyn Fn(&Path) -> String>,
}

pub(crate) struct Other {
    pub(crate) name: &'static str,
    /// Whether all settings of [`Training`] are its own; otherwise the seed alone is.
    pub(crate) trains: bool,
    /// Whether it draws anything at random.
    pub(crate) random: bool,
    pub(crate) fit: Fit,
}

type Fit = fn(Training, &mut dyn Observer) -> Result<Fitted, TransferError>;

const fn trained(name: &'static str, fit: Fit) -> Other {
    Other { name, trains: true, random: true, fit }
}

const fn closed(name: &'static str, fit: Fit) -> Other {
    Other { name, trains: true, random: false, fit }
}

const fn learnt(name: &'static str, random: bool, fit: Fit) -> Other {
    Other { name, trains: false, random, fit }
}

/// To check a new estimator, add it here.
pub(crate) const OTHERS: [Other; 27] = [
    trained("multi-task, equal", |t, o| multi_task(t, Weighting::Equal, o)),
    trained("multi-task, uncertainty", |t, o| multi_task(t, Weighting::Uncertainty, o)),
    trained("multi-task, grad-norm", |t, o| multi_task(t, Weighting::GRAD_NORM, o)),
    trained("multi-task, pc-grad", |t, o| multi_task(t, Weighting::PcGrad, o)),
    trained("multi-task, mgda", |t, o| multi_task(t, Weighting::MGDA, o)),
    trained("progressive", progressive),
    closed("zero-shot, dap", |t, o| zero_shot(t, Kind::Dap { penalty: 1.0 }, false, o)),
    closed("zero-shot, nearest", |t, o| zero_shot(t, Kind::Nearest, false, o)),
    closed("zero-shot, eszsl", |t, o| zero_shot(t, Kind::Eszsl(Coding::Signs), false, o)),
    closed("zero-shot, sae", |t, o| zero_shot(t, Kind::Sae(Direction::ToSignatures), false, o)),
    closed("zero-shot, sae back", |t, o| zero_shot(t, Kind::Sae(Direction::ToFeatures), false, o)),
    trained("zero-shot, conse", |t, o| zero_shot(t, Kind::Conse { top: 3 }, false, o)),
    trained("zero-shot, regression", |t, o| zero_shot(t, Kind::Regression, false, o)),
    trained("zero-shot, net and dap", |t, o| zero_shot(t, Kind::Dap { penalty: 1.0 }, true, o)),
    trained("zero-shot, net and eszsl", |t, o| zero_shot(t, Kind::Eszsl(Coding::Signs), true, o)),
    trained("zero-shot, net and conse", |t, o| zero_shot(t, Kind::Conse { top: 3 }, true, o)),
    trained("zero-shot, compatibility", |t, o| {
        zero_shot(t, Kind::Compatibility { margin: 1.0, width: 6 }, true, o)
    }),
    trained("zero-shot, net and attributes", |t, o| zero_shot(t, Kind::Attributes, true, o)),
    trained("zero-shot, net and regression", |t, o| zero_shot(t, Kind::Regression, true, o)),
    learnt("self-taught, raw", false, |t, o| self_taught(t, Raw, o)),
    learnt("self-taught, pca", false, |t, o| self_taught(t, Pca::new(10), o)),
    learnt("self-taught, sparse coding", true, |t, o| {
        let learner = SparseCoding::new(20, 1.0).components(20).rounds(2).seed(t.seed);
        self_taught(t, learner, o)
    }),
    learnt("self-taught, k-means on patches", true, |t, o| {
        let learner = PatchFeatures::k_means(12).patches(400).seed(t.seed);
        self_taught(t, learner, o)
    }),
    learnt("self-taught, codes of patches", true, |t, o| {
        let learner = PatchFeatures::sparse_coding(12, 1.0).patches(400).rounds(2).seed(t.seed);
        self_taught(t, learner, o)
    }),
    trained("self-taught, sparse autoencoder", |t, o| {
        self_taught(t.clone(), Autoencoder::sparse(12).training(t), o)
    }),
    trained("self-taught, denoising", |t, o| {
        self_taught(t.clone(), Autoencoder::denoising(12).training(t), o)
    }),
    trained("self-taught, convolutional", |t, o| {
        self_taught(t.clone(), Autoencoder::convolutional(4).training(t), o)
    }),
];

/// A short run.
pub(crate) fn brief(seed: u64) -> Training {
    Training { epochs: 1, batch_size: 16, seed, ..Training::default() }
}

fn digits(n: usize) -> Dataset {
    synthetic::digits(n, 3)
}

fn probe() -> Unlabelled {
    synthetic::digits(20, 9).without_labels()
}

fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    parts.into_iter().for_each(|part| hash.update(part));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn tensor_bits(tensor: &Tensor) -> Vec<u8> {
    tensor.as_slice().iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn multi_task(
    training: Training,
    weighting: Weighting,
    observer: &mut dyn Observer,
) -> Result<Fitted, TransferError> {
    let (digits, letters) = (digits(48), synthetic::letters(32, 4));
    let tasks =
        [Task::classification("digits", &digits)?, Task::classification("letters", &letters)?];
    let architecture = MultiTaskArchitecture::of(Some("lenet"), &tasks);
    let net = architecture.build(&Rng::seed(0))?;
    let method = MultiTask::new(net).weighting(weighting).training(training);
    let model = method.fit(&tasks, observer)?;
    let said = |model: &MultiTaskModel| {
        let [a, b] =
            ["digits", "letters"].map(|task| tensor_bits(&model.output(task, &probe()).unwrap()));
        bits(&model.net) + &hash([&a[..], &b[..]])
    };
    Ok(Fitted {
        bits: said(&model),
        reload: Box::new(move |path| {
            model.save(&architecture, path).unwrap();
            let (loaded, described) = MultiTaskModel::load(path).unwrap();
            assert_eq!(described, architecture);
            said(&loaded)
        }),
    })
}

/// Two columns: digits, then letters, which alone is watched and leaves checkpoints.
pub(crate) fn columns(
    training: &Training,
    observer: &mut dyn Observer,
) -> Result<(ProgressiveModel, ProgressiveModel), TransferError> {
    let empty = ProgressiveModel::new(Plan::conv([1, 28, 28]).batch_norm(true))?;
    let alone = Training { checkpoints: None, ..training.clone() };
    let first = Progressive::new(empty).training(alone);
    let first = first.fit("digits", &digits(48), &mut quiet())?;
    let second = Progressive::new(first.clone()).training(training.clone());
    let second = second.fit("letters", &synthetic::letters(32, 4), observer)?;
    Ok((first, second))
}

fn progressive(training: Training, observer: &mut dyn Observer) -> Result<Fitted, TransferError> {
    let (_, model) = columns(&training, observer)?;
    let said = |model: &ProgressiveModel| {
        let outputs = [0, 1].map(|task| model.digest(task, &probe()).unwrap());
        bits(model.net()) + &outputs.concat()
    };
    Ok(Fitted {
        bits: said(&model),
        reload: Box::new(move |path| {
            model.save(path).unwrap();
            said(&ProgressiveModel::load(path).unwrap())
        }),
    })
}

fn zero_shot(
    training: Training,
    kind: Kind,
    net: bool,
    observer: &mut dyn Observer,
) -> Result<Fitted, TransferError> {
    let digits = digits(120);
    let labels = digits.labels().unwrap();
    let seen: Vec<usize> = (0..labels.len()).filter(|&i| labels[i] < 7).collect();
    let row = |class: u32| (0..4).map(|j| f64::from((class * 7 + j * j) % 11) / 3.0).collect();
    let names = (0..4).map(|j| format!("attribute {j}")).collect();
    let rows = (0..10).map(row).collect();
    let signatures = Signatures::new(digits.classes().to_vec(), names, rows)?;
    let mut method = ZeroShot::new(kind, signatures).training(training);
    let network = Architecture::named("cifar-cnn", &[1, 28, 28], 7);
    let network = net.then_some(network);
    if let Some(network) = &network {
        method = method.network(network.build(&mut Rng::seed(0))?.features);
    }
    let model = method.fit(&digits.select(&seen), observer)?;
    let classes = digits.classes().to_vec();
    let said = move |model: &ZeroShotModel| {
        let scores = model.calibrated(&probe(), &classes).unwrap();
        let (n, k) = (scores.nrows(), scores.ncols());
        let all = (0..n * k).flat_map(|i| scores[(i / k, i % k)].to_le_bytes());
        hash([&all.collect::<Vec<u8>>()[..]])
    };
    Ok(Fitted {
        bits: said(&model),
        reload: Box::new(move |path| {
            model.save(network.as_ref(), path).unwrap();
            said(&ZeroShotModel::load(path).unwrap())
        }),
    })
}

fn self_taught(
    training: Training,
    learner: impl Learner + 'static,
    observer: &mut dyn Observer,
) -> Result<Fitted, TransferError> {
    let few = digits(60).shots(2, training.seed)?;
    let source = synthetic::letters(80, 0).without_labels();
    let model = SelfTaught::new(learner).fit(&source, &few, observer)?;
    let said = |model: &SelfTaughtModel| {
        let features = tensor_bits(&model.features(&probe()).unwrap());
        let logits = model.classifier.logits(&model.features(&probe()).unwrap());
        model.features.digest() + &hash([&features[..], &tensor_bits(&logits)[..]])
    };
    Ok(Fitted {
        bits: said(&model),
        reload: Box::new(move |path| {
            model.save(path).unwrap();
            said(&SelfTaughtModel::load(path).unwrap())
        }),
    })
}
