//! `run self-taught`: source unlabelled, target labelled, and little of it.

use super::{Built, Case, Few, Method, Selection, draw};
use crate::context::Context;
use crate::data;
use crate::error::{InputError, UsageError};
use crate::report::{Extra, Finished};
use crate::run::{self, Control, Session, Shared, baselines, within};
use crate::{args, report};
use clap::ArgMatches;
use datasets::{Dataset, Unlabelled};
use flags::{Flags, Kind};
use serde_json::json;
use std::collections::BTreeMap;
use transfer::self_taught::{Autoencoder, PatchFeatures, Pca, Raw, SparseCoding};
use transfer::{LogisticRegression, SelfTaught, Study, Trained, Training, TransferError, pictures};

mod flags;

const NAME: &str = "self-taught";

pub(super) const METHOD: Method = Method {
    name: NAME,
    case: Case::Target,
    help: "features learnt from unlabelled data, for few labels",
    selection: Selection::Validation,
    built: Built {
        flags: |command| {
            use clap::Args;
            args::training(Flags::augment_args(Shared::augment_args(command)))
        },
        run,
        overfit: Few::Refused(
            "--overfit has no meaning for self-taught: its features are learnt without labels, and its classifier is no network; leave it out",
        ),
        tour: &[
            "--source",
            "synthetic:letters?n=2000",
            "--target",
            "synthetic:digits?n=1000&seed=1",
            "--test",
            "synthetic:digits?n=1000&seed=2",
            "--labels",
            "50",
            "--baselines",
            "all",
            "--seeds",
            "2",
        ],
        quick: &[
            "--source",
            "synthetic:letters?n=200",
            "--target",
            "synthetic:digits?n=200&seed=1",
            "--test",
            "synthetic:digits?n=200&seed=2",
            "--atoms",
            "40",
            "--patches",
            "2000",
            "--seeds",
            "1",
        ],
    },
};

/// The data, brought to one shape.
struct Domains {
    source: Unlabelled,
    target: Dataset,
    test: Option<Dataset>,
}

impl Domains {
    fn load(shared: &Shared, flags: &Flags, context: &Context) -> anyhow::Result<Self> {
        let missing = |what, remedy| UsageError::Missing { what, remedy };
        let source = shared.source.as_deref();
        let source = source.ok_or_else(|| missing("--source", "data, labels are not used"))?;
        let target = shared.target.as_deref();
        let target = target.ok_or_else(|| missing("--target", "labelled data, as mnist:DIR"))?;
        if shared.test.is_none() && flags.labels.is_none() && flags.shots.is_none() {
            let remedy =
                "labelled target data for the score; or --labels N, the rest then gives it";
            return Err(missing("--test", remedy).into());
        }
        let size =
            shared.size().map_err(|_| UsageError::Conflict("--resize takes HxW, as 28x28"))?;
        // From here on the source has no labels that anything could read.
        let source = context.load("--source", source)?.without_labels();
        let target = context.load_labelled("--target", target)?;
        let test = match &shared.test {
            Some(spec) => Some(context.load_labelled("--test", spec)?),
            None => None,
        };
        let mut all = vec![
            ("--source", source.name(), source.sample_shape()),
            ("--target", target.name(), target.sample_shape()),
        ];
        if let Some(test) = &test {
            all.push(("--test", test.name(), test.sample_shape()));
            data::check_classes(("--target", target.name(), target.classes()), "--test", test)?;
        }
        let shape = data::common_shape(&all, size)?;
        Ok(Domains {
            source: data::fit_unlabelled(source, &shape)?,
            target: data::fit(target, &shape)?,
            test: test.map(|set| data::fit(set, &shape)).transpose()?,
        })
    }

    /// The labelled examples of a seed, and those that give the score.
    fn draw(&self, flags: &Flags, seed: u64) -> Result<(Dataset, Dataset), TransferError> {
        let rows = match (flags.labels, flags.shots) {
            (Some(n), _) => self.target.few_rows(n, seed)?,
            (None, Some(k)) => self.target.shot_rows(k, seed)?,
            (None, None) => (0..self.target.len()).collect(),
        };
        let few = self.target.select(&rows);
        if let Some(test) = &self.test {
            return Ok((few, test.clone()));
        }
        let nothing_left = || TransferError::Mismatch {
            what: "the labelled examples leave nothing of the target to test on",
            left: format!("{} examples", rows.len()),
            right: format!("{} of {}", self.target.len(), self.target.name()),
            remedy: "give --test, or fewer labels",
        };
        Ok((few, self.target.without_rows(&rows).ok_or_else(nothing_left)?))
    }
}

fn run(matches: &ArgMatches, control: Control, context: &Context) -> anyhow::Result<Finished> {
    let (shared, flags) = run::merge::<Flags>(NAME, matches, control.config.as_deref())?;
    let known = [("raw", None), ("pca", None), ("random", None)];
    let chosen = baselines(NAME, shared.baselines.as_deref(), &known)?;
    flags.check()?;
    let shared = shared.tested_apart(flags.labels.or(flags.shots).is_some())?;
    let domains = Domains::load(&shared, &flags, context)?;
    let flags = flags.filled(domains.source.sample_shape());
    flags.check_shared(&shared)?;
    let shared = flags.filled_shared(&shared, &chosen);
    // What would fail once the run has a folder is said before.
    fits(&flags, &domains.source)?;
    domains.draw(&flags, 0)?;

    let session = Session::open(NAME, (&shared, &flags), &control, context)?;
    draw::samples(&session.folder, "source", &domains.source)?;
    draw::samples(&session.folder, "target", &domains.target.without_labels())?;
    let setup = Setup { session: &session, shared: &shared, flags: &flags, domains: &domains };
    let mut study = Study::new(NAME, "target_accuracy", |seed, observer| {
        setup.arm(NAME, setup.method(seed), seed, observer)
    });
    for arm in chosen {
        let setup = &setup;
        study = study.baseline(arm, move |seed, observer| {
            setup.arm(arm, setup.baseline(arm, seed), seed, observer)
        });
    }
    let report = session.run(study)?;
    draw::curves(&session.folder, &report.outcomes)?;
    let extra = extra(&flags, &report);
    report::finish(&session, &shared, report, extra)
}

/// Checks the settings against the source.
fn fits(flags: &Flags, source: &Unlabelled) -> anyhow::Result<()> {
    let (kind, atoms) = (flags.kind(), flags.atoms);
    let few = |most: usize| atoms.is_none_or(|atoms| atoms <= most);
    if kind == Kind::SparseCodingWhole {
        within("--atoms", atoms, few(source.len()), "no more than the source has samples")?;
    }
    let images = kind.on_patches() || kind == Kind::Convolutional;
    let [_, height, width] = *source.sample_shape() else {
        let (role, name, shape) = ("--source", source.name(), source.sample_shape());
        return match images {
            false => Ok(()),
            true => Err(InputError::Shape {
                role,
                name: name.to_owned(),
                shape: shape.to_vec(),
                remedy: "such features are for images: choose others by --features",
            }
            .into()),
        };
    };
    if kind.on_patches() {
        let side = height.min(width);
        let (patch, pool) = (flags.patch.unwrap_or(2), flags.pool.unwrap_or(1));
        within("--patch", Some(patch), patch <= side, "no more than an image's height and width")?;
        let places = pool <= side - patch + 1;
        within("--pool", Some(pool), places, "no more than places of a patch in a row")?;
        let most = flags.patches.unwrap_or(usize::MAX);
        within("--atoms", atoms, few(most), "no more than --patches")?;
    }
    Ok(())
}

/// What all arms of the study have in common.
struct Setup<'a> {
    session: &'a Session,
    shared: &'a Shared,
    flags: &'a Flags,
    domains: &'a Domains,
}

impl Setup<'_> {
    fn training(&self, arm: &str, seed: u64) -> Training {
        self.session.kept(arm, self.shared.training(&flags::base(), seed))
    }

    fn method(&self, seed: u64) -> SelfTaught {
        let f = self.flags;
        let (atoms, beta) = (f.atoms.unwrap_or_default(), f.beta.unwrap_or_default());
        match f.kind() {
            Kind::KMeans => SelfTaught::new(self.on_patches(PatchFeatures::k_means(atoms), seed)),
            Kind::SparseCoding => {
                let learner = PatchFeatures::sparse_coding(atoms, beta);
                SelfTaught::new(self.on_patches(learner, seed))
            }
            Kind::SparseCodingWhole => SelfTaught::new(
                SparseCoding::new(atoms, beta).components(f.components.unwrap_or(1)).seed(seed),
            ),
            Kind::Autoencoder | Kind::Denoising | Kind::Convolutional => {
                SelfTaught::new(self.network().training(self.training(NAME, seed)))
            }
        }
    }

    fn network(&self) -> Autoencoder {
        let units = self.flags.atoms.unwrap_or_default();
        match self.flags.kind() {
            Kind::Autoencoder => Autoencoder::sparse(units).beta(self.flags.beta.unwrap_or(3.0)),
            Kind::Convolutional => Autoencoder::convolutional(units),
            _ => Autoencoder::denoising(units),
        }
    }

    fn on_patches(&self, learner: PatchFeatures, seed: u64) -> PatchFeatures {
        let f = self.flags;
        learner
            .patch(f.patch.unwrap_or_default())
            .pool(f.pool.unwrap_or_default())
            .patches(f.patches.unwrap_or_default())
            .seed(seed)
    }

    /// The control: the same classifier on features that the method's learning had no part in.
    fn baseline(&self, arm: &str, seed: u64) -> SelfTaught {
        let atoms = self.flags.atoms.unwrap_or_default();
        match arm {
            "raw" => SelfTaught::new(Raw),
            "pca" => {
                let source = &self.domains.source;
                let d = source.sample_shape().iter().product::<usize>();
                SelfTaught::new(Pca::new(atoms.min(d).min(source.len())))
            }
            _ if self.flags.kind().on_patches() => {
                SelfTaught::new(self.on_patches(PatchFeatures::random(atoms), seed))
            }
            _ => SelfTaught::new(self.network().untrained().training(self.training(arm, seed))),
        }
    }

    /// Learns the features, draws the labelled examples, and measures.
    fn arm(
        &self,
        arm: &str,
        method: SelfTaught,
        seed: u64,
        observer: &mut dyn transfer::fit::Observer,
    ) -> Result<Trained, TransferError> {
        let (few, test) = self.domains.draw(self.flags, seed)?;
        let method = method.classifier(LogisticRegression::default().seed(seed));
        let model = method.fit(&self.domains.source, &few, observer)?;
        let confusion = model.confusion(&test)?;
        let mut figures = BTreeMap::from([
            ("cost".to_owned(), model.classifier.cost),
            ("features".to_owned(), model.features.width() as f64),
        ]);
        if let Some(accuracy) = model.classifier.cross_validation {
            figures.insert("cross_validation_accuracy".into(), accuracy);
        }
        if let Some(mean) = model.features.mean_nonzeros(&few.without_labels())? {
            figures.insert("nonzeros_of_a_code".into(), mean);
        }
        if self.session.keeps(seed) {
            let folder = &self.session.folder;
            draw::confusion(folder, arm, &confusion, &model.classes)?;
            if let Some(bases) = model.features.bases().filter(|_| arm != "random") {
                let rows = bases.len().min(100).div_ceil(10);
                let picture = pictures::contact_sheet(&bases, rows, 10, &[]);
                folder.write(&format!("bases-{arm}.svg"), &picture)?;
            }
            if arm == NAME {
                model.save(&folder.path().join("model.safetensors"))?;
            }
        }
        let history = model.features.history().clone();
        Ok(Trained { score: confusion.accuracy(), figures, history })
    }
}

/// How much the features and the classifier had to work with.
fn extra(flags: &Flags, report: &transfer::Report) -> Extra {
    let labels = match (flags.labels, flags.shots) {
        (Some(n), _) => format!("{n} labelled target examples"),
        (None, Some(k)) => format!("{k} labelled target examples a class"),
        (None, None) => "all labelled target examples".to_owned(),
    };
    let mut rows = vec![vec!["".to_owned(), "features".into(), "C".into()]];
    for outcome in report.outcomes.iter().filter(|o| Some(&o.seed) == report.seeds.first()) {
        let figure = |name: &str| outcome.figures.get(name).copied().unwrap_or(f64::NAN);
        rows.push(vec![
            outcome.arm.clone(),
            format!("{}", figure("features")),
            format!("{:e}", figure("cost")),
        ]);
    }
    let nonzeros = report.figures.get("nonzeros_of_a_code").map_or(String::new(), |s| {
        format!("{:.1} of {} numbers of a code are not 0\n", s.mean, flags.atoms.unwrap_or(0))
    });
    Extra {
        fields: vec![
            ("labels", json!(flags.labels)),
            ("shots", json!(flags.shots)),
            ("learner", json!(flags.features)),
        ],
        text: format!(
            "{labels}; C by cross-validation on them\n{}{nonzeros}",
            crate::out::table(&rows, 1)
        ),
    }
}
