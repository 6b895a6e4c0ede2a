//! LeNet-5.

use crate::{AvgPool2d, Conv2d, Linear, Sequential, flatten, seq, tanh};
use tensor_autograd::Rng;

/// LeNet-5 (LeCun et al., *Gradient-based learning applied to document recognition*, 1998) on grey
/// images `[n, 1, 28, 28]`, which the first convolution pads to 32 × 32.
///
/// Where it differs from the paper, as usual today: every map of the second convolution sees every
/// map before it, pooling has no weights of its own, and the output is logits instead of distances to
/// drawn prototypes. 61 706 parameters for 10 classes.
pub fn lenet5(classes: usize, rng: &mut Rng) -> Sequential {
    seq![
        Conv2d::new(1, 6, 5, rng).padding(2),
        tanh,
        AvgPool2d::new(2),
        Conv2d::new(6, 16, 5, rng),
        tanh,
        AvgPool2d::new(2),
        flatten,
        Linear::new(16 * 5 * 5, 120, rng),
        tanh,
        Linear::new(120, 84, rng),
        tanh,
        Linear::new(84, classes, rng),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary;

    #[test]
    fn sizes_are_the_papers() {
        let table = summary(&lenet5(10, &mut Rng::seed(0)), [2, 1, 28, 28]);
        assert_eq!(table.parameters(), 61_706);
        assert_eq!(*table.rows[5].output, [2, 16, 5, 5]);
        assert_eq!(*table.rows.last().unwrap().output, [2, 10]);
    }
}
