//! Nothing.

use crate::Layer;
use tensor_autograd::{Var, module};

/// **Y = X**: a place to be filled later, or where a layer was.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity;
module!(Identity);

impl Layer for Identity {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        x
    }

    fn describe(&self) -> String {
        "Identity".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer_tests;

    layer_tests! { identity: |_| Identity, [2, 3]; }
}
