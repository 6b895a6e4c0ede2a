//! The same seed gives the same bits: in two runs, and on any number of threads.

use crate::common::bits;
use crate::common::quiet;
use crate::estimators::{ESTIMATORS, Task};
use tensor_autograd::kernels::parallel::with_num_threads;
use transfer::Training;

#[test]
fn the_bits_do_not_depend_on_the_threads() {
    for estimator in ESTIMATORS {
        let train = |seed| {
            let task = Task::digits();
            let training =
                Training { steps: Some(200), batch_size: 16, seed, ..Training::default() };
            bits(&(estimator.fit)(training, &task, &mut quiet()).unwrap().net)
        };
        let one = with_num_threads(1, || train(0));
        for threads in [1, 2, 3, 4] {
            let again = with_num_threads(threads, || train(0));
            assert_eq!(one, again, "{} on {threads} threads", estimator.name);
        }
        assert_ne!(one, with_num_threads(1, || train(1)), "{} ignores its seed", estimator.name);
    }
}
