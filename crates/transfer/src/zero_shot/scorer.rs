//! The closed forms and the others under one roof: scores from what a network gives, and signatures.

use super::dap::{Binary, Dap};
use super::matrix::{Centring, Mat, cosines, matrix};
use super::signatures::{Scaler, Scaling};
use super::training::tensor;
use super::{conse, eszsl, nearest, sae};
use nn_layers::{Layer, Linear};
use tensor_autograd::eval;

/// A method with penalties to be chosen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Closed {
    Nearest(Scaling),
    Eszsl(Scaling, eszsl::Coding),
    Sae(Scaling, sae::Direction),
}

impl Closed {
    /// The (γ, λ) to choose from, the strongest first; one that a method has not is 1.
    pub(super) fn grid(self) -> Vec<(f64, f64)> {
        let powers = || (-3..=3).rev().map(|p| 10f64.powi(p));
        match self {
            Closed::Nearest(_) => powers().map(|gamma| (gamma, 1.0)).collect(),
            Closed::Sae(..) => powers().map(|lambda| (1.0, lambda)).collect(),
            Closed::Eszsl(..) => powers().flat_map(|g| powers().map(move |l| (g, l))).collect(),
        }
    }

    fn scaling(self) -> Scaling {
        match self {
            Closed::Nearest(scaling) | Closed::Eszsl(scaling, _) | Closed::Sae(scaling, _) => {
                scaling
            }
        }
    }
}

/// A closed form but for its penalties.
pub(super) struct Prepared {
    centring: Centring,
    scaler: Scaler,
    form: Form,
}

enum Form {
    Nearest(nearest::Prepared),
    Eszsl(eszsl::Prepared),
    Sae(sae::Prepared, sae::Direction),
}

impl Prepared {
    /// From features and signatures as they came.
    pub(super) fn new(closed: Closed, x: &Mat<f64>, labels: &[usize], seen: &Mat<f64>) -> Self {
        let (centring, scaler) = (Centring::fit(x), Scaler::fit(closed.scaling(), seen));
        let (x, s) = (centring.apply(x), scaler.apply(seen));
        let form = match closed {
            Closed::Nearest(_) => Form::Nearest(nearest::Prepared::new(&x, labels, &s)),
            Closed::Eszsl(_, coding) => Form::Eszsl(eszsl::Prepared::new(&x, labels, &s, coding)),
            Closed::Sae(_, way) => Form::Sae(sae::Prepared::new(&x, labels, &s), way),
        };
        Prepared { centring, scaler, form }
    }

    /// With these penalties.
    pub(super) fn solve(&self, (gamma, lambda): (f64, f64)) -> Scorer {
        let map = match &self.form {
            Form::Nearest(p) => Map::Nearest(p.solve(gamma)),
            Form::Eszsl(p) => Map::Bilinear(p.solve(gamma, lambda)),
            Form::Sae(p, way) => Map::Sae(p.solve(lambda), *way),
        };
        Scorer { centring: Some(self.centring.clone()), scaler: self.scaler.clone(), map }
    }
}

/// From features (or probabilities, or embeddings) and signatures, both as they came, to scores.
#[derive(Clone, Debug)]
pub(super) struct Scorer {
    pub(super) centring: Option<Centring>,
    pub(super) scaler: Scaler,
    pub(super) map: Map,
}

#[derive(Clone, Debug)]
pub(super) enum Map {
    Dap(Dap),
    /// Of a network's logits, one for each attribute.
    Attributes(Binary),
    Nearest(Mat<f64>),
    Bilinear(Mat<f64>),
    Sae(Mat<f64>, sae::Direction),
    /// Of probabilities of the seen classes, which have these scaled signatures.
    Conse(Mat<f64>, usize),
    /// Of embeddings: the product with g(s).
    Product(Linear),
    /// Of embeddings: the cosine with s.
    Cosine,
}

impl Scorer {
    /// Scores `[n, classes]`.
    pub(super) fn scores(&self, x: &Mat<f64>, signatures: &Mat<f64>) -> Mat<f64> {
        let centred = self.centring.as_ref().map(|centring| centring.apply(x));
        let (x, s) = (centred.as_ref().unwrap_or(x), self.scaler.apply(signatures));
        match &self.map {
            Map::Dap(dap) => dap.scores(x, &s),
            Map::Attributes(binary) => binary.scores(x, &s),
            Map::Nearest(w) => cosines(&(x * w), &s),
            Map::Bilinear(v) => x * v * s.transpose(),
            Map::Sae(w, way) => sae::scores(w, x, &s, *way),
            Map::Conse(seen, top) => cosines(&conse::combine(x, seen, *top), &s),
            Map::Product(g) => {
                let g = eval(|t| g.forward(t.constant(tensor(&s))).value());
                x * matrix(&g).transpose()
            }
            Map::Cosine => cosines(x, &s),
        }
    }
}
