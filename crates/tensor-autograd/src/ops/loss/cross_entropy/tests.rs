use super::*;
use crate::{Param, Rng, Tape, eval, gradcheck, kernels::parallel::with_num_threads, reference};

const CLASSES: [usize; 4] = [2, 0, 3, 0];

fn weight() -> Option<Tensor> {
    Some(Tensor::new([5], vec![0.5, 1.0, 2.0, 0.25, 1.5]))
}

fn with(edit: impl FnOnce(&mut CrossEntropy)) -> CrossEntropy {
    let mut options = CrossEntropy::default();
    edit(&mut options);
    options
}

gradcheck!(cross_entropy: |x| x.cross_entropy(&CLASSES); x [4, 5] in -2.0..2.0);
gradcheck!(cross_entropy_scaled: |x| x.cross_entropy(&CLASSES) * 3.0; x [4, 5] in -2.0..2.0);
gradcheck!(cross_entropy_vector: |x| x.cross_entropy(&[1]); x [9] in -2.0..2.0);
gradcheck!(cross_entropy_spatial: |x| x.cross_entropy(&[0, 1, 2, 2, 1, 0, 1, 1]); x [2, 3, 2, 2] in -2.0..2.0);
gradcheck!(cross_entropy_sum: |x| {
    let options = with(|o| o.reduction = Reduction::Sum);
    x.cross_entropy_with(Targets::Classes(&CLASSES), options)
}; x [4, 5] in -2.0..2.0);
gradcheck!(cross_entropy_none: |x| {
    let options = with(|o| (o.weight, o.reduction) = (weight(), Reduction::None));
    x.cross_entropy_with(Targets::Classes(&CLASSES), options)
}; x [4, 5] in -2.0..2.0);
gradcheck!(cross_entropy_none_spatial: |x| {
    let options = with(|o| o.reduction = Reduction::None);
    x.cross_entropy_with(Targets::Classes(&[0, 1, 2, 2, 1, 0]), options)
}; x [2, 3, 3] in -2.0..2.0);
gradcheck!(cross_entropy_weighted: |x| {
    x.cross_entropy_with(Targets::Classes(&CLASSES), with(|o| o.weight = weight()))
}; x [4, 5] in -2.0..2.0);
gradcheck!(cross_entropy_smoothing: |x| {
    x.cross_entropy_with(Targets::Classes(&CLASSES), with(|o| o.label_smoothing = 0.25))
}; x [4, 5] in -2.0..2.0);
gradcheck!(cross_entropy_smoothing_weighted: |x| {
    let options = with(|o| (o.label_smoothing, o.weight) = (0.25, weight()));
    x.cross_entropy_with(Targets::Classes(&CLASSES), options)
}; x [4, 5] in -2.0..2.0);
gradcheck!(cross_entropy_ignore_index: |x| {
    let options = with(|o| {
        (o.ignore_index, o.weight, o.label_smoothing) = (Some(0), weight(), 0.25);
    });
    x.cross_entropy_with(Targets::Classes(&CLASSES), options)
}; x [4, 5] in -2.0..2.0);
gradcheck!(cross_entropy_soft: |t, x| {
    x.cross_entropy_with(Targets::Probabilities(t), CrossEntropy::default())
}; t [4, 5] in 0.0..1.0, x [4, 5] in -2.0..2.0);
gradcheck!(cross_entropy_soft_vector: |t, x| {
    x.cross_entropy_with(Targets::Probabilities(t), CrossEntropy::default())
}; t [5] in 0.0..1.0, x [5] in -2.0..2.0);
gradcheck!(cross_entropy_soft_sum: |t, x| {
    let options = with(|o| (o.weight, o.reduction) = (weight(), Reduction::Sum));
    x.cross_entropy_with(Targets::Probabilities(t), options)
}; t [4, 5] in 0.0..1.0, x [4, 5] in -2.0..2.0);
gradcheck!(cross_entropy_soft_weighted: |t, x| {
    let options = with(|o| (o.label_smoothing, o.weight) = (0.25, weight()));
    x.cross_entropy_with(Targets::Probabilities(t), options) * 3.0
}; t [4, 5] in 0.0..1.0, x [4, 5] in -2.0..2.0);
gradcheck!(cross_entropy_soft_spatial: |t, x| {
    let options = with(|o| {
        (o.label_smoothing, o.weight, o.reduction) = (0.25, weight(), Reduction::None);
    });
    x.cross_entropy_with(Targets::Probabilities(t), options)
}; t [2, 5, 3] in 0.0..1.0, x [2, 5, 3] in -2.0..2.0);
reference!(cross_entropy);
reference!(cross_entropy_vector);
reference!(cross_entropy_spatial);
reference!(cross_entropy_sum);
reference!(cross_entropy_none);
reference!(cross_entropy_none_spatial);
reference!(cross_entropy_weighted);
reference!(cross_entropy_smoothing);
reference!(cross_entropy_smoothing_weighted);
reference!(cross_entropy_ignore_index);
reference!(cross_entropy_soft);
reference!(cross_entropy_soft_vector);
reference!(cross_entropy_soft_sum);
reference!(cross_entropy_soft_weighted);
reference!(cross_entropy_soft_spatial);

/// Loss and gradient.
fn run(x: &Tensor, targets: Targets<'_>, options: CrossEntropy) -> (Real, Tensor) {
    let x = Param::weight(x.clone());
    let tape = Tape::new();
    let loss = tape.param(&x).cross_entropy_with(targets, options);
    (loss.value().item(), loss.backward().get(&x).unwrap().clone())
}

#[test]
fn inference_gives_the_same_loss_as_training() {
    let x = Tensor::uniform([6, 13], -4.0..4.0, &mut Rng::seed(1));
    let classes = [0, 12, 3, 7, 7, 1];
    let (loss, _) = run(&x, Targets::Classes(&classes), CrossEntropy::default());
    let at_rest = eval(|t| t.constant(x.clone()).cross_entropy(&classes).value().item());
    crate::reference::assert_close(&Tensor::scalar(at_rest), &Tensor::scalar(loss), "loss");
}

#[test]
fn huge_logits_give_finite_losses_and_gradients() {
    let x = Tensor::new([2, 2], vec![1e5, -1e5, 1e5, -1e5]);
    let (loss, grad) = run(&x, Targets::Classes(&[0, 1]), CrossEntropy::default());
    assert_eq!(loss, 1e5);
    assert_eq!(grad.as_slice(), [0.0, 0.0, 0.5, -0.5]);
}

#[test]
fn ignored_rows_take_no_part_even_if_they_are_broken() {
    let nan = Real::NAN;
    let x = Tensor::new([2, 2], vec![nan, nan, 0.0, 0.0]);
    let ignore = with(|o| o.ignore_index = Some(99));
    let (loss, grad) = run(&x, Targets::Classes(&[99, 1]), ignore.clone());
    assert!((loss - (2.0 as Real).ln()).abs() < 1e-6);
    assert_eq!(grad.as_slice(), [0.0, 0.0, 0.5, -0.5]);
    let (loss, grad) = run(&x, Targets::Classes(&[99, 99]), ignore);
    assert_eq!((loss, grad), (0.0, Tensor::zeros([2, 2])));
}

#[test]
fn a_target_learns_from_constant_logits_alone() {
    let t = Param::weight(Tensor::new([1, 2], vec![0.5, 0.5]));
    let tape = Tape::new();
    let x = tape.constant(Tensor::zeros([1, 2]));
    let target = Targets::Probabilities(tape.param(&t));
    let grads = x.cross_entropy_with(target, CrossEntropy::default()).backward();
    let want = Tensor::full([1, 2], (2.0 as Real).ln());
    crate::reference::assert_close(grads.get(&t).unwrap(), &want, "gradient of the target");
}

#[test]
fn the_bits_do_not_depend_on_the_threads() {
    let x = Tensor::uniform([3000, 70], -4.0..4.0, &mut Rng::seed(2));
    let classes: Vec<usize> = (0..3000).map(|i| i % 70).collect();
    let run =
        |n| with_num_threads(n, || run(&x, Targets::Classes(&classes), CrossEntropy::default()));
    assert_eq!(run(1), run(3));
}

#[test]
#[should_panic(expected = "row 2 has class 5, but the logits [4, 5] have 5 classes (0 to 4)")]
fn a_class_out_of_range_is_named() {
    Tape::new().constant(Tensor::zeros([4, 5])).cross_entropy(&[0, 4, 5, 9]);
}

#[test]
#[should_panic(expected = "the logits [4, 5] need 4 classes, 3 were given")]
fn a_missing_class_is_named() {
    Tape::new().constant(Tensor::zeros([4, 5])).cross_entropy(&[0, 1, 2]);
}

#[test]
#[should_panic(expected = "the logits are [4, 5], the target probabilities [5, 4]")]
fn probabilities_of_another_shape_are_named() {
    let tape = Tape::new();
    let (x, t) = (tape.constant(Tensor::zeros([4, 5])), tape.constant(Tensor::zeros([5, 4])));
    x.cross_entropy_with(Targets::Probabilities(t), CrossEntropy::default());
}
