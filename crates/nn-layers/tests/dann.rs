//! The three-part net: gradients of the whole through both heads.

use nn_layers::models::DannNet;
use nn_layers::{Layer, LoadMode, StateDict, load, load_into, models};
use tensor_autograd::{Module, Rng, Tensor, eval, grad};

fn shallow() -> DannNet {
    let mut net = models::dann_shallow(2, 5, 2, &mut Rng::seed(0));
    // The domain weights start at 0, where no gradient would reach the features.
    let weights = Tensor::uniform([1, 5], -1.0..1.0, &mut Rng::seed(1));
    net.domain.named_params_mut()[0].1.value = weights;
    net
}

#[test]
fn both_heads_have_the_right_gradients() {
    nn_layers::check::gradients(&shallow().features, &[3, 2], -1.0..1.0);
    nn_layers::check::gradients(&shallow().label, &[3, 5], -1.0..1.0);
    nn_layers::check::gradients(&shallow().domain, &[3, 5], -1.0..1.0);
}

#[test]
fn the_domain_loss_reaches_the_features_reversed() {
    let net = shallow();
    let x = Tensor::uniform([4, 2], -1.0..1.0, &mut Rng::seed(2));
    let gradient = |lambda: Option<tensor_autograd::Real>| {
        let (_, grads) = grad(&mut Rng::seed(0), |t| {
            let features = net.features.forward(t.constant(x.clone()));
            let features = lambda.map_or(features, |lambda| features.gradient_reversal(lambda));
            net.domain.forward(features).sum(..)
        });
        let part = |part: &dyn Layer| grads.get(part.named_params()[0].1).unwrap().clone();
        (part(&net.features), part(&net.domain))
    };
    let (plain, reversed) = (gradient(None), gradient(Some(0.5)));
    assert_eq!(reversed.0, plain.0.map(|g| -0.5 * g));
    assert_eq!(reversed.1, plain.1);
}

#[test]
fn a_saved_net_predicts_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dann.safetensors");
    let net = models::dann_mnist([3, 28, 28], 10, &mut Rng::seed(0));
    StateDict::of(&net).with_metadata("net", "dann_mnist").save(&path).unwrap();
    let mut copy = models::dann_mnist([3, 28, 28], 10, &mut Rng::seed(1));
    load_into(&mut copy, &load(&path).unwrap(), LoadMode::Strict).unwrap();
    let x = Tensor::uniform([2, 3, 28, 28], 0.0..1.0, &mut Rng::seed(2));
    let logits = |net: &DannNet| eval(|t| net.forward(t.constant(x.clone())).value());
    assert_eq!(logits(&copy), logits(&net));
}
