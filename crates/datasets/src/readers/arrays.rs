//! From an array in a file to inputs and labels, for the formats that hold arrays of any type.
//!
//! | shape | is |
//! |---|---|
//! | `[n, f]` | features, as they are |
//! | `[n, h, w]` | grey pictures, `[n, 1, h, w]` |
//! | `[n, c, h, w]` with 1 or 3 channels | pictures |
//! | `[n, h, w, c]` with 1 or 3 channels | pictures, whose channels are moved to the front |
//!
//! Pictures of bytes (`u8`) are divided by 255; nothing else is changed.

use ndarray::ArrayD;

use super::numbers::{Element, Kind};
use crate::bytes::ByteSource;
use crate::{DataError, FormatError};

/// More bytes than this are not read at once: they are made numbers of piece by piece.
const PIECE: usize = 1 << 16;

/// Beyond this, a "label" is more likely an identifier or a target of regression.
pub(super) const MOST_CLASSES: usize = 65_536;

/// An array whose header was read, and whose elements are next.
pub(super) struct Array<'a> {
    pub(super) source: ByteSource<'a>,
    pub(super) element: Element,
    pub(super) shape: Vec<usize>,
    /// Whether the first axis is the fastest, as in Fortran.
    pub(super) fortran: bool,
}

/// Inputs, and what a user should know of them.
pub(super) struct Inputs {
    pub(super) values: ArrayD<f32>,
    pub(super) notes: Vec<String>,
}

impl Array<'_> {
    /// The array as inputs of a network.
    pub(super) fn inputs(self) -> Result<Inputs, DataError> {
        let (shape, element) = (self.shape.clone(), self.element);
        let moved = match *shape.as_slice() {
            [_, _] | [_, _, _] | [_, 1 | 3, _, _] => None,
            [_, h, w, c @ (1 | 3)] => Some((h * w, c)),
            _ => {
                let expected = "[n, features], [n, height, width], [n, channels, height, width] \
                                or [n, height, width, channels] with 1 or 3 channels";
                return Err(self.unsuitable("inputs", expected));
            }
        };
        let mut values = self.read(|bytes, values| {
            let from = values.len();
            element.to_f32(bytes, values);
            let wrong = values[from..].iter().position(|value| !value.is_finite());
            wrong.map_or(Ok(()), |at| {
                Err((at, FormatError::NotFinite { value: values[from + at].into() }))
            })
        })?;
        let mut notes = Vec::new();
        if element.kind == Kind::U8 && shape.len() > 2 {
            values.iter_mut().for_each(|value| *value /= 255.0);
            notes.push("pictures of bytes, divided by 255".into());
        }
        if let Some((pixels, c)) = moved.filter(|&(_, c)| c > 1) {
            channels_first(&mut values, pixels, c);
            notes.push("the channels stood last and were moved to the front".into());
        }
        let shape = match *shape.as_slice() {
            [n, h, w] => vec![n, 1, h, w],
            [n, h, w, c] if moved.is_some() => vec![n, c, h, w],
            _ => shape,
        };
        let values = ArrayD::from_shape_vec(shape, values).expect("as many as were read");
        Ok(Inputs { values, notes })
    }

    /// The array as labels, each below `classes`.
    pub(super) fn labels(self, from: &str, classes: usize) -> Result<Vec<usize>, DataError> {
        let expected = "[n] or [n, 1] of whole numbers from 0, one for each row";
        if !matches!(*self.shape.as_slice(), [_] | [_, 1]) {
            return Err(self.unsuitable("labels", expected));
        }
        let element = self.element;
        let whole = self.read(|bytes, values| {
            let from = values.len();
            element.to_whole(bytes, values);
            let wrong = values[from..].iter().position(Option::is_none);
            wrong.map_or(Ok(()), |at| {
                let mut number = Vec::new();
                element.to_f32(&bytes[at * element.width()..][..element.width()], &mut number);
                let found = format!("the label {}", number[0]);
                Err((at, FormatError::Header { found, expected: "a whole number from 0" }))
            })
        })?;
        let below = |(row, label): (usize, i64)| {
            usize::try_from(label).ok().filter(|&label| label < classes).ok_or_else(|| {
                let hint = "are these the labels of this data?";
                DataError::LabelOutOfRange { from: from.into(), row, label, classes, hint }
            })
        };
        whole.into_iter().flatten().enumerate().map(below).collect()
    }

    /// Reads all elements, in the order of C. `convert` appends those of some bytes, or says which
    /// of them is wrong and why.
    fn read<T>(
        mut self,
        convert: impl Fn(&[u8], &mut Vec<T>) -> Result<(), (usize, FormatError)>,
    ) -> Result<Vec<T>, DataError> {
        let width = self.element.width();
        let bytes = self.check_size()?;
        let count = bytes as usize / width;
        let reserve = self.source.claim(bytes, &self.shape)? as usize / width;
        let start = self.source.offset();
        if self.fortran && self.shape.iter().filter(|&&axis| axis > 1).count() > 1 {
            let all = self.source.claimed(bytes, &self.shape)?;
            let mut values = Vec::with_capacity(count);
            for at in fortran_places(&self.shape) {
                convert(&all[at * width..(at + 1) * width], &mut values).map_err(
                    |(_, problem)| self.source.error(start + (at * width) as u64, problem),
                )?;
            }
            drop(all);
            self.source.finish()?;
            return Ok(values);
        }
        let mut values = Vec::with_capacity(reserve);
        let mut piece = vec![0; PIECE.min(bytes as usize)];
        while values.len() < count {
            let at = self.source.offset();
            let wanted = (bytes - (at - start)).min(PIECE as u64) as usize;
            if self.source.fill(&mut piece[..wanted])? < wanted {
                let found = self.source.offset() - start;
                return Err(self.source.truncated(start, bytes, &self.shape, "holds", found));
            }
            make_room(&mut values, wanted / width);
            convert(&piece[..wanted], &mut values).map_err(|(wrong, problem)| {
                self.source.error(at + (wrong * width) as u64, problem)
            })?;
        }
        self.source.finish()?;
        Ok(values)
    }

    /// The bytes that the shape takes.
    fn check_size(&self) -> Result<u64, DataError> {
        let (shape, element) = (self.shape.clone(), self.element.width());
        if shape.contains(&0) {
            return Err(self.source.error(self.source.offset(), FormatError::EmptyAxis { shape }));
        }
        let size =
            shape.iter().try_fold(element as u64, |size, &axis| size.checked_mul(axis as u64));
        // As numbers of 32 bits it must have a size too.
        size.filter(|&size| size <= isize::MAX as u64 / 4).ok_or_else(|| {
            self.source.error(self.source.offset(), FormatError::TooLarge { shape, element })
        })
    }

    fn unsuitable(&self, wanted: &'static str, expected: &'static str) -> DataError {
        let found = format!("shape {:?} of {}", self.shape, self.element.name());
        let problem = FormatError::Unsuitable { found, wanted, expected };
        self.source.error(self.source.offset(), problem)
    }
}

/// Room for so many more, a quarter of what is there at least: doubling would take twice the memory
/// of the result.
pub(super) fn make_room<T>(values: &mut Vec<T>, more: usize) {
    if values.capacity() - values.len() < more {
        values.reserve_exact(more.max(values.len() / 4));
    }
}

/// Where the elements of an array in Fortran's order are, in the order of C.
fn fortran_places(shape: &[usize]) -> impl Iterator<Item = usize> + '_ {
    let mut strides = Vec::new();
    let mut stride = 1;
    for &axis in shape {
        strides.push(stride);
        stride *= axis;
    }
    let mut index = vec![0; shape.len()];
    let mut at = 0;
    (0..stride).map(move |_| {
        let found = at;
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            at += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            at -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
        found
    })
}

/// `[n, pixels, c]` to `[n, c, pixels]`, picture by picture.
pub(super) fn channels_first(values: &mut [f32], pixels: usize, c: usize) {
    let mut planes = Vec::with_capacity(pixels * c);
    for image in values.chunks_exact_mut(pixels * c) {
        planes.clear();
        for channel in 0..c {
            planes.extend(image[channel..].iter().step_by(c));
        }
        image.copy_from_slice(&planes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array<'a>(shape: &[usize], bytes: &'a [u8], fortran: bool) -> Array<'a> {
        let source = ByteSource::piece("x".into(), bytes, 0);
        Array { source, element: Element::little(Kind::U8), shape: shape.to_vec(), fortran }
    }

    #[test]
    fn the_order_of_fortran_is_undone() {
        let bytes: Vec<u8> = (0..24).collect();
        for shape in [&[4, 6][..], &[2, 3, 4], &[2, 1, 3, 4], &[24, 1], &[1, 24]] {
            let c = array(shape, &bytes, false).inputs().unwrap().values;
            let turned: Vec<u8> = {
                let c = ArrayD::from_shape_vec(shape, bytes.clone()).unwrap();
                c.reversed_axes().iter().copied().collect()
            };
            assert_eq!(array(shape, &turned, true).inputs().unwrap().values, c, "{shape:?}");
        }
    }

    #[test]
    fn pictures_get_their_channels_first() {
        let bytes: Vec<u8> = (0..24).map(|x| x * 10).collect();
        let found = array(&[2, 2, 2, 3], &bytes, false).inputs().unwrap();
        assert_eq!(found.values.shape(), [2, 3, 2, 2]);
        assert_eq!(found.values[[1, 2, 0, 1]], f32::from(bytes[12 + 3 + 2]) / 255.0);
        assert_eq!(found.notes.len(), 2);
        assert_eq!(array(&[8, 3], &bytes, false).inputs().unwrap().values[[0, 1]], 10.0);
        assert_eq!(array(&[2, 3, 4], &bytes, false).inputs().unwrap().values.shape(), [2, 1, 3, 4]);
    }
}
