//! Samples of one data set or two, drawn.

use crate::data;
use crate::error::InputError;
use datasets::{Dataset, Unlabelled, transforms};
use ndarray::{ArrayD, Axis};
use std::path::Path;
use tensor_autograd::{Real, Tensor};
use transfer::measures::principal_plane;
use transfer::pictures::{self, Points};

const COLUMNS: usize = 10;
/// Rows of images of a data set alone; of two, each has half.
const ROWS: usize = 6;
/// Larger images are drawn as thumbnails of this side.
const THUMBNAIL: usize = 48;
/// Points of each data set.
const POINTS: usize = 500;
/// The principal plane of more numbers than this takes too long.
const WIDEST: usize = 2000;

/// Draws samples into a file.
///
/// # Errors
/// If two data sets have no shape in common, if there is no picture of such samples, or the file
/// cannot be written.
pub(super) fn write(path: &Path, sets: &[Dataset], seed: u64) -> anyhow::Result<()> {
    let described: Vec<_> =
        sets.iter().map(|data| ("SPEC", data.name(), data.sample_shape())).collect();
    let shape = data::common_shape(&described, None)?;
    let each = match *shape {
        [1 | 3, _, _] => COLUMNS * ROWS / sets.len(),
        _ => POINTS,
    };
    let fitted: Result<Vec<Dataset>, InputError> =
        sets.iter().map(|data| data::fit(some(data, each, seed)?, &shape)).collect();
    let fitted = fitted?;
    let svg = match *shape {
        [1 | 3, _, _] => images(&fitted),
        [width] if (2..=WIDEST).contains(&width) => plane(&fitted),
        _ => {
            let (name, remedy) = (sets[0].name().to_owned(), "there is no picture of such samples");
            return Err(InputError::Shape { role: "SPEC", name, shape, remedy }.into());
        }
    };
    nn_layers::write_atomically(path, |out| out.write_all(svg.as_bytes()))?;
    Ok(())
}

/// A few rows, as many of each class as of any other, class after class.
fn some(data: &Dataset, n: usize, seed: u64) -> Result<Dataset, InputError> {
    let n = n.min(data.len());
    let mut rows = match data.labels() {
        Some(_) => data.few_rows(n, seed).expect("there are so many rows, and labels"),
        None => datasets::epoch_order(data.len(), seed, 0)[..n].to_vec(),
    };
    rows.sort_by_key(|&row| (data.labels().map(|labels| labels[row]), row));
    Ok(data.select(&rows))
}

/// Images in a grid, with the names of their classes.
fn images(sets: &[Dataset]) -> String {
    let mut captions = Vec::new();
    let mut all = Vec::new();
    for data in sets {
        let names = data.labels().map(|labels| labels.iter().map(|&l| data.classes()[l].clone()));
        match names {
            Some(names) => captions.extend(names),
            None => captions.extend(vec![String::new(); data.len()]),
        }
        // The second data set begins a row of its own.
        captions.resize(captions.len().next_multiple_of(COLUMNS), String::new());
        all.push(padded(thumbnails(data)));
    }
    let views: Vec<_> = all.iter().map(|images| images.view()).collect();
    let joined = ndarray::concatenate(Axis(0), &views).expect("they have one shape");
    let rows = joined.len_of(Axis(0)) / COLUMNS;
    let data = Unlabelled::new("samples", joined).expect("there is an image");
    let captions = if captions.iter().all(String::is_empty) { vec![] } else { captions };
    pictures::contact_sheet(&data, rows, COLUMNS, &captions)
}

/// Images of at most 48 pixels a side, of values from 0 to 1: what goes beyond is scaled to that.
fn thumbnails(data: &Dataset) -> ArrayD<f32> {
    let &[_, h, w] = data.sample_shape() else { unreachable!("these are images") };
    let longest = h.max(w);
    let side = |n: usize| if longest > THUMBNAIL { (n * THUMBNAIL / longest).max(1) } else { n };
    let mut values = transforms::resize(data.inputs(), side(h), side(w));
    let bound = |start: f32, f: fn(f32, f32) -> f32| values.iter().copied().fold(start, f);
    let (low, high) = (bound(0.0, f32::min), bound(1.0, f32::max));
    if low < 0.0 || high > 1.0 {
        values.mapv_inplace(|x| (x - low) / (high - low));
    }
    values
}

/// White images after the last, to fill its row.
fn padded(images: ArrayD<f32>) -> ArrayD<f32> {
    let n = images.len_of(Axis(0));
    let mut shape = images.shape().to_vec();
    shape[0] = n.next_multiple_of(COLUMNS) - n;
    let white = ArrayD::ones(shape);
    ndarray::concatenate(Axis(0), &[images.view(), white.view()]).expect("they have one shape")
}

/// Samples on their common principal plane; two columns are drawn as they are.
fn plane(sets: &[Dataset]) -> String {
    let width = sets[0].sample_shape()[0];
    let inputs = sets.iter().flat_map(|data| data.inputs().iter().copied().collect::<Vec<_>>());
    let values: Vec<f32> = inputs.collect();
    let all = Tensor::from_fn([values.len() / width, width], |i| values[i] as Real);
    let points = if width == 2 { all } else { principal_plane(&all) };
    let mut groups = Vec::new();
    let mut start = 0;
    for (number, data) in sets.iter().enumerate() {
        let rows = start..start + data.len();
        start = rows.end;
        let of = |name: &str, colour, label: Option<usize>| {
            let row =
                |i: usize| rows.contains(&i) && data.labels().map(|l| l[i - rows.start]) == label;
            Points::of(name, colour, number == 1, &points, row)
        };
        match data.labels() {
            None => groups.push(of(data.name(), 7 - number, None)),
            Some(_) => {
                let classes = data.classes().iter().enumerate();
                groups.extend(classes.map(|(label, class)| of(class, label, Some(label))));
            }
        }
    }
    groups.retain(|group| !group.points.is_empty());
    pictures::scatter(
        if width == 2 { "samples" } else { "samples on their principal plane" },
        &groups,
    )
}
