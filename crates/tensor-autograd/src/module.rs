//! Anything that has parameters, and the names they go by.

use crate::{Kind, Param, Pattern, Tensor, Var};
use std::collections::BTreeMap;

/// A dotted name under construction, handed down during a visit.
#[derive(Default)]
pub struct Path(String);

impl Path {
    /// Calls `f` with this path extended by `name`.
    pub fn enter<R>(&mut self, name: &str, f: impl FnOnce(&mut Path) -> R) -> R {
        let len = self.0.len();
        if len > 0 {
            self.0.push('.');
        }
        self.0.push_str(name);
        let result = f(self);
        self.0.truncate(len);
        result
    }

    /// The name so far.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a reading visit calls with each name and parameter.
pub type Visitor<'f, 'a> = &'f mut dyn FnMut(&str, &'a Param);
/// What a writing visit calls with each name and parameter.
pub type VisitorMut<'f, 'a> = &'f mut dyn FnMut(&str, &'a mut Param);

/// A tree of parameters. A struct names its children once, with [`module!`](crate::module!), and
/// the names come out as PyTorch's: `features.0.weight`.
pub trait Module {
    /// Calls `f` with every parameter and its name, in a fixed order.
    fn visit<'a>(&'a self, path: &mut Path, f: Visitor<'_, 'a>);

    /// As [`visit`](Module::visit), with write access.
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: VisitorMut<'_, 'a>);

    /// Every parameter and its name.
    fn named_params(&self) -> Vec<(String, &Param)> {
        let mut all = Vec::new();
        self.visit(&mut Path::default(), &mut |name, p| all.push((name.to_owned(), p)));
        all
    }

    /// Every parameter and its name, for writing.
    fn named_params_mut(&mut self) -> Vec<(String, &mut Param)> {
        let mut all = Vec::new();
        self.visit_mut(&mut Path::default(), &mut |name, p| all.push((name.to_owned(), p)));
        all
    }

    /// Every value by name.
    fn state_dict(&self) -> BTreeMap<String, Tensor> {
        self.named_params().into_iter().map(|(name, p)| (name, p.value.clone())).collect()
    }

    /// Numbers in all weights; buffers are not counted.
    fn num_parameters(&self) -> usize {
        let weights = self.named_params().into_iter().filter(|(_, p)| p.kind == Kind::Weight);
        weights.map(|(_, p)| p.value.len()).sum()
    }

    /// Freezes what the pattern names, buffers included; returns how many parameters it named.
    fn freeze(&mut self, pattern: &str) -> usize {
        set_frozen(self.named_params_mut(), pattern, true)
    }

    /// Makes what the pattern names trainable again; returns how many parameters it named.
    fn unfreeze(&mut self, pattern: &str) -> usize {
        set_frozen(self.named_params_mut(), pattern, false)
    }
}

fn set_frozen(params: Vec<(String, &mut Param)>, pattern: &str, frozen: bool) -> usize {
    let pattern = Pattern::new(pattern);
    let mut named = 0;
    for (_, p) in params.into_iter().filter(|(name, _)| pattern.matches(name)) {
        p.frozen = frozen;
        named += 1;
    }
    named
}

impl Module for Param {
    fn visit<'a>(&'a self, path: &mut Path, f: Visitor<'_, 'a>) {
        f(path.as_str(), self);
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: VisitorMut<'_, 'a>) {
        f(path.as_str(), self);
    }
}

impl<M: Module> Module for Option<M> {
    fn visit<'a>(&'a self, path: &mut Path, f: Visitor<'_, 'a>) {
        if let Some(module) = self {
            module.visit(path, f);
        }
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: VisitorMut<'_, 'a>) {
        if let Some(module) = self {
            module.visit_mut(path, f);
        }
    }
}

/// Children are named by their index.
impl<M: Module> Module for Vec<M> {
    fn visit<'a>(&'a self, path: &mut Path, f: Visitor<'_, 'a>) {
        for (i, module) in self.iter().enumerate() {
            path.enter(&i.to_string(), |path| module.visit(path, f));
        }
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: VisitorMut<'_, 'a>) {
        for (i, module) in self.iter_mut().enumerate() {
            path.enter(&i.to_string(), |path| module.visit_mut(path, f));
        }
    }
}

/// A plain function is a module without parameters.
impl<F: for<'t> Fn(Var<'t>) -> Var<'t>> Module for F {
    fn visit<'a>(&'a self, _: &mut Path, _: Visitor<'_, 'a>) {}
    fn visit_mut<'a>(&'a mut self, _: &mut Path, _: VisitorMut<'_, 'a>) {}
}

/// Implements [`Module`](crate::Module) for a struct by naming the fields that hold parameters:
/// `module!(Dann: features, label, domain);`, or `module!(Pool);` for one without any.
#[macro_export]
macro_rules! module {
    ($name:ty $(: $($field:ident),+ $(,)?)?) => {
        impl $crate::Module for $name {
            fn visit<'a>(
                &'a self,
                path: &mut $crate::Path,
                f: &mut dyn FnMut(&str, &'a $crate::Param),
            ) {
                $($(path.enter(stringify!($field), |path| {
                    $crate::Module::visit(&self.$field, path, f)
                });)+)?
                let _ = (path, f);
            }
            fn visit_mut<'a>(
                &'a mut self,
                path: &mut $crate::Path,
                f: &mut dyn FnMut(&str, &'a mut $crate::Param),
            ) {
                $($(path.enter(stringify!($field), |path| {
                    $crate::Module::visit_mut(&mut self.$field, path, f)
                });)+)?
                let _ = (path, f);
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone)]
    struct Layer {
        weight: Param,
        bias: Option<Param>,
    }
    module!(Layer: weight, bias);

    struct Net {
        features: Vec<Layer>,
        head: Layer,
    }
    module!(Net: features, head);

    fn net() -> Net {
        let layer = Layer {
            weight: Param::weight(Tensor::zeros([2, 3])),
            bias: Some(Param::weight(Tensor::zeros([2]))),
        };
        let bare = Layer { bias: None, ..layer.clone() };
        Net { features: vec![layer.clone(), bare], head: layer }
    }

    #[test]
    fn names_are_the_dotted_paths() {
        let net = net();
        let names: Vec<String> = net.named_params().into_iter().map(|(n, _)| n).collect();
        let want = [
            "features.0.weight",
            "features.0.bias",
            "features.1.weight",
            "head.weight",
            "head.bias",
        ];
        assert_eq!(names, want);
        assert_eq!(net.num_parameters(), 3 * 6 + 2 * 2);
    }

    #[test]
    fn a_pattern_freezes_what_it_names() {
        let mut net = net();
        assert_eq!(net.freeze("features.*"), 3);
        assert_eq!(net.unfreeze("*.0.bias"), 1);
        let frozen: Vec<bool> = net.named_params().into_iter().map(|(_, p)| p.frozen).collect();
        assert_eq!(frozen, [true, false, true, false, false]);
        assert_eq!(net.freeze("no.such.*"), 0);
    }
}
