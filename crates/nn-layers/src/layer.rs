//! What a layer is: a tree of parameters with a forward pass.

use crate::summary::Row;
use tensor_autograd::{Module, Path, Var};

/// A function of one variable with parameters of its own.
///
/// A layer is plain data: `Send`, `Sync` and `Clone`, also behind `Box<dyn Layer>`. The forward
/// pass reads it and never writes to it; what a pass wants to keep (running statistics) it proposes
/// to the tape, and the optimiser's step stores it.
///
/// A plain `fn(Var) -> Var` is a layer without parameters, so [`relu`](crate::relu) stands beside a
/// [`Linear`](crate::Linear) in [`seq!`](crate::seq!). A closure goes through [`layer_fn`].
///
/// ```
/// use nn_layers::{Layer, Linear};
/// use tensor_autograd::{Rng, Var, module};
///
/// /// y = x + W·x + b
/// #[derive(Clone)]
/// struct Residual {
///     inner: Linear,
/// }
/// module!(Residual: inner);
///
/// impl Layer for Residual {
///     fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
///         x + self.inner.forward(x)
///     }
///     fn describe(&self) -> String {
///         format!("Residual({})", self.inner.describe())
///     }
/// }
///
/// let boxed: Box<dyn Layer> = Box::new(Residual { inner: Linear::new(4, 4, &mut Rng::seed(0)) });
/// assert_eq!(boxed.clone().num_parameters(), 20);
/// ```
pub trait Layer: Module + CloneLayer + Send + Sync + 'static {
    /// The layer's value at `x`, on the tape of `x`.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t>;

    /// Type and sizes in one line, as `Linear(784 -> 256)`; the heading of its errors and its line
    /// in a [`summary`](crate::summary()).
    fn describe(&self) -> String;

    /// Runs the layer and adds its line to a summary. A layer that is a chain of layers forwards to
    /// each of them instead, under its name, so that the summary shows what is inside.
    fn trace<'t>(&self, path: &mut Path, x: Var<'t>, rows: &mut Vec<Row>) -> Var<'t> {
        let y = self.forward(x);
        rows.push(Row::new(path.as_str(), self.describe(), y.shape(), &self.named_params()));
        y
    }
}

/// Cloning behind `Box<dyn Layer>`. Every layer that is `Clone` has it.
pub trait CloneLayer {
    /// A copy with parameters of its own.
    fn clone_box(&self) -> Box<dyn Layer>;
}

impl<L: Layer + Clone> CloneLayer for L {
    fn clone_box(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Layer> {
    fn clone(&self) -> Self {
        // Of the layer: the box itself is no layer, so this cannot call itself.
        (**self).clone_box()
    }
}

impl<F> Layer for F
where
    F: for<'t> Fn(Var<'t>) -> Var<'t> + Clone + Send + Sync + 'static,
{
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self(x)
    }

    /// The function's name.
    fn describe(&self) -> String {
        let path = std::any::type_name::<F>();
        match path.rsplit("::").next() {
            Some(name) if !name.contains(['{', '<', '(']) => name.to_owned(),
            _ => "function".to_owned(),
        }
    }
}

/// Makes a closure a layer: `seq![linear, layer_fn(|x| x * 2.0)]`. It does nothing but tell the
/// compiler that the closure takes a variable of any tape.
pub fn layer_fn<F>(f: F) -> F
where
    F: for<'t> Fn(Var<'t>) -> Var<'t> + Clone + Send + Sync + 'static,
{
    f
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::{Tensor, eval};

    fn double(x: Var<'_>) -> Var<'_> {
        x * 2.0
    }

    #[test]
    fn functions_and_closures_are_layers_with_names() {
        let scale = 3.0;
        let layers: [Box<dyn Layer>; 2] =
            [Box::new(double), Box::new(layer_fn(move |x| x * scale))];
        let y = eval(|t| {
            let x = t.constant(Tensor::ones([1]));
            layers.clone().iter().fold(x, |x, layer| layer.forward(x)).value().item()
        });
        assert_eq!(y, 6.0);
        assert_eq!(layers[0].describe(), "double");
        assert_eq!(layers[1].describe(), "function");
        assert_eq!(layers[0].num_parameters(), 0);
    }
}
