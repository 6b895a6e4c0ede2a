//! A pretrained network to start from, and where its features are kept.

use super::Shared;
use crate::args;
use crate::error::UsageError;
use clap::Args;
use nn_layers::KeyMap;
use nn_layers::models::DannNet;
use serde::{Deserialize, Serialize};
use std::env;
use std::path::{Path, PathBuf};
use transfer::{Architecture, Description, Model, Normalize, TransferError};

/// The settings of the methods that can start from a pretrained network.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[group(skip)] // no group of arguments of its own
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Pretrained {
    /// Pretrained weights with torchvision's names, or those of a description; --arch says of which
    /// network. Pictures are then normalised as ImageNet's or as the description says, unless
    /// --normalize says otherwise
    #[arg(long, value_name = "FILE.safetensors", help_heading = "Backbone")]
    backbone: Option<String>,
    /// The network of --backbone: resnet18, resnet34, resnet50, mobilenet_v2, vgg11_bn, or FILE.toml
    /// that describes it, layer by layer (docs/backbones.md)
    #[arg(long, value_name = "NAME", help_heading = "Backbone")]
    arch: Option<String>,
    /// Lines `from = to` that give the tensors of --backbone the names of its network; `*` stands for any
    /// text
    #[arg(long, value_name = "FILE", help_heading = "Backbone")]
    key_map: Option<String>,
    /// Keep the features of frozen layers in this folder for the next run, or `none`; default with
    /// --backbone: transfer/features in the user's folder for caches
    #[arg(long, value_name = "DIR", help_heading = "Backbone")]
    cache: Option<String>,
}

impl Pretrained {
    /// Whether a backbone is given, with all that it needs and nothing that contradicts it.
    pub(crate) fn given(&self, shared: &Shared) -> Result<bool, UsageError> {
        match (&self.backbone, &self.arch) {
            (None, None) if self.key_map.is_some() => {
                let remedy = "the file whose tensors --key-map gives other names";
                Err(UsageError::Missing { what: "--backbone", remedy })
            }
            (None, None) => Ok(false),
            (None, Some(_)) => {
                let remedy = "the file of the network that --arch names";
                Err(UsageError::Missing { what: "--backbone", remedy })
            }
            (Some(_), None) => {
                let remedy = "the network that the file of --backbone holds, as resnet18";
                Err(UsageError::Missing { what: "--arch", remedy })
            }
            (Some(_), arch) if shared.net.is_some() && shared.net != *arch => Err(
                UsageError::Conflict("with --backbone, --arch names the network; leave out --net"),
            ),
            (Some(_), Some(_)) => Ok(true),
        }
    }

    /// The network's name: that of the backbone where there is one.
    pub(crate) fn net<'a>(&'a self, shared: &'a Shared) -> Option<&'a str> {
        self.arch.as_deref().or(shared.net.as_deref())
    }

    /// The description of the network, if --arch names one.
    ///
    /// # Errors
    /// If the file cannot be read, or describes no network.
    fn description(&self) -> Result<Option<Description>, TransferError> {
        let file = self.arch.as_deref().filter(|arch| args::is_description(arch));
        file.map(|file| Description::read(Path::new(file))).transpose()
    }

    /// The shared settings, with the normalisation that a backbone expects if none is given.
    ///
    /// # Errors
    /// If the description cannot be read; if pictures would be normalised twice.
    pub(crate) fn prepared(&self, shared: Shared) -> anyhow::Result<Shared> {
        let expected = match (&self.backbone, self.description()?) {
            (None, _) => None,
            (Some(_), Some(description)) => description.normalize(),
            (Some(_), None) => Some(Normalize::ImageNet),
        };
        let shared = Shared { normalize: shared.normalize.or(expected), ..shared };
        shared.normalized_once()?;
        Ok(shared)
    }

    /// The shape that samples of this one are brought to: grey pictures become colour where the
    /// backbone takes that.
    pub(crate) fn shape(&self, mut shape: Vec<usize>) -> Result<Vec<usize>, TransferError> {
        if let ([channels @ 1, _, _], Some(_)) = (&mut shape[..], &self.backbone) {
            *channels = match self.description()? {
                Some(description) if description.input()[0] != 3 => 1,
                _ => 3,
            };
        }
        Ok(shape)
    }

    /// The backbone, for samples of this shape.
    ///
    /// # Errors
    /// If a file cannot be read, or does not hold the network that was named.
    pub(crate) fn load(
        &self,
        shape: &[usize],
    ) -> Result<Option<(Model<DannNet>, Architecture)>, TransferError> {
        let (Some(file), Some(arch)) = (&self.backbone, &self.arch) else { return Ok(None) };
        let keys = self.key_map.as_ref().map(KeyMap::load).transpose()?;
        let loaded = match self.description()? {
            None => Model::pretrained(Path::new(file), arch, shape, keys.as_ref()),
            description @ Some(_) => {
                let architecture = Architecture::named(arch, shape, 1);
                let architecture = Architecture { description, ..architecture };
                Model::pretrained_as(Path::new(file), architecture, keys.as_ref())
            }
        };
        loaded.map(Some)
    }

    /// Where features are kept, if anywhere.
    pub(crate) fn cache(&self) -> Option<PathBuf> {
        match self.cache.as_deref() {
            Some("none") => None,
            Some(folder) => Some(folder.into()),
            None if self.backbone.is_none() => None,
            None => {
                let of = |name| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
                let home = || of("HOME").map(|home| home.join(".cache"));
                Some(of("XDG_CACHE_HOME").or_else(home)?.join("transfer").join("features"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(backbone: Option<&str>, arch: Option<&str>) -> Pretrained {
        let own = |s: Option<&str>| s.map(str::to_owned);
        Pretrained { backbone: own(backbone), arch: own(arch), ..Pretrained::default() }
    }

    #[test]
    fn a_backbone_and_its_network_come_together() {
        let shared = Shared::default();
        let text = |p: &Pretrained, s| p.given(s).map_err(|e| e.to_string());
        assert_eq!(text(&of(None, None), &shared), Ok(false));
        assert_eq!(text(&of(Some("f"), Some("resnet18")), &shared), Ok(true));
        assert!(text(&of(Some("f"), None), &shared).unwrap_err().contains("--arch"));
        assert!(text(&of(None, Some("resnet18")), &shared).unwrap_err().contains("--backbone"));
        let net = Shared { net: Some("mlp".into()), ..Shared::default() };
        let error = text(&of(Some("f"), Some("resnet18")), &net).unwrap_err();
        assert!(error.contains("leave out --net"), "{error}");
        let keys = Pretrained { key_map: Some("m".into()), ..Pretrained::default() };
        assert!(text(&keys, &shared).unwrap_err().contains("--key-map"));
    }

    #[test]
    fn pictures_become_what_a_backbone_takes() {
        let with = of(Some("f"), Some("resnet18"));
        assert_eq!(with.shape(vec![1, 32, 40]).unwrap(), [3, 32, 40]);
        assert_eq!(of(None, None).shape(vec![1, 32, 40]).unwrap(), [1, 32, 40]);
        let prepared = with.prepared(Shared::default()).unwrap();
        assert_eq!(prepared.normalize, Some(Normalize::ImageNet));
        let own = Shared { normalize: Some(Normalize::None), ..Shared::default() };
        assert_eq!(with.prepared(own).unwrap().normalize, Some(Normalize::None));
        assert_eq!(of(None, None).prepared(Shared::default()).unwrap().normalize, None);
        let target = Some("images:pets?normalize=imagenet".to_owned());
        let twice = Shared { target, ..Shared::default() };
        let error = with.prepared(twice.clone()).unwrap_err().to_string();
        assert!(error.contains("leave that out of the spec"), "{error}");
        let once = Shared { normalize: Some(Normalize::None), ..twice };
        assert!(with.prepared(once).is_ok());
        assert_eq!(Pretrained { cache: Some("none".into()), ..with }.cache(), None);
        assert_eq!(of(None, None).cache(), None);
    }
}
