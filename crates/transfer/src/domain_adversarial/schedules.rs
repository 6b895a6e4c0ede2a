//! The paper's two clocks. Both run on *p* in `[0, 1]`, the progress of the whole run.

// ANCHOR: schedules
/// The weight of the domain loss in the features' gradient,
/// **λ = λ_max · (2 / (1 + e^(-10 p)) - 1)**: the domain classifier is noise at first, and is let
/// in as it becomes worth listening to (Ganin et al., 2016, section 5.2.2).
pub fn lambda(lambda_max: f64, p: f64) -> f64 {
    lambda_max * (2.0 / (1.0 + (-10.0 * p).exp()) - 1.0)
}

/// The learning rate **μ = μ₀ / (1 + 10 p)^0.75** (ibid.).
pub fn lr(initial: f64, p: f64) -> f64 {
    initial / (1.0 + 10.0 * p).powf(0.75)
}
// ANCHOR_END: schedules

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_values() {
        let table = [
            (0.0, 0.0, 0.01),
            (0.05, 0.244_919, 0.007_377_9),
            (0.1, 0.462_117, 0.005_946_0),
            (0.25, 0.848_284, 0.003_907_9),
            (0.5, 0.986_614, 0.002_608_5),
            (0.75, 0.998_894, 0.002_008_8),
            (1.0, 0.999_909, 0.001_655_6),
        ];
        for (p, want_lambda, want_lr) in table {
            assert!((lambda(1.0, p) - want_lambda).abs() < 1e-6, "λ at {p}: {}", lambda(1.0, p));
            assert!((lr(0.01, p) - want_lr).abs() < 1e-7, "μ at {p}: {}", lr(0.01, p));
        }
        assert_eq!(lambda(6.0, 0.5), 6.0 * lambda(1.0, 0.5));
    }
}
