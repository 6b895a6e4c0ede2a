//! Residual blocks of any layers.

use super::Backbone;
use crate::Layer;
use tensor_autograd::{Module, Param, Path, Var};

/// **Y = F(X) + S(X)**: what the layers make of the input, and beside it what the shortcut makes of
/// it, or itself. The names of both stand side by side, as in [`BasicBlock`](super::BasicBlock).
#[derive(Clone, Debug)]
pub struct Residual {
    /// F.
    pub layers: Backbone,
    /// S; without it the identity.
    pub shortcut: Option<Backbone>,
}

impl Module for Residual {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&str, &'a Param)) {
        self.layers.visit(path, f);
        if let Some(shortcut) = &self.shortcut {
            shortcut.visit(path, f);
        }
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&str, &'a mut Param)) {
        self.layers.visit_mut(path, f);
        if let Some(shortcut) = &mut self.shortcut {
            shortcut.visit_mut(path, f);
        }
    }
}

impl Layer for Residual {
    /// # Panics
    /// If the two sides have other shapes.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let beside = self.shortcut.as_ref().map_or(x, |shortcut| shortcut.forward(x));
        self.layers.forward(x) + beside
    }

    fn describe(&self) -> String {
        match &self.shortcut {
            None => format!("Residual({})", self.layers.describe()),
            Some(beside) => {
                format!("Residual({}, beside {})", self.layers.describe(), beside.describe())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::BasicBlock;
    use super::*;
    use crate::{BatchNorm2d, Conv2d, relu};
    use tensor_autograd::{Rng, Tensor, eval};

    #[test]
    fn a_basic_block_is_one_and_a_relu() {
        let rng = &mut Rng::seed(0);
        for (outputs, stride) in [(4, 1), (6, 2)] {
            let block = BasicBlock::new(4, outputs, stride, rng);
            let mut layers = Backbone::new();
            layers.push("conv1", block.conv1.clone());
            layers.push("bn1", block.bn1.clone());
            layers.push("relu", relu);
            layers.push("conv2", block.conv2.clone());
            layers.push("bn2", block.bn2.clone());
            let shortcut = block.downsample.clone().map(|mut both| {
                let norm = both.pop().expect("a convolution and a normalisation");
                let mut shortcut = Backbone::new();
                shortcut.push_boxed("downsample.0", both.pop().expect("a convolution"));
                shortcut.push_boxed("downsample.1", norm);
                shortcut
            });
            let residual = Residual { layers, shortcut };
            let x = Tensor::normal([2, 4, 6, 6], 0.0, 1.0, rng);
            let (y, want) = eval(|t| {
                let x = t.constant(&x);
                (residual.forward(x).relu().value(), block.forward(x).value())
            });
            assert_eq!(y, want);
            assert_eq!(residual.state_dict(), block.state_dict());
        }
    }

    #[test]
    fn gradients_reach_both_sides() {
        let rng = &mut Rng::seed(1);
        let (mut layers, mut shortcut) = (Backbone::new(), Backbone::new());
        layers.push("conv", Conv2d::new(2, 3, 3, rng).padding(1));
        shortcut.push("norm", BatchNorm2d::new(2));
        shortcut.push("beside", Conv2d::new(2, 3, 1, rng));
        crate::check::gradients(
            &Residual { layers, shortcut: Some(shortcut) },
            &[2, 2, 3, 3],
            -1.0..1.0,
        );
    }
}
