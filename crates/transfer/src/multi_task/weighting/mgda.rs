//! The multiple-gradient descent algorithm (Désidéri, 2012; Sener and Koltun, *Multi-Task Learning
//! as Multi-Objective Optimization*, NeurIPS 2018).
//!
//! The shared layers go along the shortest convex combination of the tasks' gradients,
//!
//! **min over α ≥ 0, Σ α = 1 of ‖Σ α_t g_t‖²**,
//!
//! along which no task gets worse; it is 0 where none can gain without another's loss. Layers of one
//! task follow its own loss.

/// Iterations of the solver at most, as in the authors' code.
const ITERATIONS: usize = 250;
/// It stops where the step is smaller.
const SMALLEST: f64 = 1e-9;

/// α, from the table of products of the gradients.
pub fn min_norm(gram: &[Vec<f64>]) -> Vec<f64> {
    match gram {
        [a, b] => {
            let first = two(a[0], a[1], b[1]);
            vec![first, 1.0 - first]
        }
        _ => frank_wolfe(gram),
    }
}

// ANCHOR: two
/// The first of two tasks' α in closed form: **clip((g₂ - g₁)·g₂ / ‖g₁ - g₂‖², 0, 1)**; a half if
/// they are equal.
pub fn two(g11: f64, g12: f64, g22: f64) -> f64 {
    let distance = g11 - 2.0 * g12 + g22;
    if distance <= 0.0 {
        return 0.5;
    }
    ((g22 - g12) / distance).clamp(0.0, 1.0)
}
// ANCHOR_END: two

/// The same for any number: from the mean, again and again towards the gradient with the smallest
/// product with what there is, as far as makes it shortest (Frank and Wolfe, 1956; Jaggi, 2013).
pub fn frank_wolfe(gram: &[Vec<f64>]) -> Vec<f64> {
    let n = gram.len();
    let mut alpha = vec![1.0 / n as f64; n];
    for _ in 0..ITERATIONS {
        // Products of each gradient with the combination.
        let along: Vec<f64> =
            gram.iter().map(|row| row.iter().zip(&alpha).map(|(g, a)| g * a).sum()).collect();
        let square: f64 = along.iter().zip(&alpha).map(|(g, a)| g * a).sum();
        let Some(best) = (0..n).min_by(|&a, &b| along[a].total_cmp(&along[b])) else { break };
        // Between the vertex and the combination it is the case of two.
        let step = two(gram[best][best], along[best], square);
        alpha.iter_mut().for_each(|a| *a *= 1.0 - step);
        alpha[best] += step;
        if step < SMALLEST {
            break;
        }
    }
    alpha
}

#[cfg(test)]
mod tests {
    use super::super::pc_grad::tests::gram;
    use super::*;

    #[test]
    fn the_closed_form_is_what_the_solver_finds() {
        let pairs: [[&[f64]; 2]; 5] = [
            [&[1.0, 0.0], &[0.0, 1.0]],
            [&[1.0, 0.0], &[-1.0, 1.0]],
            [&[3.0, 1.0], &[0.5, 0.2]],
            [&[0.1, 0.1], &[500.0, -80.0]],
            [&[1.0, 2.0], &[-2.0, -4.0]],
        ];
        for pair in pairs {
            let table = gram(&pair);
            let (closed, solved) = (min_norm(&table), frank_wolfe(&table));
            assert!((closed[0] - solved[0]).abs() < 1e-9, "{closed:?}, {solved:?}");
            // And the shortest of a fine grid is no shorter.
            let square = |a: f64| {
                let b = 1.0 - a;
                a * a * table[0][0] + 2.0 * a * b * table[0][1] + b * b * table[1][1]
            };
            let least = (0..=1000).map(|i| square(f64::from(i) / 1000.0)).fold(f64::MAX, f64::min);
            assert!(square(closed[0]) <= least + 1e-12);
        }
        assert_eq!(min_norm(&gram(&[&[1.0, 0.0], &[0.0, 1.0]])), [0.5, 0.5]);
        assert_eq!(min_norm(&gram(&[&[1.0, 1.0], &[1.0, 1.0]])), [0.5, 0.5]);
        // The shorter one alone, where the other has no part against it.
        assert_eq!(min_norm(&gram(&[&[1.0, 0.0], &[3.0, 1.0]])), [1.0, 0.0]);
    }

    #[test]
    fn no_task_gets_worse_along_the_shortest_combination() {
        let g: [&[f64]; 4] =
            [&[1.0, 0.2, 0.0], &[-0.5, 1.0, 0.3], &[0.1, -0.4, 1.0], &[4.0, 4.0, 4.0]];
        let table = gram(&g);
        let alpha = min_norm(&table);
        assert!((alpha.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(alpha.iter().all(|a| *a >= 0.0));
        let along: Vec<f64> =
            table.iter().map(|row| row.iter().zip(&alpha).map(|(g, a)| g * a).sum()).collect();
        let square: f64 = along.iter().zip(&alpha).map(|(g, a)| g * a).sum();
        assert!(square > 0.0);
        // The condition of the least: each gradient's product is at least the square. The solver
        // comes near it with one over its iterations.
        assert!(along.iter().all(|x| *x >= square * (1.0 - 0.02)), "{along:?}, {square}");
    }
}
