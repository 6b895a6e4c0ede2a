use super::parts::*;
use super::*;
use crate::fit::Progress;
use crate::measures::{cluster_entropy, clustering_accuracy};
use datasets::synthetic::Documents;
use datasets::{Dataset, Random, Unlabelled};
use ndarray::ArrayD;

fn counts(rows: &[&[f64]]) -> Counts {
    let values = rows.iter().flat_map(|r| r.iter().map(|&x| x as f32)).collect();
    let inputs = ArrayD::from_shape_vec(vec![rows.len(), rows[0].len()], values).unwrap();
    Counts::from_dense(&Unlabelled::new("rows", inputs).unwrap()).unwrap()
}

fn partition(of: &[usize], clusters: usize) -> Partition {
    Partition { of: of.to_vec(), clusters }
}

/// Counts below 4, two thirds of them 0, with something in every row.
fn random_counts(random: &mut Random, rows: usize, cols: usize) -> Counts {
    let row = |random: &mut Random| {
        let mut row: Vec<f64> = (0..cols)
            .map(|_| if random.chance(0.65) { 0.0 } else { random.below(4) as f64 })
            .collect();
        row[random.below(cols)] = 1.0;
        row
    };
    let all: Vec<Vec<f64>> = (0..rows).map(|_| row(random)).collect();
    counts(&all.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// A small problem with empty columns, words of one domain alone, and up to four clusters of each.
fn problem(random: &mut Random) -> (Vec<(Joint, usize, f64)>, usize) {
    let cols = 2 + random.below(9);
    let mut side = |weight| {
        let rows = 2 + random.below(8);
        let joint = Joint::new(&random_counts(random, rows, cols));
        (joint, 1 + random.below(rows.min(4)), weight)
    };
    let (target, source) = (side(1.0), side(0.0));
    let weight = [0.0, 0.3, 1.0, 10.0][random.below(4)];
    (vec![target, (source.0, source.1, weight)], 1 + random.below(cols.min(4)))
}

fn silent() -> Progress {
    Progress::silent()
}

/// The worked example of the paper: p(X̃,Z̃) = [[.4, .2], [.2, .2]], p(x) = .4 .2 .4 and
/// p(z) = .2 .4 .4 give this p̃. The table below has these sums.
#[test]
fn the_papers_example_to_three_digits() {
    let p = Joint::new(&counts(&[&[1.0, 2.0, 1.0], &[0.0, 1.0, 1.0], &[1.0, 1.0, 2.0]]));
    let (x, z) = (partition(&[0, 0, 1], 2), partition(&[0, 0, 1], 2));
    let clustered = p.clustered(&x, &z);
    for (i, row) in [[0.4, 0.2], [0.2, 0.2]].iter().enumerate() {
        for (j, want) in row.iter().enumerate() {
            assert!((clustered.at(i, j) - want).abs() < 1e-15);
        }
    }
    let golden = [[0.0889, 0.1778, 0.1333], [0.0444, 0.0889, 0.0667], [0.0667, 0.1333, 0.2]];
    for (i, row) in golden.iter().enumerate() {
        for (j, want) in row.iter().enumerate() {
            let got = approximation(&p, &x, &z, &clustered, (i, j));
            assert!((got - want).abs() < 5e-5, "p~({i}, {j}) = {got}, not {want}");
        }
    }
}

#[test]
fn lemma_1_both_forms_of_the_objective_agree() {
    for draw in 0..500 {
        let mut random = Random::new(draw, "lemma", [0, 0]);
        let (domains, features) = problem(&mut random);
        let state = State::random(&domains, features, (draw, 0));
        for side in &state.sides {
            let lost = information_loss(&side.joint, &side.examples, &state.features);
            let divergence = divergence(&side.joint, &side.examples, &state.features);
            assert!((lost - divergence).abs() < 1e-12, "{lost} and {divergence}");
            assert!(lost > -1e-12);
        }
        assert!((state.objective() - objective(&state.sides, &state.features)).abs() < 1e-12);
    }
}

#[test]
fn the_objective_never_rises() {
    let (mut steps, mut fell) = (0, 0);
    for draw in 0..10_000 {
        let mut random = Random::new(draw, "monotone", [0, 0]);
        let (domains, features) = problem(&mut random);
        let mut state = State::random(&domains, features, (draw, 0));
        let mut last = state.objective();
        let mut rests = false;
        for _ in 0..50 {
            let moved = state.step(Update::Alternating);
            let next = state.objective();
            assert!(next <= last + 1e-12, "draw {draw}: {last} -> {next}");
            rests = !moved || next > last - LEAST_FALL;
            if rests {
                break;
            }
            steps += 1;
            fell += usize::from(next < last - 1e-6);
            last = next;
        }
        assert!(rests, "draw {draw} does not come to rest");
    }
    assert!(fell > 5_000, "only {fell} of {steps} steps did something");
}

/// The same problems with everything updated from the same clusters: what alternating is for.
#[test]
fn simultaneous_updates_do_raise_it() {
    let mut rose = 0;
    for draw in 0..1000 {
        let mut random = Random::new(draw, "monotone", [0, 0]);
        let (domains, features) = problem(&mut random);
        let mut state = State::random(&domains, features, (draw, 0));
        let mut values = vec![state.objective()];
        for _ in 0..10 {
            state.step(Update::Simultaneous);
            values.push(state.objective());
        }
        rose += usize::from(values.windows(2).any(|w| w[1] > w[0] + 1e-6));
    }
    assert!(rose > 50, "it rose in {rose} of 1000");
}

#[test]
fn at_lambda_0_it_is_co_clustering_of_the_target() {
    for draw in 0..50 {
        let mut random = Random::new(draw, "lambda 0", [0, 0]);
        let target = random_counts(&mut random, 12, 15);
        let source = random_counts(&mut random, 30, 15);
        let alone = CoClustering::new(3, 4).seed(draw).fit(&target, &mut silent()).unwrap();
        let method = SelfTaughtClustering::new(3, 5, 4).seed(draw);
        let both = method.clone().lambda(0.0).fit(&target, &source, &mut silent()).unwrap();
        assert_eq!(both.target(), alone.target());
        assert_eq!(both.features(), alone.features());
        assert_eq!(both.restarts(), alone.restarts());
        let helped = method.lambda(10.0).fit(&target, &source, &mut silent()).unwrap();
        assert_ne!(helped.features(), alone.features());
    }
}

#[test]
fn a_word_that_a_cluster_never_has_is_infinitely_far() {
    // Two topics without a word in common: the nearest cluster by all other words is impossible.
    let p = Joint::new(&counts(&[&[9.0, 0.0, 1.0], &[9.0, 0.0, 0.0], &[0.0, 1.0, 9.0]]));
    let z = partition(&[0, 1, 2], 3);
    let start = partition(&[1, 0, 1], 2);
    let updated = update_examples(&p, &start, &z, &p.clustered(&start, &z));
    assert_eq!(updated.of, [1, 0, 1], "the first has the third word, which cluster 0 has not");
    // Without that word it goes there.
    let p = Joint::new(&counts(&[&[9.0, 0.0, 0.0], &[9.0, 0.0, 0.0], &[0.0, 1.0, 9.0]]));
    assert_eq!(update_examples(&p, &start, &z, &p.clustered(&start, &z)).of, [0, 0, 1]);
}

#[test]
fn words_that_occur_nowhere_disturb_nothing() {
    let wide = |gap: bool, rows: [[f64; 4]; 6]| {
        let rows: Vec<Vec<f64>> = rows
            .iter()
            .map(|r| if gap { [&[0.0][..], r, &[0.0, 0.0]].concat() } else { r.to_vec() })
            .collect();
        counts(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>())
    };
    let a = [1.0, 2.0, 0.0, 0.0];
    let b = [0.0, 0.0, 2.0, 1.0];
    let target = wide(true, [a, a, a, b, b, b]);
    let source = wide(true, [b, a, b, a, b, a]);
    let method = SelfTaughtClustering::new(2, 2, 2).lambda(3.0).restarts(8);
    let model = method.fit(&target, &source, &mut silent()).unwrap();
    assert_eq!(clustering_accuracy(&model.target().of, &[0, 0, 0, 1, 1, 1]), 1.0);
    assert!(model.restarts().iter().chain(model.objective()).all(|j| j.is_finite()));
    // Grouping the words by topic loses nothing but what is within a topic.
    let end = model.objective().last().unwrap();
    assert!(end.abs() < 1e-12, "J = {end}");
    assert_eq!(wide(false, [a, a, a, b, b, b]).cols(), 4);
}

#[test]
fn empty_clusters_are_filled_the_same_way_each_time_and_never_raise_it() {
    for draw in 0..300 {
        let mut random = Random::new(draw, "empty", [0, 0]);
        let joint = Joint::new(&random_counts(&mut random, 9, 12));
        let other = Joint::new(&random_counts(&mut random, 9, 12));
        let all_in_one = |n| partition(&vec![0; n], 4);
        let mut sides = vec![
            Side { joint, examples: all_in_one(9), weight: 1.0 },
            Side { joint: other, examples: all_in_one(9), weight: 2.0 },
        ];
        let mut words = all_in_one(12);
        let value = |sides: &[Side], words: &Partition| objective(sides, words);
        let before = value(&sides, &words);
        let mut again = words.clone();
        reseed::features(&sides, &mut words);
        reseed::features(&sides, &mut again);
        assert_eq!(words, again);
        for side in &mut sides {
            super::reseed::examples(&side.joint, &mut side.examples, &words);
        }
        let after = value(&sides, &words);
        assert!(after <= before + 1e-12, "{before} -> {after}");
        for filled in [&words, &sides[0].examples, &sides[1].examples] {
            assert!((0..4).all(|c| filled.of.contains(&c)), "{filled:?}");
        }
    }
}

#[test]
fn lambda_and_feature_clusters_are_chosen_by_the_agreement_of_restarts() {
    let mut random = Random::new(0, "auto", [0, 0]);
    let (target, source) = (random_counts(&mut random, 10, 12), random_counts(&mut random, 20, 12));
    let new = |k| SelfTaughtClustering::new(2, 2, k);
    let both = new(1).automatic_lambda(&LAMBDAS).automatic_feature_clusters(&[2, 3, 5]);
    let model = both.fit(&target, &source, &mut silent()).unwrap();
    assert_eq!(model.candidates().len(), 15);
    let most = model.candidates().iter().map(|c| c.agreement).fold(f64::MIN, f64::max);
    let chosen = *model.candidates().iter().find(|c| c.agreement == most).unwrap();
    assert_eq!(
        (model.lambda(), model.features().clusters),
        (chosen.lambda, chosen.feature_clusters)
    );
    // It is the model that these settings give.
    let set = new(chosen.feature_clusters).lambda(chosen.lambda);
    let same = set.fit(&target, &source, &mut silent()).unwrap();
    assert_eq!((same.target(), same.restarts()), (model.target(), model.restarts()));
    assert!(same.candidates().is_empty());
    assert_eq!(same.agreement(), Some(most));
    assert_eq!(set.restarts(1).fit(&target, &source, &mut silent()).unwrap().agreement(), None);

    let alone = CoClustering::new(2, 1).automatic_feature_clusters(&[2, 3]);
    let model = alone.fit(&target, &mut silent()).unwrap();
    let best = model.candidates().iter().map(|c| c.agreement).fold(f64::MIN, f64::max);
    assert_eq!((model.candidates().len(), model.agreement()), (2, Some(best)));
}

/// As the lesson's documents: of their eight groups of words nothing is told.
#[test]
fn the_number_of_planted_groups_is_found_by_agreement() {
    let table = |data: &Dataset| Counts::from_dense(&data.without_labels()).unwrap();
    let accuracies = (0..4).map(|seed| {
        let target = Documents::new().seed(seed).make();
        let source = Documents::auxiliary().seed(seed).make();
        let method = SelfTaughtClustering::new(2, 8, 1).lambda(10.0).seed(seed);
        let method = method.automatic_feature_clusters(&FEATURE_CLUSTERS);
        let model = method.fit(&table(&target), &table(&source), &mut silent()).unwrap();
        clustering_accuracy(&model.target().of, target.labels().unwrap())
    });
    let accuracies: Vec<f64> = accuracies.collect();
    assert!(accuracies.iter().sum::<f64>() / 4.0 > 0.9, "{accuracies:?}");
}

#[test]
fn settings_out_of_range_are_named() {
    let (target, source) = (counts(&[&[1.0, 2.0], &[2.0, 1.0]]), counts(&[&[1.0, 1.0][..]; 3]));
    let text =
        |m: SelfTaughtClustering| m.fit(&target, &source, &mut silent()).unwrap_err().to_string();
    let ok = || SelfTaughtClustering::new(2, 2, 2);
    assert!(text(SelfTaughtClustering::new(3, 2, 2)).starts_with("`target_clusters` is 3"));
    assert!(text(SelfTaughtClustering::new(2, 4, 2)).starts_with("`source_clusters` is 4"));
    assert!(text(SelfTaughtClustering::new(2, 2, 3)).starts_with("`feature_clusters` is 3"));
    assert!(text(ok().lambda(-1.0)).starts_with("`lambda` is -1: it must be 0 or positive"));
    assert!(text(ok().lambda(f64::NAN)).starts_with("`lambda` is NaN"));
    assert!(text(ok().automatic_lambda(&[])).starts_with("`lambda` is an empty list"));
    assert!(
        text(ok().automatic_feature_clusters(&[])).starts_with("`feature_clusters` is an empty")
    );
    let beyond = ok().automatic_feature_clusters(&[1, 3]);
    assert!(text(beyond).starts_with("`feature_clusters` is 3"));
    assert!(text(ok().automatic_lambda(&LAMBDAS).restarts(1)).starts_with("`restarts` is 1"));
    assert!(text(ok().iterations(0)).starts_with("`iterations` is 0"));
    let wide = counts(&[&[1.0; 3][..]]);
    let error = ok().fit(&target, &wide, &mut silent()).unwrap_err().to_string();
    assert!(error.contains("2 columns against 3 columns"), "{error}");
}

#[test]
fn a_stop_is_heard_between_iterations() {
    struct Stop(usize);
    impl Observer for Stop {
        fn step(&mut self, done: usize) {
            self.0 = done;
        }
        fn interrupted(&self) -> bool {
            self.0 >= 1
        }
    }
    let mut random = Random::new(0, "stop", [0, 0]);
    let target = random_counts(&mut random, 10, 12);
    let error = CoClustering::new(2, 3).fit(&target, &mut Stop(0)).unwrap_err();
    assert!(matches!(error, TransferError::Interrupted { step: 1, checkpoint: None }), "{error}");
}

/// The entropy of the target's clusters, without the source and with it, over six draws.
fn planted(words: usize) -> (f64, f64) {
    let mean = |lambda: f64| {
        let draws = (0..6).map(|seed| {
            let target = Documents::new().words(words).seed(seed).make();
            let source = Documents::auxiliary().words(words).seed(seed).make();
            let table = |data: &Dataset| Counts::from_dense(&data.without_labels()).unwrap();
            let method = SelfTaughtClustering::new(2, 8, 8).lambda(lambda).seed(seed);
            let model = method.fit(&table(&target), &table(&source), &mut silent()).unwrap();
            cluster_entropy(&model.target().of, target.labels().unwrap())
        });
        draws.sum::<f64>() / 6.0
    };
    (mean(0.0), mean(10.0))
}

#[test]
fn shared_groups_of_words_tell_short_documents_apart() {
    let (alone, helped) = planted(20);
    assert!(alone - helped >= 0.3, "{alone:.3} bits alone, {helped:.3} with the source");
}

/// The limit of the method: ten words are too few, whatever is known of their groups.
#[test]
fn very_short_documents_gain_nothing() {
    let (alone, helped) = planted(10);
    assert!((alone - helped).abs() < 0.15, "{alone:.3} bits alone, {helped:.3} with the source");
}
