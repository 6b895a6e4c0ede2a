//! A source model under a head for other classes.

use crate::common::{bits_of, quiet, shallow, small_conv, two_moons};
use crate::estimators::source_model;
use datasets::Dataset;
use nn_layers::models::dann_shallow;
use tensor_autograd::{Module, Rng};
use transfer::{FineTune, LayerTransfer, Model, Supervised, copy_matching};

#[test]
fn the_trunk_is_copied_and_a_head_of_another_size_is_not() {
    let source = shallow(0);
    let mut net = dann_shallow(2, 15, 3, &mut Rng::seed(1));
    let fresh = net.state_dict();
    assert_eq!(copy_matching(&source, &mut net), ["label.0.weight", "label.0.bias"]);
    assert_eq!(bits_of(&net, "features.*, domain.*"), bits_of(&source, "features.*, domain.*"));
    assert_eq!(net.state_dict()["label.0.weight"], fresh["label.0.weight"]);

    // It learns the three classes, and the source, which shares memory with it, keeps its values.
    let (before, moons) = (bits_of(&source, "*"), two_moons(60, 0).0);
    let third = |(i, &label): (usize, &usize)| if i % 3 == 0 { 2 } else { label };
    let labels = moons.labels().unwrap().iter().enumerate().map(third).collect();
    let classes = ["upper", "lower", "any"].map(String::from).to_vec();
    let data = Dataset::new("three", moons.inputs().to_owned(), Some(labels), classes).unwrap();
    let start = Model { net, classes: data.classes().to_vec(), ..source_model(shallow(0)) };
    let tuned = FineTune::new(start).epochs(2).fit(&data, &mut quiet()).unwrap();
    assert_eq!(tuned.classes.len(), 3);
    assert_ne!(bits_of(&tuned.net, "label.*"), bits_of(&source, "label.*"));
    assert_eq!(bits_of(&source, "*"), before);
}

#[test]
fn pictures_that_changed_before_they_were_measured_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join("p");
    datasets::write_images(&datasets::synthetic::digits(20, 0), &pictures).unwrap();
    let spec = format!("images:{}?channels=1", pictures.display()).parse().unwrap();
    let target = datasets::load_later(&spec).unwrap();
    target.identity().unwrap();
    std::fs::copy(pictures.join("7/0001.png"), pictures.join("3/0001.png")).unwrap();
    let source = Supervised::new(small_conv(0)).epochs(1);
    let source = source.fit(&datasets::synthetic::digits(20, 1), &mut quiet()).unwrap();
    let tuning = FineTune::new(source);
    let error = LayerTransfer::new(tuning, small_conv(1)).fit(&target, &mut quiet()).unwrap_err();
    assert!(error.to_string().contains("0001.png"), "{error}");
}
