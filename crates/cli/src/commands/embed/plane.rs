//! Features in the plane, and the pictures of them.

use super::Domain;
use std::collections::BTreeMap;
use std::path::Path;
use tensor_autograd::Tensor;
use transfer::TransferError;
use transfer::measures::{TSne, principal_plane};
use transfer::pictures::{self, COLOURS, Points};

/// Classes with a colour and a line in the legend; all others share one.
const COLOURED: usize = COLOURS.len() - 1;

/// The samples of a domain that are drawn.
pub(super) struct Side<'a> {
    pub(super) domain: &'a Domain,
    /// Their rows in the domain.
    pub(super) rows: Vec<usize>,
}

impl<'a> Side<'a> {
    pub(super) fn of(domain: &'a Domain, points: usize) -> Self {
        Side { domain, rows: sample(domain.data.len(), points) }
    }

    /// The class of a row, if the data has labels.
    pub(super) fn class(&self, row: usize) -> Option<&str> {
        let data = &self.domain.data;
        Some(&data.classes()[data.labels()?[row]])
    }
}

/// At most `n` of `len` rows, the same ones every time.
pub(super) fn sample(len: usize, n: usize) -> Vec<usize> {
    let mut rows = datasets::epoch_order(len, 0, 0);
    rows.truncate(n);
    rows.sort_unstable();
    rows
}

/// These rows of `[n, d]`.
pub(super) fn select(features: &Tensor, rows: &[usize]) -> Tensor {
    let d = features.shape()[1];
    let numbers = rows.iter().flat_map(|r| &features.as_slice()[r * d..(r + 1) * d]);
    Tensor::new([rows.len(), d], numbers.copied().collect())
}

/// The drawn samples of all sides, one after the other, in two planes.
pub(super) struct Planes {
    pub(super) pca: Tensor,
    pub(super) tsne: Tensor,
}

impl Planes {
    /// Both planes of all sides together, so that near in one domain is near in the other.
    pub(super) fn of(sides: &[Side<'_>], perplexity: f64) -> Self {
        let d = sides[0].domain.features.shape()[1];
        let chosen = sides.iter().map(|side| select(&side.domain.features, &side.rows));
        let all: Vec<_> = chosen.flat_map(|t| t.as_slice().to_vec()).collect();
        let all = Tensor::new([all.len() / d, d], all);
        Planes {
            pca: principal_plane(&all),
            tsne: TSne::default().perplexity(perplexity).fit(&all),
        }
    }

    /// Draws each plane by domain, if there are two, and by class; the names of the files.
    pub(super) fn draw(
        &self,
        out: &Path,
        sides: &[Side<'_>],
    ) -> Result<Vec<String>, TransferError> {
        let mut files = Vec::new();
        for (name, title, plane) in [("pca", "PCA", &self.pca), ("tsne", "t-SNE", &self.tsne)] {
            let mut write = |by: &str, groups: &[Points]| {
                let file = format!("{name}-{by}.svg");
                let picture = pictures::scatter(&format!("features by {by}, {title}"), groups);
                let fill = |out: &mut dyn std::io::Write| out.write_all(picture.as_bytes());
                nn_layers::write_atomically(&out.join(&file), fill)?;
                files.push(file);
                Ok::<(), TransferError>(())
            };
            if sides.len() > 1 {
                write("domain", &by_domain(sides, plane))?;
            }
            write("class", &by_class(sides, plane))?;
        }
        Ok(files)
    }
}

/// The side and the row in it of every drawn sample.
fn places<'a>(sides: &'a [Side<'a>]) -> Vec<(usize, usize)> {
    let of = |(s, side): (usize, &'a Side<'a>)| side.rows.iter().map(move |row| (s, *row));
    sides.iter().enumerate().flat_map(of).collect()
}

fn by_domain(sides: &[Side<'_>], plane: &Tensor) -> Vec<Points> {
    let places = places(sides);
    let group = |(s, side): (usize, &Side<'_>)| {
        // A spec would not fit beside the points.
        Points::of(side.domain.name, s, s > 0, plane, |i| places[i].0 == s)
    };
    sides.iter().enumerate().map(group).collect()
}

/// A colour for each class, the most frequent first; crosses for the second domain.
fn by_class(sides: &[Side<'_>], plane: &Tensor) -> Vec<Points> {
    let places = places(sides);
    let class = |i: usize| sides[places[i].0].class(places[i].1).unwrap_or("without label");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    (0..places.len()).for_each(|i| *counts.entry(class(i)).or_default() += 1);
    let mut classes: Vec<&str> = counts.keys().copied().collect();
    classes.sort_by_key(|class| (std::cmp::Reverse(counts[class]), *class));
    let colour = |i: usize| {
        let place = classes.iter().position(|c| *c == class(i)).unwrap_or(COLOURED);
        place.min(COLOURED)
    };
    let mut groups = Vec::new();
    for (s, side) in sides.iter().enumerate() {
        for c in 0..=COLOURED.min(classes.len() - 1) {
            let name = match c == COLOURED && classes.len() > COLOURS.len() {
                true => "all others",
                false => classes[c],
            };
            let name = match sides.len() {
                1 => name.to_owned(),
                _ => format!("{}: {name}", side.domain.name),
            };
            let points = Points::of(name, c, s > 0, plane, |i| places[i].0 == s && colour(i) == c);
            if !points.points.is_empty() {
                groups.push(points);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use datasets::Dataset;
    use ndarray::ArrayD;

    #[test]
    fn every_sample_is_in_one_group_and_rare_classes_share_one() {
        let n = 66; // of eleven classes, class c has c + 1 samples
        let labels: Vec<usize> = (0..11).flat_map(|c| vec![c; c + 1]).collect();
        let classes: Vec<String> = (0..11).map(|c| format!("c{c}")).collect();
        let data = Dataset::new("d", ArrayD::zeros(vec![n, 3]), Some(labels), classes).unwrap();
        let features = Tensor::from_fn([n, 3], |i| (i * i % 17) as _);
        let first = Domain { name: "first", data, features };
        let plane = Tensor::from_fn([n, 2], |i| i as _);
        let groups = by_class(&[Side::of(&first, 100)], &plane);
        let sizes: Vec<(&str, usize)> =
            groups.iter().map(|g| (g.name.as_str(), g.points.len())).collect();
        let want = ["c10", "c9", "c8", "c7", "c6", "c5", "c4", "c3", "c2", "all others"];
        assert_eq!(sizes.iter().map(|s| s.0).collect::<Vec<_>>(), want);
        assert_eq!(sizes.iter().map(|s| s.1).collect::<Vec<_>>(), [11, 10, 9, 8, 7, 6, 5, 4, 3, 3]);
        assert_eq!(Side::of(&first, 20).rows.len(), 20);
    }
}
