//! Data sets by spec, and making those of two domains fit one network.

mod known;

use crate::context::Context;
use crate::error::InputError;
use crate::out;
use datasets::{DataError, Dataset, SparseDataset, Spec, Unlabelled, transforms};
use known::load_known;
use std::path::Path;

/// Reads the data set that `spec` names, to be used as `role` (`--source` and the like).
pub(crate) fn load(role: &'static str, spec: &str) -> Result<Dataset, InputError> {
    read(role, spec, datasets::load)
}

fn read<T>(
    role: &'static str,
    spec: &str,
    read: impl FnOnce(&Spec) -> Result<T, DataError>,
) -> Result<T, InputError> {
    let fail = |source| InputError::Data { role, spec: spec.to_owned(), source: Box::new(source) };
    let parsed: Spec = spec.parse().map_err(|e| fail(DataError::from(e)))?;
    read(&parsed).map_err(fail)
}

/// The spec with the size and the channels that samples of such a shape have, if its reader brings
/// pictures of any size to that and it does not say otherwise itself.
pub(crate) fn sized(spec: &str, shape: &[usize]) -> Option<String> {
    let &[channels, height, width] = shape else { return None };
    let spec: Spec = spec.parse().ok()?;
    if !spec.takes("resize") || spec.option("size").is_some() || spec.option("resize").is_some() {
        return None;
    }
    let sized = spec.with_option("size", format!("{height}x{width}")).ok()?;
    let sized = match spec.option("channels") {
        None => sized.with_option("channels", channels).ok()?,
        Some(_) => sized,
    };
    Some(sized.to_string())
}

/// The spec of one picture where its file alone is named; any other spec as it is.
pub(crate) fn one_picture(given: &str) -> String {
    let path = Path::new(given);
    let ends = |ending: &&str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending));
    match ["png", "jpg", "jpeg"].iter().any(ends) && path.is_file() {
        true => Spec::of_part("images", given).map_or(given.to_owned(), |spec| spec.to_string()),
        false => given.to_owned(),
    }
}

/// Whether both name the same data, however they are written.
pub(crate) fn same_spec(a: &str, b: &str) -> bool {
    match (a.parse::<Spec>(), b.parse::<Spec>()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// As [`load`], for data whose labels are needed.
pub(crate) fn load_labelled(role: &'static str, spec: &str) -> Result<Dataset, InputError> {
    let data = load(role, spec)?;
    match data.require_labels() {
        Ok(_) => Ok(data),
        Err(e) => Err(InputError::Data { role, spec: spec.to_owned(), source: Box::new(e) }),
    }
}

impl Context {
    /// As [`load`]; says what the reader took for granted or left out, once if several data sets say
    /// the same, as two ranges of rows of one table do.
    pub(crate) fn load(&self, role: &'static str, spec: &str) -> Result<Dataset, InputError> {
        self.met(role, spec, load(role, spec)?)
    }

    /// As [`load_labelled`], and says the same.
    pub(crate) fn load_labelled(
        &self,
        role: &'static str,
        spec: &str,
    ) -> Result<Dataset, InputError> {
        self.met(role, spec, load_labelled(role, spec)?)
    }

    /// As [`load_known`], and says the same.
    pub(crate) fn load_known(
        &self,
        role: &'static str,
        spec: &str,
        cache: Option<&Path>,
    ) -> Result<Dataset, InputError> {
        self.met(role, spec, load_known(role, spec, cache)?)
    }

    /// Sparse rows as they are, for what can read them; `None` if the data are of another kind.
    pub(crate) fn load_sparse(
        &self,
        role: &'static str,
        spec: &str,
    ) -> Result<Option<SparseDataset>, InputError> {
        let sparse =
            |spec: &Spec| spec.is_sparse().then(|| datasets::load_sparse(spec)).transpose();
        let data = read(role, spec, sparse)?;
        if let Some(data) = &data {
            self.inputs.borrow_mut().data(role, spec, &data.fingerprint());
        }
        Ok(data)
    }

    fn met(&self, role: &'static str, spec: &str, data: Dataset) -> Result<Dataset, InputError> {
        let fail = |e| InputError::Data { role, spec: spec.to_owned(), source: Box::new(e) };
        self.inputs.borrow_mut().data(role, spec, &data.fingerprint().map_err(fail)?);
        for note in data.notes() {
            if self.told.borrow_mut().insert(note.clone()) {
                out::talk(self.quiet, &format!("{role}: {note}"));
            }
        }
        Ok(data)
    }
}

/// Height and width, written `28x28`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) height: usize,
    pub(crate) width: usize,
}

impl std::str::FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Larger pictures than this are a slip; four of these already fill a gigabyte.
        let side = |s: &str| s.parse().ok().filter(|n| (1..=4096).contains(n));
        text.split_once('x')
            .and_then(|(h, w)| Some(Size { height: side(h)?, width: side(w)? }))
            .ok_or_else(|| format!("`{text}` is no size; write HxW, as 28x28, each from 1 to 4096"))
    }
}

/// The shape that samples of all these sets are brought to: colour if one of them has it, `resize`
/// if it is given.
///
/// # Errors
/// If no repeating of grey and no given size makes them fit.
pub(crate) fn common_shape(
    sets: &[(&'static str, &str, &[usize])],
    resize: Option<Size>,
) -> Result<Vec<usize>, InputError> {
    let colour = sets.iter().any(|(_, _, shape)| matches!(shape, [3, _, _]));
    let mut first: Option<Vec<usize>> = None;
    for &(role, name, shape) in sets {
        let mut wanted = shape.to_vec();
        match (&mut wanted[..], resize) {
            ([c, h, w], _) => {
                if *c == 1 && colour {
                    *c = 3;
                }
                if let Some(size) = resize {
                    (*h, *w) = (size.height, size.width);
                }
            }
            (_, Some(_)) => {
                let remedy = "--resize is for images: leave it out";
                let (name, shape) = (name.to_owned(), shape.to_vec());
                return Err(InputError::Shape { role, name, shape, remedy });
            }
            _ => {}
        }
        match &first {
            None => first = Some(wanted),
            Some(common) if *common == wanted => {}
            Some(common) => {
                let (left_role, left, left_shape) = sets[0];
                let remedy = match (&common[..], &wanted[..]) {
                    ([c, h, w], [d, ..]) if c == d && wanted.len() == 3 => {
                        format!("bring them to one size, as with --resize {h}x{w}")
                    }
                    _ => "give data whose samples have the same shape".to_owned(),
                };
                return Err(InputError::Mismatch {
                    left: format!("{left_role} {left}"),
                    left_is: format!("samples of shape {left_shape:?}"),
                    right: format!("{role} {name}"),
                    right_is: format!("{shape:?}"),
                    remedy,
                });
            }
        }
    }
    Ok(first.unwrap_or_default())
}

/// The most numbers of a set of resized samples: 2³⁰, four gigabytes.
const MOST_RESIZED: usize = 1 << 30;

/// Brings the samples to the common shape.
///
/// # Errors
/// If they would then be more numbers than anybody has memory for.
pub(crate) fn fit(data: Dataset, shape: &[usize]) -> Result<Dataset, InputError> {
    if data.sample_shape() == shape {
        return Ok(data);
    }
    check_room(data.name(), data.len(), shape)?;
    Ok(data.map_inputs(|x| reshape(x, shape)))
}

/// As [`fit`], one sample after the other when they are asked for.
pub(crate) fn fit_later(data: Dataset, shape: &[usize]) -> Result<Dataset, InputError> {
    if data.sample_shape() == shape {
        return Ok(data);
    }
    check_room(data.name(), data.len(), shape)?;
    let to = shape.to_vec();
    Ok(data.map_later(format!("reshape 1 {shape:?}"), shape, move |x| reshape(x, &to)))
}

/// As [`fit`], for data without labels.
pub(crate) fn fit_unlabelled(data: Unlabelled, shape: &[usize]) -> Result<Unlabelled, InputError> {
    if data.sample_shape() == shape {
        return Ok(data);
    }
    check_room(data.name(), data.len(), shape)?;
    Ok(data.map_inputs(|x| reshape(x, shape)))
}

fn check_room(name: &str, samples: usize, shape: &[usize]) -> Result<(), InputError> {
    let numbers = shape.iter().try_fold(samples, |n, &x| n.checked_mul(x));
    match numbers.is_some_and(|n| n <= MOST_RESIZED) {
        true => Ok(()),
        false => Err(InputError::TooLarge { name: name.to_owned(), samples, shape: shape.into() }),
    }
}

/// Checks that samples of this shape can be brought to the one that a model takes: grey becomes
/// colour where the model wants it, the size changes if `size` says so. `resizing` is the flag that
/// would say so.
///
/// # Errors
/// If they cannot.
pub(crate) fn check_fits_model(
    (role, name, found): (&'static str, &str, &[usize]),
    file: &str,
    model: &[usize],
    size: Option<Size>,
    resizing: &str,
) -> Result<(), InputError> {
    let (fits, remedy) = match (found, model) {
        ([c, h, w], [d, height, width]) => {
            let channels = c == d || (*c == 1 && *d == 3);
            let (h, w) = size.map_or((*h, *w), |s| (s.height, s.width));
            let remedy = match channels && size.is_none() {
                true => format!("resize the images to {height}x{width} by {resizing}"),
                false => "give data like the model's, or another model".to_owned(),
            };
            (channels && (h, w) == (*height, *width), remedy)
        }
        _ => (found == model, "give data like the model's, or another model".to_owned()),
    };
    if fits {
        return Ok(());
    }
    Err(InputError::Mismatch {
        left: format!("{role} {name}"),
        left_is: format!("samples of shape {found:?}"),
        right: format!("the model {file}"),
        right_is: format!("inputs of shape {model:?}"),
        remedy,
    })
}

/// Resizes first: one plane instead of three equal ones.
fn reshape(inputs: ndarray::ArrayViewD<'_, f32>, shape: &[usize]) -> ndarray::ArrayD<f32> {
    let resized = match inputs.shape()[2..] == shape[1..] {
        true => inputs.into_owned(),
        false => transforms::resize(inputs, shape[1], shape[2]),
    };
    match resized.shape()[1] == shape[0] {
        true => resized,
        false => transforms::grey_to_rgb(resized.view()),
    }
}

/// Checks that the labels of `data` are classes of `classes`, in the same order.
///
/// # Errors
/// If there are more of them, or words that differ. As many plain numbers go with any names, since
/// some formats have no other names.
pub(crate) fn check_classes(
    (left_role, left, classes): (&'static str, &str, &[String]),
    right_role: &'static str,
    data: &Dataset,
) -> Result<(), InputError> {
    if same_classes(classes, data.classes()) {
        return Ok(());
    }
    let named = |names: &[String]| {
        let shown: Vec<&str> = names.iter().take(12).map(String::as_str).collect();
        let more = if names.len() > shown.len() { ", ..." } else { "" };
        format!("{} classes ({}{more})", names.len(), shown.join(", "))
    };
    Err(InputError::Mismatch {
        left: format!("{left_role} {left}"),
        left_is: named(classes),
        right: format!("{right_role} {}", data.name()),
        right_is: named(data.classes()),
        remedy: "both need the same classes in the same order".into(),
    })
}

/// Whether labels of `these` can be read as labels of `all`.
pub(crate) fn same_classes(all: &[String], these: &[String]) -> bool {
    let number = |names: &[String]| names.iter().all(|n| n.parse::<u64>().is_ok());
    match number(all) == number(these) {
        true => these.len() <= all.len() && all.iter().zip(these).all(|(a, b)| a == b),
        false => these.len() == all.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_nonsense_is_refused() {
        assert_eq!("28x32".parse(), Ok(Size { height: 28, width: 32 }));
        for text in ["28", "0x3", "x", "3x", "99999x3", "3x3x3"] {
            assert!(text.parse::<Size>().unwrap_err().contains("HxW"), "{text}");
        }
    }

    #[test]
    fn grey_becomes_colour_where_the_other_is_and_sizes_must_agree() {
        let (grey, colour, large) = ([1, 28, 28], [3, 28, 28], [3, 32, 32]);
        let a = ("--source", "a", &grey[..]);
        assert_eq!(common_shape(&[a, a], None).unwrap(), [1, 28, 28]);
        assert_eq!(common_shape(&[a, ("--target", "b", &colour)], None).unwrap(), [3, 28, 28]);
        let error = common_shape(&[a, ("--target", "b", &large)], None).unwrap_err().to_string();
        assert_eq!(
            error,
            "--source a has samples of shape [1, 28, 28], --target b has [3, 32, 32]; \
             bring them to one size, as with --resize 28x28"
        );
        let size = Some(Size { height: 32, width: 32 });
        assert_eq!(common_shape(&[a, ("--target", "b", &large)], size).unwrap(), [3, 32, 32]);
        assert!(common_shape(&[("--source", "rows", &[2])], size).is_err());
        assert!(common_shape(&[a, ("--target", "rows", &[2])], None).is_err());
    }

    #[test]
    fn pictures_get_the_size_and_the_channels_of_a_model() {
        let sized = |spec: &str| sized(spec, &[1, 28, 32]);
        assert_eq!(sized("images:a").as_deref(), Some("images:a?channels=1&size=28x32"));
        assert_eq!(sized("images:a?channels=3").unwrap(), "images:a?channels=3&size=28x32");
        assert_eq!(sized("images:a?size=9"), None);
        assert_eq!(sized("mnist:a"), None);
    }

    #[test]
    fn classes_are_the_same_by_name_or_by_number() {
        let names = |s: &str| s.split(' ').map(String::from).collect::<Vec<_>>();
        assert!(same_classes(&names("cat dog"), &names("cat dog")));
        assert!(same_classes(&names("cat dog"), &names("0 1")));
        assert!(same_classes(&names("0 1 2"), &names("0 1")));
        assert!(!same_classes(&names("0 1"), &names("0 1 2")));
        assert!(!same_classes(&names("cat dog"), &names("dog cat")));
        assert!(!same_classes(&names("cat dog emu"), &names("0 1")));
    }
}
