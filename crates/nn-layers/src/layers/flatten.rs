//! Joining axes.

use crate::Layer;
use tensor_autograd::{Var, module};

/// Joins all axes from `from` on into one, by default all but the batch: `[n, c, h, w] → [n, c·h·w]`.
/// [`flatten`](crate::flatten) is the default as a function.
#[derive(Clone, Copy, Debug)]
pub struct Flatten {
    from: isize,
}
module!(Flatten);

impl Flatten {
    /// Joins the axes from 1 on.
    pub fn new() -> Self {
        Flatten::from_axis(1)
    }

    /// Joins the axes from `from` on; negative counts from the end.
    pub fn from_axis(from: isize) -> Self {
        Flatten { from }
    }
}

impl Default for Flatten {
    fn default() -> Self {
        Flatten::new()
    }
}

impl Layer for Flatten {
    /// # Panics
    /// If the input has no such axis.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        x.flatten(self.from)
    }

    fn describe(&self) -> String {
        match self.from {
            1 => "Flatten".to_owned(),
            from => format!("Flatten(from axis {from})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer_tests;

    layer_tests! {
        flatten: |_| Flatten::new(), [2, 3, 2];
        flatten_from_axis_2: |_| Flatten::from_axis(2), [2, 3, 2, 2];
    }
}
