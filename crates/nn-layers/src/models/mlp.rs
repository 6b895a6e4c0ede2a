//! The multi-layer perceptron.

use crate::{Linear, Sequential, relu};
use tensor_autograd::Rng;

/// Linear layers between these widths, with ReLU in between and none after the last:
/// `mlp(&[784, 256, 10], rng)` has one hidden layer and gives 10 logits.
///
/// # Panics
/// With fewer than two widths.
#[track_caller]
pub fn mlp(widths: &[usize], rng: &mut Rng) -> Sequential {
    assert!(
        widths.len() >= 2,
        "mlp: expected at least an input and an output width, got {widths:?}"
    );
    let mut net = Sequential::new();
    for (i, pair) in widths.windows(2).enumerate() {
        if i > 0 {
            net.push(relu);
        }
        net.push(Linear::new(pair[0], pair[1], rng));
    }
    net
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Layer;
    use tensor_autograd::Module;

    #[test]
    fn widths_become_layers() {
        let net = mlp(&[4, 8, 8, 3], &mut Rng::seed(0));
        let want = "Sequential(Linear(4 -> 8), relu, Linear(8 -> 8), relu, Linear(8 -> 3))";
        assert_eq!(net.describe(), want);
        assert_eq!(net.num_parameters(), 5 * 8 + 9 * 8 + 9 * 3);
    }

    #[test]
    #[should_panic(expected = "got [4]")]
    fn one_width_is_no_net() {
        mlp(&[4], &mut Rng::seed(0));
    }
}
