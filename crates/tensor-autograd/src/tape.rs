//! The tape: a list of what was computed, read from its end to get gradients.

use crate::param::ParamId;
use crate::{Grads, Param, Real, Rng, Tensor, Var};
use std::cell::{Cell, RefCell};

/// The gradient rule of one parent: `dL/d(result)` to `dL/d(parent)`.
type Rule = Box<dyn FnOnce(Tensor) -> Tensor>;
/// The common rule of several parents, for ops whose gradients share most of their work.
type JointRule = Box<dyn FnOnce(Tensor) -> Vec<(u32, Tensor)>>;

enum Edge {
    /// No gradient flows: the parent is a constant, or covered by the node's joint edge.
    /// Kept so that the graph can be drawn.
    Blocked(u32),
    To(u32, Rule),
    Joint(JointRule),
}

struct Node {
    op: &'static str,
    value: Tensor,
    /// Where this node's edges begin; they end where the next node's begin.
    edges: u32,
    needs_grad: bool,
}

/// Everything computed in one step, in order.
///
/// A value is recorded once, by the op that makes it; the rules of its gradient are closures, and
/// what they capture is what the op saves for the backward pass. A tape lives for one step: the
/// usual entry is [`grad`] or [`eval`], which make one and end it.
pub struct Tape {
    list: RefCell<List>,
    rng: Option<RefCell<Rng>>,
    /// Whether what is recorded now behaves as in inference.
    still: Cell<bool>,
    records: bool,
}

#[derive(Default)]
struct List {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    params: Vec<(ParamId, u32)>,
    buffers: Vec<(ParamId, Tensor)>,
}

/// Runs `f` on a training tape and returns the loss and its gradients.
///
/// `rng` is what dropout draws from. *Training mode is having randomness*: there is no flag that a
/// model could forget to set.
///
/// # Panics
/// If the loss that `f` returns is not a single number.
#[track_caller]
pub fn grad(rng: &mut Rng, f: impl for<'t> FnOnce(&'t Tape) -> Var<'t>) -> (Real, Grads) {
    let tape = Tape { rng: Some(RefCell::new(rng.clone())), ..Tape::new() };
    let loss = f(&tape);
    let value = loss.value().item();
    let grads = loss.backward();
    *rng = tape.rng.expect("made above").into_inner();
    (value, grads)
}

/// Runs `f` on a tape that keeps no gradient rules and has no randomness: inference.
pub fn eval<R>(f: impl for<'t> FnOnce(&'t Tape) -> R) -> R {
    f(&Tape { records: false, ..Tape::new() })
}

impl Default for Tape {
    fn default() -> Self {
        Tape::new()
    }
}

impl Tape {
    /// An empty tape that records gradients and has no randomness. For looking at a tape from
    /// outside; training uses [`grad`].
    pub fn new() -> Self {
        let list = List { nodes: Vec::with_capacity(64), ..List::default() };
        Tape { list: RefCell::new(list), rng: None, still: Cell::new(false), records: true }
    }

    /// A value without a gradient, such as a batch of data.
    pub fn constant(&self, value: impl Into<Tensor>) -> Var<'_> {
        self.push("constant", value.into(), false)
    }

    /// A parameter of a model. Asked twice for the same one, it gives the same variable, so that
    /// the gradients of all its uses add up.
    pub fn param(&self, param: &Param) -> Var<'_> {
        let id = param.id();
        let known = self.list.borrow().params.iter().find(|(p, _)| *p == id).map(|(_, v)| *v);
        if let Some(var) = known {
            return Var::new(self, var);
        }
        let var = self.push("param", param.value.clone(), self.records && param.trainable());
        self.list.borrow_mut().params.push((id, var.id()));
        var
    }

    /// Proposes a new value for a buffer. The forward pass never changes the model: the optimiser's
    /// step stores it. Ignored outside training and for a frozen buffer.
    pub fn propose(&self, buffer: &Param, value: Tensor) {
        if self.is_training() && !buffer.frozen {
            self.list.borrow_mut().buffers.push((buffer.id(), value));
        }
    }

    /// How many new values of buffers have been proposed.
    pub fn proposals(&self) -> usize {
        self.list.borrow().buffers.len()
    }

    /// What a buffer holds at this point of the step: the latest proposal for it, or else the model's
    /// value. A layer that runs twice in one step moves its statistics from there.
    pub fn buffer(&self, buffer: &Param) -> Tensor {
        let list = self.list.borrow();
        let proposed = list.buffers.iter().rev().find(|(id, _)| *id == buffer.id());
        proposed.map_or_else(|| buffer.value.clone(), |(_, value)| value.clone())
    }

    /// Whether this tape belongs to a training step.
    pub fn is_training(&self) -> bool {
        self.rng.is_some() && !self.still.get()
    }

    /// Runs `f` as in inference: dropout draws nothing, normalisation uses its running statistics
    /// and moves none. Gradients are recorded as always, so that what is frozen can pass them on.
    pub fn still<R>(&self, f: impl FnOnce() -> R) -> R {
        let before = self.still.replace(true);
        let result = f();
        self.still.set(before);
        result
    }

    /// Calls `f` with the step's generator; `None` outside training.
    pub fn with_rng<R>(&self, f: impl FnOnce(&mut Rng) -> R) -> Option<R> {
        self.rng.as_ref().filter(|_| !self.still.get()).map(|rng| f(&mut rng.borrow_mut()))
    }

    /// Records the result of op `op`. Its gradient rules follow, one [`wrt`](Recorder::wrt) a parent.
    pub fn record(&self, op: &'static str, value: Tensor) -> Recorder<'_> {
        let list = self.list.borrow();
        let (node, edges) = (list.nodes.len(), list.edges.len());
        Recorder { tape: self, op, value, node, edges, own: 0, needs_grad: false }
    }

    /// How many values have been recorded.
    pub fn len(&self) -> usize {
        self.list.borrow().nodes.len()
    }

    /// Whether nothing has been recorded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every recorded value in order, as (op, shape, whether a gradient flows, parents).
    pub fn describe(&self) -> Vec<(&'static str, crate::Shape, bool, Vec<usize>)> {
        let list = self.list.borrow();
        let ends = list.nodes.iter().skip(1).map(|n| n.edges as usize).chain([list.edges.len()]);
        let parent = |e: &Edge| match e {
            Edge::Blocked(p) | Edge::To(p, _) => Some(*p as usize),
            Edge::Joint(_) => None,
        };
        list.nodes
            .iter()
            .zip(ends)
            .map(|(node, end)| {
                let parents = list.edges[node.edges as usize..end].iter().filter_map(parent);
                (node.op, node.value.shape(), node.needs_grad, parents.collect())
            })
            .collect()
    }

    fn push(&self, op: &'static str, value: Tensor, needs_grad: bool) -> Var<'_> {
        let mut list = self.list.borrow_mut();
        let edges = list.edges.len() as u32;
        list.nodes.push(Node { op, value, edges, needs_grad });
        Var::new(self, list.nodes.len() as u32 - 1)
    }

    #[track_caller]
    pub(crate) fn value(&self, id: u32) -> Tensor {
        match self.list.borrow().nodes.get(id as usize) {
            Some(node) => node.value.clone(),
            None => panic!("this value is gone: `backward` has consumed the tape"),
        }
    }

    pub(crate) fn needs_grad(&self, id: u32) -> bool {
        self.list.borrow().nodes[id as usize].needs_grad
    }

    /// Reads the tape from `from` to its beginning. Values and rules are dropped on the way, so
    /// that their memory serves the gradients further down.
    #[track_caller]
    pub(crate) fn backward(&self, from: u32) -> Grads {
        let List { mut nodes, mut edges, params, buffers } = self.list.take();
        if let Some(next) = nodes.get(from as usize + 1) {
            edges.truncate(next.edges as usize);
            nodes.truncate(from as usize + 1);
        }
        let mut grads: Vec<Option<Tensor>> = Vec::new();
        grads.resize_with(nodes.len(), || None);
        let seed = nodes.last().map(|n| n.value.shape()).expect("`backward` was called before");
        assert_eq!(seed.size(), 1, "backward starts from one number, the loss has shape {seed}");
        grads[from as usize] = Some(Tensor::ones(seed));

        let mut by_param = Vec::with_capacity(params.len());
        while let Some(node) = nodes.pop() {
            let id = nodes.len();
            let dy = grads.pop().flatten();
            let first = (node.edges as usize).min(edges.len());
            let Some(dy) = dy.filter(|_| node.needs_grad) else {
                edges.truncate(first);
                continue;
            };
            debug_assert_eq!(dy.shape(), node.value.shape(), "gradient of `{}`", node.op);
            drop(node.value);
            if edges.len() == first {
                if let Some((param, _)) = params.iter().find(|(_, var)| *var as usize == id) {
                    by_param.push((*param, dy));
                }
                continue;
            }
            // The last rule to run gets `dy` itself and may write into it.
            let mut rules = edges.drain(first..).filter(|e| !matches!(e, Edge::Blocked(_)));
            let mut next = rules.next();
            let mut dy = Some(dy);
            while let Some(edge) = next {
                next = rules.next();
                let dy = if next.is_some() { dy.clone() } else { dy.take() };
                let dy = dy.expect("taken by the last rule alone");
                match edge {
                    Edge::To(parent, rule) => add(&mut grads, &nodes, node.op, parent, rule(dy)),
                    Edge::Joint(rule) => rule(dy)
                        .into_iter()
                        .for_each(|(parent, g)| add(&mut grads, &nodes, node.op, parent, g)),
                    Edge::Blocked(_) => {}
                }
            }
        }
        Grads::new(by_param, buffers)
    }
}

/// The first gradient of a value is moved in, later ones are added in place.
#[track_caller]
fn add(grads: &mut [Option<Tensor>], nodes: &[Node], op: &str, parent: u32, g: Tensor) {
    let want = nodes[parent as usize].value.shape();
    assert_eq!(g.shape(), want, "the gradient rule of `{op}` gave {}, not {want}", g.shape());
    match &mut grads[parent as usize] {
        Some(sum) => sum.add_assign(&g),
        empty => *empty = Some(g),
    }
}

/// An op's result on its way to the tape; see [`Tape::record`].
#[must_use = "nothing is recorded until `var()`"]
pub struct Recorder<'t> {
    tape: &'t Tape,
    op: &'static str,
    value: Tensor,
    /// Nodes and edges there were before.
    node: usize,
    edges: usize,
    /// Edges of its own.
    own: usize,
    needs_grad: bool,
}

impl<'t> Recorder<'t> {
    /// The gradient with respect to `parent`: a function of `dL/d(result)`, which arrives by value
    /// so that an elementwise rule may write into it. A parent that needs no gradient drops its
    /// rule, and all that it saved, at once.
    pub fn wrt(mut self, parent: Var<'_>, rule: impl FnOnce(Tensor) -> Tensor + 'static) -> Self {
        self.same_tape(parent);
        let needed = self.tape.records && parent.needs_grad();
        self.needs_grad |= needed;
        let edge = match needed {
            true => Edge::To(parent.id(), Box::new(rule)),
            false => Edge::Blocked(parent.id()),
        };
        self.tape.list.borrow_mut().edges.push(edge);
        self.own += 1;
        self
    }

    /// The gradients with respect to several parents at once, for an op whose rules share most of
    /// their work. `rule` is told which ones are needed; what it returns for the others is dropped.
    pub fn wrt_each<const N: usize>(
        mut self,
        parents: [Var<'t>; N],
        rule: impl FnOnce(Tensor, [bool; N]) -> [Option<Tensor>; N] + 'static,
    ) -> Self {
        let needed = parents.map(|p| {
            self.same_tape(p);
            self.tape.records && p.needs_grad()
        });
        let ids = parents.map(|p| p.id());
        let mut list = self.tape.list.borrow_mut();
        list.edges.extend(ids.map(Edge::Blocked));
        self.own += N;
        if needed.contains(&true) {
            self.needs_grad = true;
            self.own += 1;
            list.edges.push(Edge::Joint(Box::new(move |dy| {
                let grads = ids.into_iter().zip(rule(dy, needed)).zip(needed);
                grads.filter(|(_, n)| *n).filter_map(|((id, g), _)| Some((id, g?))).collect()
            })));
        }
        drop(list);
        self
    }

    /// Ends the recording and gives the new variable.
    ///
    /// # Panics
    /// If another op was recorded since [`Tape::record`]: the two would share their rules.
    #[track_caller]
    pub fn var(self) -> Var<'t> {
        let mut list = self.tape.list.borrow_mut();
        assert!(
            list.edges.len() == self.edges + self.own,
            "`{}` was recorded while `{}` was: make what an op depends on before `record`",
            list.nodes.last().map_or("nothing", |node| node.op),
            self.op,
        );
        let edges = self.edges as u32;
        // Weights and constants that were named between have no rules; these begin after them.
        list.nodes[self.node..].iter_mut().for_each(|node| node.edges = edges);
        list.nodes.push(Node {
            op: self.op,
            value: self.value,
            edges,
            needs_grad: self.needs_grad,
        });
        Var::new(self.tape, list.nodes.len() as u32 - 1)
    }

    #[track_caller]
    fn same_tape(&self, parent: Var<'_>) {
        assert!(std::ptr::eq(self.tape, parent.tape()), "`{}` joins two tapes", self.op);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Param;

    #[test]
    #[should_panic(expected = "`exp` was recorded while `f` was")]
    fn ops_do_not_share_their_rules() {
        let (tape, weight) = (Tape::new(), Param::weight(Tensor::scalar(1.0)));
        let a = tape.param(&weight);
        let _ = tape.record("f", Tensor::scalar(2.0)).wrt(a.exp(), |dy| dy).var();
    }

    #[test]
    fn a_weight_may_be_named_between() {
        let [a, b] = [2.0, 3.0].map(|x| Param::weight(Tensor::scalar(x)));
        let tape = Tape::new();
        let product =
            tape.record("f", Tensor::scalar(6.0)).wrt(tape.param(&a), |dy| dy.map(|x| 3.0 * x));
        let product = product.wrt(tape.param(&b), |dy| dy.map(|x| 2.0 * x)).var();
        let parents: Vec<usize> = tape.describe().pop().unwrap().3;
        assert_eq!(parents, [0, 1]);
        let grads = product.backward();
        assert_eq!((grads.get(&a).unwrap().item(), grads.get(&b).unwrap().item()), (3.0, 2.0));
    }
}
