//! The labelled target examples of a seed: those to learn from, those held out of the training, and
//! those that give the score.

use super::Flags;
use datasets::Dataset;
use transfer::TransferError;

/// The target as one seed sees it.
#[derive(Clone)]
pub(super) struct Drawn {
    pub(super) few: Dataset,
    /// A share of the examples drawn, which chooses the epoch.
    pub(super) held_out: Option<Dataset>,
    pub(super) test: Dataset,
}

impl Drawn {
    /// Draws from `target` as the settings have it. Without `test` data what is left gives the score;
    /// what is held out is held out of the examples drawn.
    ///
    /// # Errors
    /// If a class has fewer examples than shots, none to learn from beside the one held out, or
    /// nothing is left for the score.
    pub(super) fn of(
        target: &Dataset,
        test: Option<&Dataset>,
        flags: &Flags,
        seed: u64,
    ) -> Result<Self, TransferError> {
        let (few, test) = match flags.shots {
            None => (target.clone(), test.unwrap_or(target).clone()),
            Some(k) => {
                let rows = target.shot_rows(k, seed)?;
                let test = match test {
                    Some(test) => test.clone(),
                    None => target.without_rows(&rows).ok_or_else(|| nothing_left(k, target))?,
                };
                (target.select(&rows), test)
            }
        };
        let Some(share) = flags.hold_out else { return Ok(Drawn { few, held_out: None, test }) };
        let counts = few.class_counts();
        if let Some(class) = counts.iter().position(|n| *n == 1) {
            return Err(TransferError::Unsuitable {
                data: target.name().to_owned(),
                problem: format!(
                    "of class `{}` there is 1 labelled example, and holding one out leaves none to \
                     learn from",
                    target.classes()[class]
                ),
                remedy: "give two or more of each class, as by --shots 2, or leave out --hold-out",
            });
        }
        let (few, held_out) = few.split_stratified(1.0 - share, seed)?;
        Ok(Drawn { few, held_out: Some(held_out), test })
    }
}

fn nothing_left(shots: usize, target: &Dataset) -> TransferError {
    TransferError::Mismatch {
        what: "the shots leave nothing of the target to test on",
        left: format!("{shots} shots of each class"),
        right: format!("{} of {} examples", target.name(), target.len()),
        remedy: "give --test, or fewer shots",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array;

    /// Rows whose only value is their number, of three classes in turn but for a last one that is alone.
    fn numbered(n: usize, alone: bool) -> Dataset {
        let inputs = Array::from_shape_fn((n, 1), |(i, _)| i as f32).into_dyn();
        let labels = (0..n).map(|i| if alone && i + 1 == n { 3 } else { i % 3 }).collect();
        let classes = ["a", "b", "c", "d"][..if alone { 4 } else { 3 }].to_vec();
        let classes = classes.into_iter().map(String::from).collect();
        Dataset::new("numbered", inputs, Some(labels), classes).unwrap()
    }

    fn rows(data: &Dataset) -> Vec<usize> {
        let mut rows: Vec<usize> = data.inputs().iter().map(|&x| x as usize).collect();
        rows.sort_unstable();
        rows
    }

    fn flags(shots: Option<usize>, hold_out: f64) -> Flags {
        Flags { shots, hold_out: Some(hold_out), ..Flags::default() }
    }

    #[test]
    fn what_is_held_out_is_of_the_examples_drawn_and_never_of_the_test_data() {
        let target = numbered(60, false);
        for (share, each) in [(0.01, 1), (0.4, 2), (0.99, 4)] {
            let draw = |seed| Drawn::of(&target, None, &flags(Some(5), share), seed).unwrap();
            let drawn = draw(7);
            let held_out = drawn.held_out.as_ref().unwrap();
            assert_eq!(held_out.class_counts(), [each; 3], "{share}");
            assert_eq!(drawn.few.class_counts(), [5 - each; 3], "{share}");
            let mut shots = [rows(&drawn.few), rows(held_out)].concat();
            shots.sort_unstable();
            assert_eq!(shots, rows(&target.shots(5, 7).unwrap()), "{share}");
            assert!(rows(&drawn.test).iter().all(|row| !shots.contains(row)), "{share}");
            assert_eq!(drawn.test.len() + shots.len(), 60, "{share}");
            assert_eq!(rows(draw(7).held_out.as_ref().unwrap()), rows(held_out), "{share}");
            assert_ne!(rows(draw(8).held_out.as_ref().unwrap()), rows(held_out), "{share}");
        }
        // All of the target, and test data of its own.
        let test = numbered(9, false);
        let drawn = Drawn::of(&target, Some(&test), &flags(None, 0.25), 0).unwrap();
        assert_eq!((drawn.few.len(), rows(&drawn.test)), (45, rows(&test)));
    }

    #[test]
    fn a_class_keeps_an_example_to_learn_from() {
        let test = numbered(9, true);
        for (target, shots) in [(numbered(60, false), Some(1)), (numbered(61, true), None)] {
            let drawn = Drawn::of(&target, Some(&test), &flags(shots, 0.5), 0);
            let error = drawn.map(|_| ()).unwrap_err().to_string();
            assert!(error.contains("leaves none to learn from; give two or more"), "{error}");
            let class = if shots.is_none() { "class `d`" } else { "class `a`" };
            assert!(error.starts_with("numbered: of ") && error.contains(class), "{error}");
        }
    }
}
