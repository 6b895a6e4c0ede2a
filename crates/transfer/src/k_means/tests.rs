use super::*;
use datasets::Unlabelled;
use ndarray::ArrayD;
use tensor_autograd::Rng;
use tensor_autograd::kernels::parallel::with_num_threads;

/// `n` points around each of four corners, corner by corner.
fn corners(n: usize) -> Tensor {
    let mut rng = Rng::seed(5);
    Tensor::from_fn([4 * n, 2], |i| {
        let corner = i / 2 / n;
        let side = if i % 2 == 0 { corner % 2 } else { corner / 2 };
        10.0 + 8.0 * side as Real + rng.normal()
    })
}

fn sparse(points: &Tensor) -> Counts {
    let values = points.as_slice().iter().map(|&x| f64::from(x) as f32).collect();
    let inputs = ArrayD::from_shape_vec(points.shape().to_vec(), values).unwrap();
    Counts::from_dense(&Unlabelled::new("points", inputs).unwrap()).unwrap()
}

#[test]
fn groups_that_lie_apart_are_found() {
    let points = corners(50);
    let model = KMeans::new(4).fit(&points).unwrap();
    for group in model.assignments().chunks(50) {
        assert!(group.iter().all(|c| *c == group[0]), "{group:?}");
    }
    // About 2 for each point: the variance of two coordinates.
    assert!((model.inertia() / 200.0 - 2.0).abs() < 0.3, "{}", model.inertia());
    assert_eq!(model.assign(&points), model.assignments());
    assert_eq!(model.centroids().shape().to_vec(), [4, 2]);
}

/// Worked out by hand: {0, 1} and {9, 10, 11} with centroids 0.5 and 10.
#[test]
fn the_inertia_is_the_sum_of_squares() {
    let line = Tensor::new([5, 1], vec![0.0, 1.0, 9.0, 10.0, 11.0]);
    let model = KMeans::new(2).fit(&line).unwrap();
    assert_eq!(model.inertia(), 2.5);
    let mut centroids = model.centroids().as_slice().to_vec();
    centroids.sort_by(Real::total_cmp);
    assert_eq!(centroids, [0.5, 10.0]);
    assert_eq!(KMeans::new(5).fit(&line).unwrap().inertia(), 0.0);
}

#[test]
fn longer_descents_never_end_higher() {
    let mut rng = Rng::seed(1);
    let points = Tensor::from_fn([300, 3], |_| rng.normal());
    let inertia = |n| KMeans::new(8).restarts(1).iterations(n).fit(&points).unwrap().inertia();
    let after: Vec<f64> = (1..12).map(inertia).collect();
    assert!(after.windows(2).all(|w| w[1] <= w[0] + 1e-6), "{after:?}");
    assert!(after[10] < after[0]);
    let best = KMeans::new(8).restarts(10).fit(&points).unwrap().inertia();
    assert!(best <= KMeans::new(8).restarts(1).fit(&points).unwrap().inertia());
}

#[test]
fn sparse_rows_are_clustered_as_dense_ones() {
    let points = corners(20);
    let dense = KMeans::new(4).seed(3).fit(&points).unwrap();
    let sparse = KMeans::new(4).seed(3).fit_sparse(&sparse(&points)).unwrap();
    assert_eq!(dense.assignments(), sparse.assignments());
    assert!((dense.inertia() - sparse.inertia()).abs() < 1e-3);
}

#[test]
fn an_empty_cluster_takes_the_farthest_point() {
    let line = Tensor::new([4, 1], vec![0.0, 1.0, 2.0, 30.0]);
    // The third centroid is nearest to none.
    let model = KMeans::new(3).descend(&Dense::new(&line), vec![0.0, 2.0, 500.0]);
    assert_eq!(model.assignments()[3], 2);
    assert_eq!(model.inertia(), 0.5);
}

#[test]
fn equal_points_do_not_stop_it() {
    let model = KMeans::new(3).fit(&Tensor::full([5, 2], 1.0)).unwrap();
    assert_eq!((model.inertia(), model.assignments()), (0.0, &[0; 5][..]));
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let mut rng = Rng::seed(1);
    let points = Tensor::from_fn([6000, 16], |_| rng.normal());
    let k_means = KMeans::new(20).restarts(2).iterations(5);
    let one = with_num_threads(1, || k_means.fit(&points).unwrap());
    assert_eq!(with_num_threads(3, || k_means.fit(&points).unwrap()), one);
    assert_ne!(k_means.clone().seed(1).fit(&points).unwrap(), one);
}

#[test]
fn settings_out_of_range_are_named() {
    let points = corners(1);
    let text = |k: KMeans| k.fit(&points).unwrap_err().to_string();
    assert_eq!(text(KMeans::new(5)), "`clusters` is 5: it must be from 1 to the number of rows");
    assert!(text(KMeans::new(0)).starts_with("`clusters` is 0"));
    assert!(text(KMeans::new(2).restarts(0)).starts_with("`restarts` is 0"));
    assert!(text(KMeans::new(2).iterations(0)).starts_with("`iterations` is 0"));
}
