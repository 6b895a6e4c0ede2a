//! Where fine-tuning starts: a model trained on the source, or one from a file.

use super::flags::base;
use super::{Flags, Setup};
use crate::context::Context;
use crate::error::{InputError, UsageError};
use crate::run::Shared;
use crate::{args, data};
use datasets::Dataset;
use nn_layers::models::DannNet;
use std::cell::RefCell;
use std::path::Path;
use tensor_autograd::{Module, Rng};
use transfer::{
    Architecture, Description, Model, Normalizer, Supervised, TransferError, copy_matching,
};

/// The source: its data, or its model.
pub(super) enum Start {
    /// Labelled data; the model of the latest seed is remembered, since several arms start from it.
    Data { source: Dataset, latest: RefCell<Option<(u64, Box<Model<DannNet>>)>> },
    /// A saved model, or a pretrained network.
    Model(Box<Model<DannNet>>, Architecture),
}

impl Start {
    /// Loads the source and brings all samples to one shape.
    pub(super) fn load(
        shared: &Shared,
        flags: &Flags,
        (target, test): (Dataset, Option<Dataset>),
        context: &Context,
    ) -> anyhow::Result<(Self, Dataset, Option<Dataset>)> {
        let size =
            shared.size().map_err(|_| UsageError::Conflict("--resize takes HxW, as 28x28"))?;
        let mut sets = vec![("--target", target.name(), target.sample_shape())];
        if let Some(test) = &test {
            sets.push(("--test", test.name(), test.sample_shape()));
        }
        let backbone = flags.pretrained.given(shared)?;
        let (mut start, shape) = match (&flags.init, &shared.source) {
            (None, None) if backbone => {
                let shape = flags.pretrained.shape(data::common_shape(&sets, size)?)?;
                let loaded = flags.pretrained.load(&shape)?;
                let (model, architecture) = loaded.expect("it is given");
                (Start::Model(Box::new(model), architecture), shape)
            }
            _ if backbone => {
                let text =
                    "with --backbone there is no `source` and no `init`: the file is the source";
                return Err(UsageError::Conflict(text).into());
            }
            (Some(file), None) => {
                let (model, architecture) = Model::load(Path::new(file))?;
                let shape = architecture.input.clone();
                for (role, name, found) in sets {
                    let by = "--resize HxW";
                    data::check_fits_model((role, name, found), file, &shape, size, by)?;
                }
                (Start::Model(Box::new(model), architecture), shape)
            }
            (None, Some(spec)) => {
                let source = context.load_labelled("--source", spec)?;
                sets.insert(0, ("--source", source.name(), source.sample_shape()));
                let shape = data::common_shape(&sets, size)?;
                let source = data::fit(source, &shape)?;
                (Start::Data { source, latest: RefCell::default() }, shape)
            }
            (None, None) => {
                let remedy =
                    "labelled data to start from; or --init FILE, a model; or --backbone FILE";
                return Err(UsageError::Missing { what: "--source", remedy }.into());
            }
            (Some(_), Some(_)) => {
                return Err(UsageError::Conflict("give `source` or `init`, not both").into());
            }
        };
        let kept = flags.pretrained.cache().is_some() && test.is_some();
        let fit = |data| if kept { data::fit_later(data, &shape) } else { data::fit(data, &shape) };
        let (target, test) = (fit(target)?, test.map(fit).transpose()?);
        if let (true, Start::Model(model, _)) = (backbone, &mut start) {
            // The file of a backbone knows no normalisation, and the settings do.
            let kind = shared.normalize.unwrap_or(base().normalize);
            if kind.is_measured() {
                target.ready()?;
            }
            model.normalizer = Normalizer::fit(kind, &target.without_labels());
        }
        Ok((start, target, test))
    }

    /// The classes of the source.
    pub(super) fn classes(&self) -> &[String] {
        match self {
            Start::Data { source, .. } => source.classes(),
            Start::Model(model, _) => &model.classes,
        }
    }

    /// The source's data, where there is any.
    pub(super) fn data(&self) -> Option<&Dataset> {
        match self {
            Start::Data { source, .. } => Some(source),
            Start::Model(..) => None,
        }
    }

    /// The network for so many classes: the file's, or the one that `given` names or that fits the
    /// source.
    pub(super) fn architecture(
        &self,
        given: Option<&str>,
        input: &[usize],
        classes: usize,
    ) -> anyhow::Result<Architecture> {
        match (self, given) {
            (Start::Model(_, architecture), Some(given)) if !is_named(architecture, given)? => {
                Err(InputError::Mismatch {
                    left: format!("--net {given}"),
                    left_is: "another architecture".into(),
                    right: "the file of --init".into(),
                    right_is: match &architecture.description {
                        None => architecture.name.clone(),
                        Some(_) => format!("{} as it was then", architecture.name),
                    },
                    remedy: "leave out --net".into(),
                }
                .into())
            }
            (Start::Model(_, architecture), _) => {
                Ok(Architecture { classes, ..architecture.clone() })
            }
            (Start::Data { .. }, Some(given)) => args::architecture(Some(given), input, classes),
            (Start::Data { source, .. }, None) => {
                let fits = Architecture::default_for(source.sample_shape(), source.classes().len());
                args::architecture(Some(&fits.name), input, classes)
            }
        }
    }

    /// The source model of a seed, trained if it has to be.
    pub(super) fn model(
        &self,
        setup: &Setup<'_>,
        seed: u64,
    ) -> Result<Model<DannNet>, TransferError> {
        let (source, latest) = match self {
            Start::Model(model, _) => return Ok((**model).clone()),
            Start::Data { source, latest } => (source, latest),
        };
        if let Some((_, model)) = latest.borrow().as_ref().filter(|(of, _)| *of == seed) {
            return Ok((**model).clone());
        }
        let classes = source.classes().len();
        let architecture = Architecture { classes, ..setup.architecture.clone() };
        let net = architecture.build(&mut Rng::seed(seed).fork("init"))?;
        let training = setup.flags.source_training(setup.shared, seed);
        let supervised = Supervised::new(net).training(setup.session.kept("source", training));
        let model = supervised.fit(source, &mut *setup.session.observer("source", seed))?;
        latest.replace(Some((seed, Box::new(model.clone()))));
        Ok(model)
    }

    /// The source model with a head for the target's classes: its own head if they are the source's,
    /// else a fresh last layer.
    pub(super) fn adapted(
        &self,
        source: Model<DannNet>,
        setup: &Setup<'_>,
        seed: u64,
    ) -> Result<Model<DannNet>, TransferError> {
        if source.classes == setup.target.classes() {
            return Ok(source);
        }
        let fresh = setup.net(seed)?;
        let mut net = fresh.clone();
        copy_matching(&source.net, &mut net);
        // With as many classes as before the last layer was copied too, for classes that are gone.
        if let Some(head) = last_layer(&fresh) {
            let values = fresh.state_dict();
            for (name, param) in net.named_params_mut() {
                if let Some(value) = values.get(&name).filter(|_| name.starts_with(&head)) {
                    param.value = value.clone();
                }
            }
        }
        Ok(Model { net, classes: setup.target.classes().to_vec(), ..source })
    }
}

/// Whether `given` names this network: by its name, or by a file that describes it as it is. One that
/// is gone is not needed: a model carries its description.
fn is_named(architecture: &Architecture, given: &str) -> Result<bool, TransferError> {
    let file = Path::new(given);
    match args::is_description(given) && file.exists() {
        true => Ok(architecture.description == Some(Description::read(file)?)),
        false => Ok(architecture.name == given),
    }
}

/// The names of the label predictor's last layer begin so.
pub(in crate::methods) fn last_layer(net: &DannNet) -> Option<String> {
    let params = net.named_params();
    let (name, _) = params.iter().rfind(|(name, _)| name.starts_with("label."))?;
    let layer = name.rfind('.')?;
    Some(name[..=layer].to_owned())
}
