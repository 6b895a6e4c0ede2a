//! Frozen first layers are run once for each example, and not once for each step.
//!
//! What stands before the first stage that training changes gives an example the same values in every
//! step. They are kept when the example is met first, and the rest of the network goes on from them.
//! Which stages these are is asked of a tape: those through which no gradient flows, that draw nothing
//! at random and propose no running statistics. So it is one rule for every network and every method,
//! and the result is that of running everything, to the bit. A [`Shelf`] keeps the values for the next
//! run, too.

mod shelf;

use crate::TransferError;
use crate::input::Inputs;
use crate::network::Network;
use shelf::Found;
pub(crate) use shelf::Shelf;
use std::mem::size_of;
use std::path::PathBuf;
use tensor_autograd::{Path, Real, Rng, Tape, Tensor, Var, grad};

/// Values that are kept take this much memory at most, in bytes; if all examples' took more, everything
/// is run in every step.
const MOST: usize = 512 << 20;

/// The stages of a network that need not be run again, and what they make of each example.
pub(crate) struct Prefix {
    /// Examples there are; 0 if their inputs change from step to step.
    examples: usize,
    most: usize,
    /// Which parameters were frozen when the network was cut.
    frozen: Option<Vec<bool>>,
    /// Stages before the cut.
    cut: usize,
    /// The shape of what they give, without the axis of the examples.
    sample: Vec<usize>,
    known: Vec<bool>,
    values: Vec<Real>,
    /// Where the values of all examples are to be kept, until they are.
    file: Option<PathBuf>,
}

impl Prefix {
    /// For so many examples, whose inputs are the same in every step; with none, nothing is kept.
    pub(crate) fn of(examples: Option<usize>) -> Self {
        let (examples, sample, known, values) =
            (examples.unwrap_or(0), Vec::new(), Vec::new(), Vec::new());
        Prefix { examples, most: MOST, frozen: None, cut: 0, sample, known, values, file: None }
    }

    /// Goes on from the values that an earlier run left on the shelf for this network, with what is
    /// frozen now, and batches of this size of `examples`; [`close`](Prefix::close) leaves them there if there are
    /// none yet. Says so if those that are there are damaged.
    ///
    /// # Errors
    /// If there are some, and they cannot be read; if the examples were put off and cannot be made.
    pub(crate) fn open<N: Network>(
        &mut self,
        shelf: &Shelf,
        (net, batch): (&N, usize),
        examples: &Inputs,
    ) -> Result<Option<String>, TransferError> {
        // The first and the last example tell all; the others may not have been made yet.
        let ends = examples.peek(&[0, examples.len() - 1])?;
        let inputs = |rows: &[usize]| {
            let mut shape = ends.shape().to_vec();
            let size = ends.shape().size() / 2;
            shape[0] = rows.len();
            Tensor::build(&*shape, |out| {
                for (out, &row) in out.chunks_exact_mut(size).zip(rows) {
                    let end = usize::from(row > 0);
                    out.copy_from_slice(&ends.as_slice()[end * size..][..size]);
                }
            })
        };
        self.follow(net, &inputs);
        if self.cut == 0 {
            return Ok(None);
        }
        let stages = net.stages();
        let before = |name: &str| {
            let of =
                |stage: &String| name.strip_prefix(&**stage).is_some_and(|n| n.starts_with('.'));
            stages[..self.cut].iter().any(of)
        };
        let params = net.state_dict();
        // A batch of one is told from others: see `run`.
        let probe = inputs(&[0, self.examples - 1][..batch.min(2)]);
        let seen = in_training(|t| net.run_stages(0..self.cut, t.constant(probe)).value());
        let path = shelf.path(params.iter().filter(|(name, _)| before(name)), &seen);
        let note = match shelf::load(&path, self.values.len())? {
            Found::Values(values) => {
                (self.values, self.known) = (values, vec![true; self.examples]);
                return Ok(None);
            }
            Found::Nothing => None,
            Found::Damaged(why) => {
                Some(format!("{}: {why}; the features are made anew", path.display()))
            }
        };
        self.file = Some(path);
        Ok(note)
    }

    /// Whether the values of all examples are there, so that no inputs are needed unless the network is
    /// cut anew.
    pub(crate) fn is_full(&self) -> bool {
        self.cut > 0 && self.known.iter().all(|known| *known)
    }

    /// Leaves the values on the shelf, if all are known and none were there.
    ///
    /// # Errors
    /// If they cannot be written.
    pub(crate) fn close(&mut self) -> Result<(), TransferError> {
        match self.file.take() {
            Some(path) if self.is_full() => shelf::store(&path, &self.values),
            _ => Ok(()),
        }
    }

    /// What [`rest`](Prefix::rest) goes on from for the examples `rows`, whose inputs `inputs` gives.
    ///
    /// It is told apart by what is frozen whether `net` is to be cut elsewhere; frozen values must be
    /// those of the call before.
    pub(crate) fn run<N: Network>(
        &mut self,
        net: &N,
        rows: &[usize],
        inputs: impl Fn(&[usize]) -> Tensor,
    ) -> Tensor {
        self.follow(net, &inputs);
        if self.cut == 0 {
            return inputs(rows);
        }
        let size: usize = self.sample.iter().product();
        if rows.iter().any(|&row| !self.known[row]) {
            // The whole batch, though some are known: a product's last bit may depend on there being
            // more rows than one.
            let y = in_training(|t| net.run_stages(0..self.cut, t.constant(inputs(rows))).value());
            for (&row, y) in rows.iter().zip(y.as_slice().chunks_exact(size)) {
                self.values[row * size..][..size].copy_from_slice(y);
                self.known[row] = true;
            }
            return y;
        }
        let shape: Vec<usize> = [rows.len()].iter().chain(&self.sample).copied().collect();
        Tensor::build(&*shape, |y| {
            for (y, &row) in y.chunks_exact_mut(size).zip(rows) {
                y.copy_from_slice(&self.values[row * size..][..size]);
            }
        })
    }

    /// The logits, from what [`run`](Prefix::run) gave.
    pub(crate) fn rest<'t, N: Network>(&self, net: &N, x: Var<'t>) -> Var<'t> {
        net.run_stages(self.cut..net.stages().len(), x)
    }

    /// Cuts `net` anew if other parameters are frozen than before.
    fn follow<N: Network>(&mut self, net: &N, inputs: &impl Fn(&[usize]) -> Tensor) {
        let mut frozen = Vec::new();
        net.visit(&mut Path::default(), &mut |_, param| frozen.push(param.frozen));
        if self.frozen.as_ref() == Some(&frozen) {
            return;
        }
        (self.cut, self.sample) = match self.examples > 0 && frozen.contains(&true) {
            true => cut(net, self.examples, inputs),
            false => (0, Vec::new()),
        };
        self.frozen = Some(frozen);
        let numbers = self.sample.iter().product::<usize>().saturating_mul(self.examples);
        if numbers > self.most / size_of::<Real>() {
            self.cut = 0;
        }
        self.file = None;
        let kept = if self.cut > 0 { (self.examples, numbers) } else { (0, 0) };
        (self.known, self.values) = (vec![false; kept.0], vec![0.0; kept.1]);
    }
}

/// How many of the first stages training neither changes nor draws for, and the shape of what they make
/// of an example.
fn cut<N: Network>(
    net: &N,
    examples: usize,
    inputs: &impl Fn(&[usize]) -> Tensor,
) -> (usize, Vec<usize>) {
    let (first, second) = (0, examples - 1);
    let pair = inputs(&[first, second]);
    let found = in_training(|t| {
        let drawn = || t.with_rng(|rng| rng.state());
        let (mut found, before, mut x) = ((0, Vec::new()), drawn(), t.constant(&pair));
        for stage in 0..net.stages().len() {
            x = net.run_stages(stage..stage + 1, x);
            let shape = x.shape();
            let same = !x.needs_grad() && t.proposals() == 0 && drawn() == before;
            if !same || shape.first() != Some(&2) {
                break;
            }
            found = (stage + 1, shape[1..].to_vec());
        }
        found
    });
    // Nor may an example's values depend on the others of its batch.
    let beside = |pair: &Tensor| {
        in_training(|t| net.run_stages(0..found.0, t.constant(pair)).value().rows(0..1))
    };
    match beside(&pair) == beside(&inputs(&[first, first])) {
        true => found,
        false => (0, Vec::new()),
    }
}

/// Runs `f` on a tape such as a training step has.
fn in_training<R>(f: impl for<'t> FnOnce(&'t Tape) -> R) -> R {
    let mut result = None;
    grad(&mut Rng::seed(0), |t| {
        result = Some(f(t));
        t.constant(Tensor::scalar(0.0))
    });
    result.expect("`grad` has called it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn_layers::models::DannNet;
    use nn_layers::{BatchNorm1d, Dropout, Linear, layer_fn, relu, seq, tanh};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tensor_autograd::Module;

    /// How many examples have passed, and in how many batches of more than the probes' two.
    #[derive(Clone, Default)]
    struct Passed(Arc<AtomicUsize>);

    impl Passed {
        fn count(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    /// Two layers and a counter of the examples that pass between them, in batches of four.
    fn counted() -> (DannNet, Passed) {
        let (rng, passed) = (&mut Rng::seed(0), Passed::default());
        let counter = passed.clone();
        let count = layer_fn(move |x| {
            if x.shape()[0] == 4 {
                counter.0.fetch_add(4, Ordering::Relaxed);
            }
            x
        });
        let net = DannNet {
            features: seq![Linear::new(3, 5, rng), count, tanh, Linear::new(5, 4, rng), relu],
            label: seq![Linear::new(4, 2, rng)],
            domain: seq![],
        };
        (net, passed)
    }

    fn inputs(rows: &[usize]) -> Tensor {
        let all = Tensor::normal([12, 3], 0.0, 1.0, &mut Rng::seed(1));
        let rows: Vec<Tensor> = rows.iter().map(|&row| all.rows(row..row + 1)).collect();
        let numbers = rows.iter().flat_map(|row| row.as_slice().to_vec());
        Tensor::new([rows.len(), 3], numbers.collect())
    }

    /// Where a network is cut.
    fn cut_of(net: &impl Network) -> usize {
        let mut prefix = Prefix::of(Some(12));
        prefix.run(net, &[0, 1, 2], inputs);
        prefix.cut
    }

    #[test]
    fn an_example_passes_once_and_its_logits_keep_their_bits() {
        let (mut net, passed) = counted();
        net.freeze("features.0.*");
        let mut prefix = Prefix::of(Some(12));
        let mut step = |net: &DannNet, rows: [usize; 4], at: usize| {
            let x = prefix.run(net, &rows, inputs);
            let ours = in_training(|t| prefix.rest(net, t.constant(x)).value());
            assert_eq!(passed.count(), at, "before all is run again");
            let whole = in_training(|t| net.forward(t.constant(inputs(&rows))).value());
            assert_eq!(ours, whole);
            passed.0.store(at, Ordering::Relaxed);
        };
        step(&net, [0, 1, 2, 3], 4);
        step(&net, [4, 5, 6, 7], 8);
        step(&net, [3, 6, 0, 0], 8);
        // With one that is new, the whole batch is run.
        step(&net, [1, 2, 4, 8], 12);
        step(&net, [8, 7, 5, 3], 12);
        // The cut moves with what is frozen.
        net.freeze("features.3.*");
        step(&net, [0, 1, 2, 3], 16);
        step(&net, [3, 2, 1, 0], 16);
        net.unfreeze("*");
        step(&net, [3, 2, 1, 0], 20);
        step(&net, [3, 2, 1, 0], 24);
    }

    #[test]
    fn the_tape_of_a_step_begins_at_the_cut() {
        let (mut net, _) = counted();
        net.freeze("features.*");
        let mut prefix = Prefix::of(Some(12));
        prefix.run(&net, &[0, 1, 2], inputs);
        let ops = |t: &Tape| t.describe().iter().map(|node| node.0).collect::<Vec<_>>();
        in_training(|t| {
            prefix.rest(&net, t.constant(Tensor::zeros([3, 4])));
            assert_eq!(ops(t), ["constant", "param", "param", "linear"]);
        });
        // And without it, no gradient flows before the cut: two parameters and one op have one.
        in_training(|t| {
            net.forward(t.constant(inputs(&[0, 1, 2])));
            assert_eq!(t.len(), 12, "{:?}", ops(t));
            let flows = t.describe().iter().filter(|node| node.2).count();
            assert_eq!(flows, 3);
        });
    }

    #[test]
    fn what_training_changes_or_draws_for_is_not_before_the_cut() {
        let rng = &mut Rng::seed(0);
        let mut net = DannNet {
            features: seq![
                Linear::new(3, 5, rng),
                BatchNorm1d::new(5),
                Dropout::new(0.5),
                Linear::new(5, 4, rng),
                Dropout::new(0.5),
                Linear::new(4, 4, rng),
            ],
            label: seq![Linear::new(4, 2, rng)],
            domain: seq![],
        };
        let mut cut = |frozen: &str| {
            net.unfreeze("*");
            net.freeze(frozen);
            cut_of(&net)
        };
        assert_eq!(cut(""), 0);
        assert_eq!(cut("features.0.*"), 1);
        assert_eq!(cut("features.3.*"), 0, "the first layer is trained");
        // Running statistics move although the weights do not; the dropout is the free layer's.
        assert_eq!(cut("features.0.*, features.1.weight, features.1.bias"), 1);
        assert_eq!(cut("features.0.*, features.1.*"), 2);
        // Dropout between frozen layers is still.
        assert_eq!(cut("features.0.*, features.1.*, features.3.*"), 4);
        assert_eq!(cut("features.*"), 6);
        assert_eq!(cut("*"), 7);
    }

    #[test]
    fn examples_that_see_each_other_or_take_too_much_memory_are_run_in_every_step() {
        let (mut net, _) = counted();
        net.freeze("features.*");
        assert_eq!(cut_of(&net), 5);
        let mut prefix = Prefix { most: 12 * 4 * size_of::<Real>(), ..Prefix::of(Some(12)) };
        prefix.run(&net, &[0, 1], inputs);
        assert_eq!(prefix.cut, 5);
        let mut prefix = Prefix { most: prefix.most - 1, ..Prefix::of(Some(12)) };
        prefix.run(&net, &[0, 1], inputs);
        assert_eq!((prefix.cut, prefix.values.len()), (0, 0));
        let mut changing = Prefix::of(None);
        assert_eq!(changing.run(&net, &[3, 5], inputs), inputs(&[3, 5]));
        assert_eq!(changing.cut, 0);

        net.features[1] = Box::new(layer_fn(|x| x - x.mean(0)));
        assert_eq!(cut_of(&net), 0);
    }
}
