//! How one data set differs from another.

use crate::data;
use crate::out;
use datasets::{ChannelShift, Dataset, shift, transforms};
use serde_json::{Value, json};
use transfer::advise::{Classes, Distance, Domain};

/// Channels that are listed; of more, those that move the farthest.
const LISTED: usize = 5;
/// The distance of larger images is measured on thumbnails of this side: a support vector machine
/// on more takes minutes.
const THUMBNAIL: usize = 32;

/// What was measured between two data sets.
pub(super) struct Shift {
    classes: Classes,
    /// The names of classes that one side has alone.
    only: [Vec<String>; 2],
    /// `None` if the samples have no shape in common.
    channels: Option<Vec<ChannelShift>>,
    distance: Distance,
    /// The size that the distance was measured at, if that is not the images' own.
    thumbnails: Option<(usize, usize)>,
}

impl Shift {
    /// Measures; grey images are made colour beside coloured ones, and nothing is resized.
    pub(super) fn of(from: &Dataset, to: &Dataset, seed: u64) -> Self {
        let domains = [from, to].map(|data| Domain::of(data, true));
        let alone = |these: &Dataset, others: &Dataset| -> Vec<String> {
            let new = these.classes().iter().filter(|name| !others.classes().contains(name));
            new.cloned().collect()
        };
        let sets =
            [("SPEC", from.name(), from.sample_shape()), ("SPEC", to.name(), to.sample_shape())];
        let fitted = data::common_shape(&sets, None).ok().and_then(|shape| {
            Some((data::fit(from.clone(), &shape).ok()?, data::fit(to.clone(), &shape).ok()?))
        });
        let only = [alone(from, to), alone(to, from)];
        let classes = Classes::of(&domains[0], &domains[1]);
        let Some((a, b)) = fitted else {
            let (channels, distance) = (None, Distance::Shapes);
            return Self { classes, only, channels, distance, thumbnails: None };
        };
        let channels = shift(&a, &b);
        let thumbnails = match *a.sample_shape() {
            [_, h, w] if h.max(w) > THUMBNAIL => {
                let side = |n: usize| (n * THUMBNAIL / h.max(w)).max(1);
                Some((side(h), side(w)))
            }
            _ => None,
        };
        let plain = |data: Dataset| match thumbnails {
            Some((h, w)) => data.without_labels().map_inputs(|x| transforms::resize(x, h, w)),
            None => data.without_labels(),
        };
        let distance = Distance::of(&plain(a), &plain(b), seed);
        Self { classes, only, channels, distance, thumbnails }
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!("shift\n  classes   {}\n", self.relation());
        match &self.channels {
            None => text.push_str("  channels  not measured: the samples have different shapes\n"),
            Some(all) => {
                let mut rows =
                    vec![["channel", "mean", "moves by", "variance"].map(String::from).to_vec()];
                let mut order: Vec<usize> = (0..all.len()).collect();
                order.sort_by(|&a, &b| all[b].mean().abs().total_cmp(&all[a].mean().abs()));
                order.truncate(LISTED);
                order.sort_unstable();
                rows.extend(order.into_iter().map(|c| row(c, &all[c])));
                let table = out::table(&rows, 1);
                table.lines().for_each(|line| text.push_str(&format!("  {line}\n")));
                if all.len() > LISTED {
                    text.push_str(&format!(
                        "  the {LISTED} of {} that move the farthest\n",
                        all.len()
                    ));
                }
            }
        }
        text + &format!("  proxy A-distance  {}\n", self.far())
    }

    fn relation(&self) -> String {
        let named = |names: &[String]| {
            let shown: Vec<&str> = names.iter().take(12).map(String::as_str).collect();
            let more = if names.len() > shown.len() { ", ..." } else { "" };
            format!("{}{more}", shown.join(", "))
        };
        match self.classes {
            Classes::Unknown => "unknown: one side does not name any".into(),
            Classes::Same => "the same".into(),
            Classes::Disjoint => "none in common".into(),
            Classes::Overlap { common } => {
                let sides = ["first", "second"].iter().zip(&self.only);
                let alone = sides.filter(|(_, names)| !names.is_empty());
                let alone =
                    alone.map(|(side, names)| format!("; only in the {side}: {}", named(names)));
                format!("{common} in common{}", alone.collect::<String>())
            }
        }
    }

    fn far(&self) -> String {
        match self.distance {
            Distance::Of { value, source, target } => {
                let size = self.thumbnails.map(|(h, w)| format!(" at {h}x{w}")).unwrap_or_default();
                format!(
                    "{value:.2} of 2: 0 if a linear classifier cannot tell them apart, 2 if it \
                     always can; on {source} and {target} samples{size}"
                )
            }
            Distance::Shapes => "not measured: the samples have different shapes".into(),
            Distance::TooFew => "not measured: that takes two samples of each".into(),
            Distance::NotFinite => "not measured: values are missing".into(),
        }
    }

    pub(super) fn json(&self) -> Value {
        let channel = |c: &ChannelShift| {
            json!({
                "mean": [c.from.mean, c.to.mean],
                "std": [c.from.std, c.to.std],
                "moves_by": c.mean(),
                "variance_ratio": c.variance(),
            })
        };
        let channels =
            self.channels.as_ref().map(|all| all.iter().map(channel).collect::<Vec<_>>());
        let samples = match self.distance {
            Distance::Of { source, target, .. } => json!([source, target]),
            _ => Value::Null,
        };
        json!({
            "only_in_first": self.only[0],
            "only_in_second": self.only[1],
            "channels": channels,
            "a_distance": self.distance.value(),
            "a_distance_samples": samples,
        })
    }
}

fn row(number: usize, channel: &ChannelShift) -> Vec<String> {
    vec![
        number.to_string(),
        format!("{:.3} -> {:.3}", channel.from.mean, channel.to.mean),
        format!("{:+.2} std", channel.mean()),
        format!("x {:.2}", channel.variance()),
    ]
}
