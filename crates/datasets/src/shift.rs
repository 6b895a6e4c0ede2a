//! How the inputs of one data set differ from those of another, channel by channel.

use crate::{Dataset, Moments};

/// A channel in two data sets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChannelShift {
    /// In the first.
    pub from: Moments,
    /// In the second.
    pub to: Moments,
}

impl ChannelShift {
    /// How far the mean moves, in standard deviations: **(m₂ - m₁) / √((s₁² + s₂²) / 2)** (Cohen,
    /// 1988). 0 where nothing moves; without end where constants differ.
    pub fn mean(&self) -> f64 {
        let difference = self.to.mean - self.from.mean;
        let pooled = ((self.from.std.powi(2) + self.to.std.powi(2)) / 2.0).sqrt();
        if difference == 0.0 { 0.0 } else { difference / pooled }
    }

    /// By how much the variance grows, **s₂² / s₁²**; 1 where both are constant.
    pub fn variance(&self) -> f64 {
        let (from, to) = (self.from.std.powi(2), self.to.std.powi(2));
        if from == to { 1.0 } else { to / from }
    }
}

/// The channels of images, or the columns of features, from one data set to another; `None` if
/// their numbers differ.
///
/// ```
/// use datasets::{shift, synthetic};
/// let (digits, letters) = (synthetic::digits(50, 0), synthetic::letters(52, 0));
/// let shifts = shift(&digits, &letters).expect("both are grey");
/// assert!(shifts.len() == 1 && shifts[0].mean().abs() < 0.5);
/// ```
pub fn shift(from: &Dataset, to: &Dataset) -> Option<Vec<ChannelShift>> {
    let same = from.sample_shape()[0] == to.sample_shape()[0];
    let of = |data: &Dataset| Moments::of_channels(data.inputs());
    same.then(|| {
        of(from).into_iter().zip(of(to)).map(|(from, to)| ChannelShift { from, to }).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr2;

    fn data(rows: &[[f32; 2]]) -> Dataset {
        Dataset::new("d", arr2(rows).into_dyn(), None, vec![]).unwrap()
    }

    #[test]
    fn means_move_and_variances_grow() {
        // Standard deviations 1 and 3: together the root of 5.
        let shifts = shift(&data(&[[0.0, 5.0], [2.0, 5.0]]), &data(&[[0.0, 5.0], [6.0, 5.0]]));
        let shifts = shifts.unwrap();
        assert!((shifts[0].mean() - 2.0 / 5f64.sqrt()).abs() < 1e-12);
        assert_eq!(shifts[0].variance(), 9.0);
        assert_eq!((shifts[1].mean(), shifts[1].variance()), (0.0, 1.0));
        let constants = shift(&data(&[[0.0, 5.0]]), &data(&[[0.0, 7.0]])).unwrap();
        assert_eq!(constants[1].mean(), f64::INFINITY);
        let one = Dataset::new("one", ndarray::ArrayD::zeros(vec![2, 1]), None, vec![]).unwrap();
        assert!(shift(&one, &data(&[[0.0, 0.0]])).is_none());
    }
}
