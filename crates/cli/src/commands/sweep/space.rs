//! The settings that trials are made of.

use crate::error::UsageError;
use tensor_autograd::Rng;

/// One trial's settings: flags without their dashes, and their values.
pub(super) type Settings = Vec<(String, String)>;

/// A setting and where its values come from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) name: String,
    values: Values,
}

#[derive(Clone, Debug, PartialEq)]
enum Values {
    These(Vec<String>),
    /// Uniformly between two numbers, or uniformly in their logarithm; whole ones if both bounds are.
    Between {
        low: f64,
        high: f64,
        log: bool,
        whole: bool,
    },
}

impl Axis {
    /// `NAME=V,V,V`
    pub(super) fn grid(text: &str) -> Result<Self, UsageError> {
        let (name, values) = split("--grid", text, "NAME=VALUE,VALUE, as lr=0.01,0.03")?;
        let values: Vec<String> = values.split(',').map(|v| v.trim().to_owned()).collect();
        match values.iter().any(String::is_empty) {
            true => Err(malformed("--grid", text, "NAME=VALUE,VALUE, no value empty")),
            false => Ok(Axis { name, values: Values::These(values) }),
        }
    }

    /// `NAME=LOW..HIGH`; where `log`, both positive.
    pub(super) fn range(text: &str, log: bool) -> Result<Self, UsageError> {
        let (flag, form) = match log {
            false => ("--range", "NAME=LOW..HIGH, as momentum=0.5..0.95"),
            true => ("--log-range", "NAME=LOW..HIGH, both positive, as lr=0.001..0.1"),
        };
        let (name, bounds) = split(flag, text, form)?;
        let bounds = bounds.split_once("..").ok_or_else(|| malformed(flag, text, form))?;
        let number = |s: &str| s.trim().parse::<f64>().ok().filter(|x| x.is_finite());
        let (Some(low), Some(high)) = (number(bounds.0), number(bounds.1)) else {
            return Err(malformed(flag, text, form));
        };
        if low >= high || log && low <= 0.0 {
            return Err(malformed(flag, text, form));
        }
        let whole = [bounds.0, bounds.1].iter().all(|b| b.trim().parse::<i64>().is_ok());
        Ok(Axis { name, values: Values::Between { low, high, log, whole } })
    }

    fn draw(&self, rng: &mut Rng) -> String {
        match &self.values {
            Values::These(values) => values[rng.below(values.len())].clone(),
            &Values::Between { low, high, log, whole } => {
                let u = f64::from(rng.uniform());
                let x = match log {
                    true => low * (high / low).powf(u),
                    false => low + (high - low) * u,
                };
                if whole { format!("{x:.0}") } else { readable(x) }
            }
        }
    }
}

/// Four digits suffice, and can be typed again.
fn readable(x: f64) -> String {
    let rounded: f64 = format!("{x:.3e}").parse().expect("a number was written");
    rounded.to_string()
}

fn split(
    flag: &'static str,
    text: &str,
    form: &'static str,
) -> Result<(String, String), UsageError> {
    match text.split_once('=') {
        Some((name, values)) if !name.trim().is_empty() => {
            Ok((name.trim().trim_start_matches('-').to_owned(), values.to_owned()))
        }
        _ => Err(malformed(flag, text, form)),
    }
}

fn malformed(flag: &'static str, text: &str, form: &'static str) -> UsageError {
    UsageError::Range { flag, value: format!("`{text}`"), range: form }
}

/// More trials than this are taken for a slip.
const MOST: usize = 10_000;

/// Every combination of the values, the last axis changing fastest; or `random` draws.
///
/// # Errors
/// If there is no axis, one is given twice, a range is to be combined, or there are too many.
pub(super) fn trials(
    axes: &[Axis],
    random: Option<usize>,
    seed: u64,
) -> Result<Vec<Settings>, UsageError> {
    if axes.is_empty() {
        let remedy = "name settings and their values, as --grid lr=0.01,0.03";
        return Err(UsageError::Missing { what: "--grid", remedy });
    }
    if (1..axes.len()).any(|i| axes[..i].iter().any(|a| a.name == axes[i].name)) {
        return Err(UsageError::Conflict("a setting stands twice among --grid and --range"));
    }
    if let Some(n) = random {
        let fits = (1..=MOST).contains(&n);
        crate::run::within("--random", Some(n), fits, "from 1 to 10000")?;
        let draw = |i: usize| {
            let mut rng = Rng::seed(seed).fork(&format!("trial {i}"));
            axes.iter().map(|axis| (axis.name.clone(), axis.draw(&mut rng))).collect()
        };
        return Ok((0..n).map(draw).collect());
    }
    let mut all: Vec<Settings> = vec![Vec::new()];
    for axis in axes {
        let Values::These(values) = &axis.values else {
            return Err(UsageError::Conflict(
                "a range has no end of values: say how many to draw by --random N",
            ));
        };
        if all.len() * values.len() > MOST {
            return Err(UsageError::Conflict(
                "the grid has more than 10000 trials: give fewer values, or --random N",
            ));
        }
        let with = |settings: &Settings, value: &String| {
            let own = (axis.name.clone(), value.clone());
            settings.iter().cloned().chain([own]).collect::<Settings>()
        };
        all = all.iter().flat_map(|s| values.iter().map(move |v| with(s, v))).collect();
    }
    Ok(all)
}

/// As they are written in a table and after a command.
pub(super) fn said(settings: &Settings) -> String {
    settings.iter().map(|(name, value)| format!("--{name} {value}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(text: &str) -> Axis {
        Axis::grid(text).unwrap()
    }

    #[test]
    fn a_grid_has_every_combination_once() {
        let axes = [grid("lr=0.1,0.2"), grid("--net=mlp,lenet")];
        let all: Vec<String> = trials(&axes, None, 0).unwrap().iter().map(said).collect();
        let expected = [
            "--lr 0.1 --net mlp",
            "--lr 0.1 --net lenet",
            "--lr 0.2 --net mlp",
            "--lr 0.2 --net lenet",
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn draws_stay_within_their_bounds_and_are_the_same_for_a_seed() {
        let axes = [
            Axis::range("lr=0.001..0.1", true).unwrap(),
            Axis::range("batch-size=8..64", false).unwrap(),
            grid("net=a,b"),
        ];
        let all = trials(&axes, Some(400), 7).unwrap();
        assert_eq!(all, trials(&axes, Some(400), 7).unwrap());
        assert_ne!(all, trials(&axes, Some(400), 8).unwrap());
        let lr: Vec<f64> = all.iter().map(|s| s[0].1.parse().unwrap()).collect();
        assert!(lr.iter().all(|x| (0.001..=0.1).contains(x)));
        let below = lr.iter().filter(|x| **x < 0.01).count();
        assert!((150..250).contains(&below), "half of the draws are in the lower decade: {below}");
        assert!(all.iter().all(|s| (8..=64).contains(&s[1].1.parse::<i64>().unwrap())));
        assert!(["a", "b"].iter().all(|net| all.iter().any(|s| s[2].1 == *net)));
    }

    #[test]
    fn what_is_no_axis_is_refused() {
        for text in ["lr", "=1", "lr=", "lr=1,,2"] {
            assert!(Axis::grid(text).unwrap_err().to_string().contains("--grid"), "{text}");
        }
        for text in ["lr=1", "lr=2..1", "lr=a..b", "lr=0..1", "lr=-1..1"] {
            assert!(Axis::range(text, true).is_err(), "{text}");
        }
        let range = Axis::range("lr=0..1", false).unwrap();
        let error = trials(&[range], None, 0).unwrap_err().to_string();
        assert!(error.contains("--random N"), "{error}");
        assert!(trials(&[grid("a=1"), grid("a=2")], None, 0).is_err());
        assert!(trials(&[], None, 0).is_err());
    }
}
