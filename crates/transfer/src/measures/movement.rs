//! How far training has moved each layer.

use std::collections::BTreeMap;
use tensor_autograd::{Kind, Module};

/// **‖w - w₀‖ / ‖w₀‖** for each layer, over all of its weights together; buffers are not counted. A
/// layer is the part of a name before its last dot. Layers that the networks do not share by name
/// and shape, and those that were 0, have no such figure.
pub fn movement(before: &impl Module, after: &impl Module) -> BTreeMap<String, f64> {
    let values = before.state_dict();
    let mut sums: BTreeMap<String, Option<(f64, f64)>> = BTreeMap::new();
    for (name, param) in after.named_params().into_iter().filter(|(_, p)| p.kind == Kind::Weight) {
        let layer = name.rsplit_once('.').map_or(name.as_str(), |(layer, _)| layer).to_owned();
        let sum = sums.entry(layer).or_insert(Some((0.0, 0.0)));
        let was = values.get(&name).filter(|was| was.shape() == param.shape());
        *sum = sum.zip(was).map(|((moved, size), was)| {
            let pairs = param.value.as_slice().iter().zip(was.as_slice());
            let square = |x: f64| x * x;
            let moved_here: f64 = pairs.map(|(w, w0)| square(f64::from(w - w0))).sum();
            let size_here: f64 = was.as_slice().iter().map(|w0| square(f64::from(*w0))).sum();
            (moved + moved_here, size + size_here)
        });
    }
    let whole = sums.into_iter().filter_map(|(layer, sum)| Some((layer, sum?)));
    whole.filter(|(_, (_, size))| *size > 0.0).map(|(l, (m, s))| (l, (m / s).sqrt())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn_layers::models::dann_shallow;
    use tensor_autograd::{Real, Rng};

    #[test]
    fn it_is_the_norm_of_the_difference_by_the_norm_before() {
        let before = dann_shallow(2, 15, 2, &mut Rng::seed(0));
        let mut after = before.clone();
        for (name, param) in after.named_params_mut() {
            if name == "features.0.weight" {
                param.value.make_mut().iter_mut().for_each(|w| *w *= 1.25);
            }
        }
        let moved = movement(&before, &after);
        assert!((moved["features.0"] - 0.25).abs() < 1e-6, "{moved:?}");
        assert_eq!(moved["label.0"], 0.0);
        assert!(!moved.contains_key("domain.0"), "it was 0");
        // A bias counts with its weight.
        let scale = |x: &mut Vec<(String, &mut tensor_autograd::Param)>, by: [Real; 2]| {
            for (name, p) in x.iter_mut().filter(|(name, _)| name.starts_with("label.0.")) {
                let value = by[usize::from(name.ends_with("bias"))];
                p.value.make_mut().fill(value);
            }
        };
        let (mut a, mut b) = (before.clone(), before.clone());
        scale(&mut a.named_params_mut(), [1.0, 1.0]);
        scale(&mut b.named_params_mut(), [1.0, 2.0]);
        // 30 weights and 2 biases of 1; the biases moved by 1 each.
        assert!((movement(&a, &b)["label.0"] - (2.0_f64 / 32.0).sqrt()).abs() < 1e-6);
        // Another shape is another layer.
        let wide = dann_shallow(2, 15, 3, &mut Rng::seed(0));
        assert!(!movement(&before, &wide).contains_key("label.0"));
    }
}
