//! A table of a model's layers.

use crate::Layer;
use std::fmt;
use tensor_autograd::{Kind, Param, Path, Shape, Tensor, eval};

/// One layer of a [`Summary`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// Where the layer stands in the model, as in the names of its parameters; empty for the model
    /// itself.
    pub path: String,
    /// [`Layer::describe`].
    pub layer: String,
    /// Shape of its value.
    pub output: Shape,
    /// Numbers in its weights; buffers are not counted.
    pub parameters: usize,
    /// Those of them that are not frozen.
    pub trainable: usize,
}

impl Row {
    /// The line of a layer with these parameters.
    pub fn new(path: &str, layer: String, output: Shape, params: &[(String, &Param)]) -> Self {
        let count = |keep: fn(&Param) -> bool| {
            params.iter().filter(|(_, p)| keep(p)).map(|(_, p)| p.value.len()).sum()
        };
        Row {
            path: path.to_owned(),
            layer,
            output,
            parameters: count(|p| p.kind == Kind::Weight),
            trainable: count(Param::trainable),
        }
    }
}

/// What [`summary`] found; `Display` gives the table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Shape of the input it was run with.
    pub input: Shape,
    /// The layers in the order in which they ran.
    pub rows: Vec<Row>,
}

impl Summary {
    /// Numbers in all weights of the layers that ran.
    pub fn parameters(&self) -> usize {
        self.rows.iter().map(|row| row.parameters).sum()
    }

    /// Those of them that are not frozen.
    pub fn trainable(&self) -> usize {
        self.rows.iter().map(|row| row.trainable).sum()
    }
}

/// Runs the model on zeros of shape `input` (with the batch axis) without training and lists its
/// layers: path, description, output shape, parameters, trainable ones. Chains are opened.
///
/// ```
/// use nn_layers::{models, summary};
/// use tensor_autograd::Rng;
///
/// let table = summary(&models::mlp(&[784, 256, 10], &mut Rng::seed(0)), [1, 784]);
/// assert_eq!(table.parameters(), 784 * 256 + 256 + 256 * 10 + 10);
/// println!("{table}");
/// ```
///
/// # Panics
/// If the input does not fit the model.
#[track_caller]
pub fn summary(model: &dyn Layer, input: impl Into<Shape>) -> Summary {
    let input = input.into();
    let mut rows = Vec::new();
    eval(|tape| {
        model.trace(&mut Path::default(), tape.constant(Tensor::zeros(input)), &mut rows);
    });
    Summary { input, rows }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = ["path", "layer", "output", "parameters", "trainable"].map(str::to_owned);
        let line = |[path, layer, output]: [String; 3], parameters: usize, trainable: usize| {
            [path, layer, output, grouped(parameters), grouped(trainable)]
        };
        let mut lines = vec![header];
        lines.push(line([String::new(), "input".to_owned(), self.input.to_string()], 0, 0));
        lines.extend(self.rows.iter().map(|row| {
            let text = [row.path.clone(), row.layer.clone(), row.output.to_string()];
            line(text, row.parameters, row.trainable)
        }));
        let total = [String::new(), "total".to_owned(), String::new()];
        lines.push(line(total, self.parameters(), self.trainable()));

        let width = |column: usize| lines.iter().map(|l| l[column].chars().count()).max();
        let widths: [usize; 5] = std::array::from_fn(|column| width(column).unwrap_or(0));
        let rule = "-".repeat(widths.iter().sum::<usize>() + 2 * (widths.len() - 1));
        for (i, [path, layer, output, parameters, trainable]) in lines.iter().enumerate() {
            if i == 1 || i + 1 == lines.len() {
                writeln!(f, "{rule}")?;
            }
            let [a, b, c, d, e] = widths;
            writeln!(f, "{path:a$}  {layer:b$}  {output:c$}  {parameters:>d$}  {trainable:>e$}")?;
        }
        Ok(())
    }
}

/// `1234567` as `1 234 567`.
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Linear, seq, tanh};
    use tensor_autograd::{Module, Rng};

    #[test]
    fn chains_are_opened_and_frozen_weights_counted() {
        let rng = &mut Rng::seed(0);
        let mut net = seq![Linear::new(3, 40, rng), tanh, seq![Linear::new(40, 100, rng)]];
        net.freeze("0.*");
        let table = summary(&net, [7, 3]);
        let want = "\
path  layer              output    parameters  trainable
--------------------------------------------------------
      input              [7, 3]             0          0
0     Linear(3 -> 40)    [7, 40]          160          0
1     tanh               [7, 40]            0          0
2.0   Linear(40 -> 100)  [7, 100]       4 100      4 100
--------------------------------------------------------
      total                             4 260      4 100
";
        assert_eq!(table.to_string(), want);
        assert_eq!(table.parameters(), net.num_parameters());
    }
}
