//! IDX, the format of MNIST (LeCun, Cortes & Burges 1998): a big-endian array.
//!
//! ```text
//! byte 0, 1   zero
//! byte 2      element type: 08 u8, 09 i8, 0B i16, 0C i32, 0D f32, 0E f64
//! byte 3      number of axes, r
//! 4 .. 4+4r   length of each axis, u32
//! then        the elements, last axis fastest
//! ```
//!
//! The header is fourteen bytes that say how many gigabytes follow, so none of it is believed
//! before it is held against the bytes that are there.

use std::path::Path;

use crate::bytes::{ByteSource, recognise};
use crate::{DataError, FormatError};

/// The contents of an idx file.
#[derive(Debug, Clone, PartialEq)]
pub struct Idx {
    /// Lengths of the axes, 1 to 4 of them, each at least 1.
    pub shape: Vec<usize>,
    /// As many elements as the product of `shape`.
    pub elements: Elements,
}

/// The elements of an idx file in their own type.
#[derive(Debug, Clone, PartialEq)]
pub enum Elements {
    /// Type 0x08.
    U8(Vec<u8>),
    /// Type 0x09.
    I8(Vec<i8>),
    /// Type 0x0B.
    I16(Vec<i16>),
    /// Type 0x0C.
    I32(Vec<i32>),
    /// Type 0x0D.
    F32(Vec<f32>),
    /// Type 0x0E.
    F64(Vec<f64>),
}

/// Reads an idx file, plain or gzipped.
///
/// # Errors
/// [`DataError::Format`] for every way in which the file can contradict itself,
/// [`DataError::NotFound`], [`DataError::Kind`] and [`DataError::Io`].
pub fn read(path: &Path) -> Result<Idx, DataError> {
    let mut source = ByteSource::open(path)?;
    let magic = source.header::<4>(4)?;
    if magic[..2] != [0, 0] {
        let found = magic.map(|byte| format!("{byte:02X}")).join(" ");
        let expected = "an idx file, which begins with 00 00";
        let hint = recognise(&magic);
        return Err(source.error(0, FormatError::Magic { expected, found, hint }));
    }
    let width = element_width(magic[2])
        .ok_or_else(|| source.error(2, FormatError::ElementType { found: magic[2] }))?;
    let axes = u64::from(magic[3]);
    if !(1..=4).contains(&axes) {
        return Err(source.error(3, FormatError::Axes { found: magic[3] }));
    }
    let mut shape = Vec::new();
    for _ in 0..axes {
        shape.push(u32::from_be_bytes(source.header(4 + 4 * axes)?) as usize);
    }
    if shape.contains(&0) {
        return Err(source.error(4, FormatError::EmptyAxis { shape }));
    }
    let bytes = shape.iter().try_fold(width as u64, |size, &axis| size.checked_mul(axis as u64));
    let bytes = bytes.filter(|&bytes| bytes <= isize::MAX as u64).ok_or_else(|| {
        source.error(4, FormatError::TooLarge { shape: shape.clone(), element: width })
    })?;
    let start = source.offset();
    let elements = Elements::from_be_bytes(magic[2], source.claimed(bytes, &shape)?);
    source.finish()?;
    if let Some((at, value)) = elements.first_not_finite() {
        let (path, offset) = (path.into(), start + (at * width) as u64);
        return Err(DataError::Format { path, offset, problem: FormatError::NotFinite { value } });
    }
    Ok(Idx { shape, elements })
}

fn element_width(code: u8) -> Option<usize> {
    match code {
        0x08 | 0x09 => Some(1),
        0x0B => Some(2),
        0x0C | 0x0D => Some(4),
        0x0E => Some(8),
        _ => None,
    }
}

impl Elements {
    /// The bytes of a type whose code was checked, in whole elements.
    fn from_be_bytes(code: u8, bytes: Vec<u8>) -> Self {
        fn each<T, const N: usize>(bytes: &[u8], from: fn([u8; N]) -> T) -> Vec<T> {
            bytes.as_chunks::<N>().0.iter().map(|&chunk| from(chunk)).collect()
        }
        match code {
            0x08 => Self::U8(bytes),
            0x09 => Self::I8(each(&bytes, i8::from_be_bytes)),
            0x0B => Self::I16(each(&bytes, i16::from_be_bytes)),
            0x0C => Self::I32(each(&bytes, i32::from_be_bytes)),
            0x0D => Self::F32(each(&bytes, f32::from_be_bytes)),
            _ => Self::F64(each(&bytes, f64::from_be_bytes)),
        }
    }

    /// Place and value of the first element that no `f32` can hold: NaN, infinite, or an `f64`
    /// beyond its range.
    fn first_not_finite(&self) -> Option<(usize, f64)> {
        match self {
            Self::F32(v) => v.iter().position(|x| !x.is_finite()).map(|i| (i, f64::from(v[i]))),
            Self::F64(v) => v.iter().position(|&x| !(x as f32).is_finite()).map(|i| (i, v[i])),
            _ => None,
        }
    }

    /// The type's name in Rust.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::U8(_) => "u8",
            Self::I8(_) => "i8",
            Self::I16(_) => "i16",
            Self::I32(_) => "i32",
            Self::F32(_) => "f32",
            Self::F64(_) => "f64",
        }
    }

    /// The elements as inputs of a network: bytes scaled to `0.0..=1.0`, all else as it is.
    pub fn to_f32(&self) -> Vec<f32> {
        match self {
            Self::U8(v) => v.iter().map(|&x| f32::from(x) / 255.0).collect(),
            Self::I8(v) => v.iter().map(|&x| f32::from(x)).collect(),
            Self::I16(v) => v.iter().map(|&x| f32::from(x)).collect(),
            Self::I32(v) => v.iter().map(|&x| x as f32).collect(),
            Self::F32(v) => v.clone(),
            Self::F64(v) => v.iter().map(|&x| x as f32).collect(),
        }
    }

    /// The elements as integers, or `None` for floating-point types.
    pub fn to_integers(&self) -> Option<Vec<i64>> {
        match self {
            Self::U8(v) => Some(v.iter().map(|&x| x.into()).collect()),
            Self::I8(v) => Some(v.iter().map(|&x| x.into()).collect()),
            Self::I16(v) => Some(v.iter().map(|&x| x.into()).collect()),
            Self::I32(v) => Some(v.iter().map(|&x| x.into()).collect()),
            Self::F32(_) | Self::F64(_) => None,
        }
    }
}

impl Idx {
    /// The file's bytes: header and elements, not gzipped.
    ///
    /// ```
    /// use datasets::readers::idx::{Elements, Idx};
    /// let labels = Idx { shape: vec![3], elements: Elements::U8(vec![7, 2, 1]) };
    /// assert_eq!(labels.to_bytes(), [0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]);
    /// ```
    ///
    /// # Panics
    /// If there are not 1 to 4 axes, an axis is longer than a `u32` can say, or their product is
    /// not the number of elements.
    #[track_caller]
    pub fn to_bytes(&self) -> Vec<u8> {
        let shape = &self.shape;
        assert!((1..=4).contains(&shape.len()), "idx: shape {shape:?} has not 1 to 4 axes");
        let (code, elements): (u8, Vec<u8>) = match &self.elements {
            Elements::U8(v) => (0x08, v.clone()),
            Elements::I8(v) => (0x09, v.iter().flat_map(|x| x.to_be_bytes()).collect()),
            Elements::I16(v) => (0x0B, v.iter().flat_map(|x| x.to_be_bytes()).collect()),
            Elements::I32(v) => (0x0C, v.iter().flat_map(|x| x.to_be_bytes()).collect()),
            Elements::F32(v) => (0x0D, v.iter().flat_map(|x| x.to_be_bytes()).collect()),
            Elements::F64(v) => (0x0E, v.iter().flat_map(|x| x.to_be_bytes()).collect()),
        };
        let width = element_width(code).expect("every code above has a width");
        let count = elements.len() / width;
        let claimed: usize = shape.iter().product();
        assert!(claimed == count, "idx: shape {shape:?} does not hold {count} elements");
        let mut bytes = vec![0, 0, code, shape.len() as u8];
        for &axis in shape {
            let length = u32::try_from(axis).expect("idx: an axis has at most 2^32 - 1 elements");
            bytes.extend_from_slice(&length.to_be_bytes());
        }
        bytes.extend_from_slice(&elements);
        bytes
    }
}
