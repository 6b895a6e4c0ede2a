//! A small model, and gradients made to order.

use tensor_autograd::{Grads, Module, Param, Rng, Tensor, Var, grad, module};

pub(crate) struct Layer {
    pub(crate) weight: Param,
    pub(crate) bias: Param,
    pub(crate) running: Param,
}
module!(Layer: weight, bias, running);

/// Two layers with a buffer each.
pub(crate) struct Net {
    pub(crate) features: Vec<Layer>,
    pub(crate) head: Layer,
}
module!(Net: features, head);

impl Net {
    pub(crate) fn new(inputs: usize, outputs: usize) -> Self {
        let mut rng = Rng::seed(5);
        let mut layer = |n, m| Layer {
            weight: Param::weight(Tensor::normal([n, m], 0.0, 0.5, &mut rng)),
            bias: Param::weight(Tensor::normal([n], 0.0, 0.5, &mut rng)),
            running: Param::buffer(Tensor::zeros([n])),
        };
        Net { features: vec![layer(outputs, inputs)], head: layer(2, outputs) }
    }

    pub(crate) fn small() -> Self {
        Net::new(5, 4)
    }
}

/// The gradients `wanted(name, param)` of every trainable weight, and `step` proposed for every
/// buffer, by way of a tape.
pub(crate) fn grads_of(
    module: &impl Module,
    step: u64,
    mut wanted: impl FnMut(&str, &Param) -> Option<Tensor>,
) -> Grads {
    let params = module.named_params();
    let weights: Vec<(&Param, Tensor)> =
        params.iter().filter_map(|(name, p)| Some((*p, wanted(name, p)?))).collect();
    let (_, grads) = grad(&mut Rng::seed(0), |tape| {
        for (_, p) in &params {
            tape.propose(p, Tensor::full(p.shape(), step as tensor_autograd::Real));
        }
        let pulls = weights.into_iter().map(|(p, g)| {
            tape.record("pull", Tensor::scalar(0.0)).wrt(tape.param(p), move |_| g).var()
        });
        pulls.reduce(|a: Var<'_>, b| a + b).expect("a weight")
    });
    grads
}

/// Random gradients of every trainable weight, a pure function of the name and the step.
pub(crate) fn noise(module: &impl Module, step: u64) -> Grads {
    grads_of(module, step, |name, p| {
        let mut rng = Rng::seed(step).fork(name);
        p.trainable().then(|| Tensor::normal(p.shape(), 0.1, 1.0, &mut rng))
    })
}

/// The message with which `f` panics.
pub(crate) fn panic_text(f: impl FnOnce()) -> String {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f));
    *caught.expect_err("it did not panic").downcast::<String>().expect("a formatted message")
}

/// The tensors of `testdata/reference/NAME.txt`.
pub(crate) fn reference(name: &str) -> std::collections::BTreeMap<String, Tensor> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/reference");
    tensor_autograd::reference::load(&std::path::Path::new(folder).join(format!("{name}.txt")))
}
