//! Limited-memory BFGS: a smooth function of many variables, minimised with all of the data.
//!
//! Nocedal and Wright, *Numerical Optimization* (2006): algorithm 7.4 for the direction, and
//! backtracking until the sufficient decrease of equation 3.4. A pair of step and change of the
//! gradient is kept only if it has positive curvature, so that every direction goes down.

/// Pairs that are remembered.
const MEMORY: usize = 10;
/// Halvings of a step before the search is given up: rounding then hides any decrease.
const HALVINGS: usize = 30;

/// Minimises `f`, which gives its value and writes its gradient, from `x`. Ends when no element of
/// the gradient is above `tolerance`, after `iterations`, or when no step goes down any more.
pub(crate) fn minimize(
    mut x: Vec<f64>,
    iterations: usize,
    tolerance: f64,
    mut f: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Vec<f64> {
    let mut gradient = vec![0.0; x.len()];
    let mut value = f(&x, &mut gradient);
    let mut pairs: Vec<(Vec<f64>, Vec<f64>, f64)> = Vec::new();
    for _ in 0..iterations {
        if largest(&gradient) <= tolerance {
            break;
        }
        let mut direction = descent(&pairs, &gradient);
        let mut slope = dot(&direction, &gradient);
        if slope >= 0.0 {
            pairs.clear();
            direction = gradient.iter().map(|g| -g).collect();
            slope = -dot(&gradient, &gradient);
        }
        let mut step = if pairs.is_empty() { 1.0 / slope.abs().sqrt().max(1.0) } else { 1.0 };
        let mut found = None;
        for _ in 0..HALVINGS {
            let next: Vec<f64> = x.iter().zip(&direction).map(|(x, d)| x + step * d).collect();
            let mut g = vec![0.0; x.len()];
            let v = f(&next, &mut g);
            if v <= value + 1e-4 * step * slope {
                found = Some((next, v, g));
                break;
            }
            step *= 0.5;
        }
        let Some((next, v, g)) = found else { break };
        let s: Vec<f64> = next.iter().zip(&x).map(|(a, b)| a - b).collect();
        let y: Vec<f64> = g.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        let curvature = dot(&s, &y);
        if curvature > 1e-12 * dot(&y, &y) {
            if pairs.len() == MEMORY {
                pairs.remove(0);
            }
            pairs.push((s, y, 1.0 / curvature));
        }
        (x, value, gradient) = (next, v, g);
    }
    x
}

/// The two-loop recursion: minus the inverse Hessian's approximation times the gradient.
fn descent(pairs: &[(Vec<f64>, Vec<f64>, f64)], gradient: &[f64]) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut along = vec![0.0; pairs.len()];
    for (a, (s, y, rho)) in along.iter_mut().zip(pairs).rev() {
        *a = rho * dot(s, &q);
        q.iter_mut().zip(y).for_each(|(q, y)| *q -= *a * y);
    }
    if let Some((_, y, rho)) = pairs.last() {
        let scale = 1.0 / (rho * dot(y, y));
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for (a, (s, y, rho)) in along.iter().zip(pairs) {
        let b = rho * dot(y, &q);
        q.iter_mut().zip(s).for_each(|(q, s)| *q += (a - b) * s);
    }
    q
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn largest(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |m, x| m.max(x.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_of_rosenbrocks_valley_is_found() {
        let valley = |x: &[f64], g: &mut [f64]| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            g[0] = -2.0 * a - 400.0 * x[0] * b;
            g[1] = 200.0 * b;
            a * a + 100.0 * b * b
        };
        let found = minimize(vec![-1.2, 1.0], 200, 1e-9, valley);
        assert!(found.iter().all(|x| (x - 1.0).abs() < 1e-8), "{found:?}");
    }

    #[test]
    fn a_quadratic_of_many_scales_is_minimised() {
        let scales: Vec<f64> = (0..40).map(|i| 10f64.powf(f64::from(i) / 10.0)).collect();
        let bowl = |x: &[f64], g: &mut [f64]| {
            for i in 0..40 {
                g[i] = scales[i] * (x[i] - i as f64);
            }
            x.iter().enumerate().map(|(i, x)| 0.5 * scales[i] * (x - i as f64).powi(2)).sum()
        };
        let found = minimize(vec![0.0; 40], 500, 1e-7, bowl);
        assert!(found.iter().enumerate().all(|(i, x)| (x - i as f64).abs() < 1e-4), "{found:?}");
    }
}
