//! Numbers of every width and of either byte order, as `f32` or as whole numbers.

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    U8,
    U16,
    U32,
    U64,
    I8,
    I16,
    I32,
    I64,
    F16,
    /// The upper half of an `f32` (Google's "brain" floats).
    Bf16,
    F32,
    F64,
}

/// The elements of an array: their kind, and whether the most significant byte comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) kind: Kind,
    pub(super) big_endian: bool,
}

impl Element {
    pub(super) fn little(kind: Kind) -> Self {
        Self { kind, big_endian: false }
    }

    /// Bytes of one.
    pub(super) fn width(self) -> usize {
        match self.kind {
            Kind::Bool | Kind::U8 | Kind::I8 => 1,
            Kind::U16 | Kind::I16 | Kind::F16 | Kind::Bf16 => 2,
            Kind::U32 | Kind::I32 | Kind::F32 => 4,
            Kind::U64 | Kind::I64 | Kind::F64 => 8,
        }
    }

    /// The kind's name in Rust.
    pub(super) fn name(self) -> &'static str {
        match self.kind {
            Kind::Bool => "bool",
            Kind::U8 => "u8",
            Kind::U16 => "u16",
            Kind::U32 => "u32",
            Kind::U64 => "u64",
            Kind::I8 => "i8",
            Kind::I16 => "i16",
            Kind::I32 => "i32",
            Kind::I64 => "i64",
            Kind::F16 => "f16",
            Kind::Bf16 => "bf16",
            Kind::F32 => "f32",
            Kind::F64 => "f64",
        }
    }

    /// Appends whole elements, rounded to the nearest `f32`; what none can hold becomes infinite.
    pub(super) fn to_f32(self, bytes: &[u8], values: &mut Vec<f32>) {
        let big = self.big_endian;
        match self.kind {
            Kind::Bool => each(bytes, big, |[b]: [u8; 1]| f32::from(b != 0), values),
            Kind::U8 => each(bytes, big, |[b]: [u8; 1]| f32::from(b), values),
            Kind::I8 => each(bytes, big, |b| f32::from(i8::from_le_bytes(b)), values),
            Kind::U16 => each(bytes, big, |b| f32::from(u16::from_le_bytes(b)), values),
            Kind::I16 => each(bytes, big, |b| f32::from(i16::from_le_bytes(b)), values),
            Kind::U32 => each(bytes, big, |b| u32::from_le_bytes(b) as f32, values),
            Kind::I32 => each(bytes, big, |b| i32::from_le_bytes(b) as f32, values),
            Kind::U64 => each(bytes, big, |b| u64::from_le_bytes(b) as f32, values),
            Kind::I64 => each(bytes, big, |b| i64::from_le_bytes(b) as f32, values),
            Kind::F16 => each(bytes, big, |b| half(u16::from_le_bytes(b)), values),
            Kind::Bf16 => {
                let wide = |b| f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16);
                each(bytes, big, wide, values);
            }
            Kind::F32 => each(bytes, big, f32::from_le_bytes, values),
            Kind::F64 => each(bytes, big, |b| f64::from_le_bytes(b) as f32, values),
        }
    }

    /// Appends whole elements as whole numbers; `None` for those that are none. Beyond the range of
    /// an `i64` its end stands.
    pub(super) fn to_whole(self, bytes: &[u8], values: &mut Vec<Option<i64>>) {
        let big = self.big_endian;
        match self.kind {
            Kind::U32 => each(bytes, big, |b| Some(u32::from_le_bytes(b).into()), values),
            Kind::I32 => each(bytes, big, |b| Some(i32::from_le_bytes(b).into()), values),
            Kind::U64 => {
                let clamped = |b| Some(i64::try_from(u64::from_le_bytes(b)).unwrap_or(i64::MAX));
                each(bytes, big, clamped, values);
            }
            Kind::I64 => each(bytes, big, |b| Some(i64::from_le_bytes(b)), values),
            Kind::F64 => each(bytes, big, |b| whole(f64::from_le_bytes(b)), values),
            _ => {
                // All others are exact in an `f32`.
                let mut exact = Vec::with_capacity(bytes.len() / self.width());
                self.to_f32(bytes, &mut exact);
                values.extend(exact.into_iter().map(|value| whole(value.into())));
            }
        }
    }
}

fn each<T, const N: usize>(
    bytes: &[u8],
    big_endian: bool,
    from_le: impl Fn([u8; N]) -> T,
    values: &mut Vec<T>,
) {
    let chunks = bytes.as_chunks::<N>().0.iter();
    if big_endian {
        let reversed = |&chunk: &[u8; N]| {
            let mut chunk = chunk;
            chunk.reverse();
            from_le(chunk)
        };
        values.extend(chunks.map(reversed));
    } else {
        values.extend(chunks.map(|&chunk| from_le(chunk)));
    }
}

fn whole(value: f64) -> Option<i64> {
    (value.fract() == 0.0).then_some(value as i64)
}

/// An IEEE 754 number of 16 bits: a sign, 5 bits of exponent (bias 15), 10 of fraction.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1F), f32::from(bits & 0x3FF));
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2f32.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn f32s(kind: Kind, big_endian: bool, bytes: &[u8]) -> Vec<f32> {
        let mut values = Vec::new();
        Element { kind, big_endian }.to_f32(bytes, &mut values);
        values
    }

    #[test]
    fn half_floats() {
        // The examples of IEEE 754-2008's article on binary16.
        for (bits, value) in [
            (0x3C00, 1.0),
            (0xC000, -2.0),
            (0x7BFF, 65_504.0),
            (0x0400, 6.103_515_6e-5),
            (0x03FF, 6.097_555e-5),
            (0x0001, 5.960_464_5e-8),
            (0x3555, 0.333_251_95),
            (0x7C00, f32::INFINITY),
            (0xFC00, f32::NEG_INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:04x}");
        }
        assert!(half(0x7C01).is_nan());
        assert!(half(0x8000).is_sign_negative() && half(0x8000) == 0.0);
        assert_eq!(f32s(Kind::Bf16, false, &[0x80, 0x3F, 0x40, 0xC0]), [1.0, -3.0]);
    }

    #[test]
    fn both_byte_orders() {
        assert_eq!(f32s(Kind::I16, false, &[0xFE, 0xFF]), [-2.0]);
        assert_eq!(f32s(Kind::I16, true, &[0xFF, 0xFE]), [-2.0]);
        assert_eq!(f32s(Kind::F64, true, &(-1.5f64).to_be_bytes()), [-1.5]);
        assert_eq!(f32s(Kind::F64, false, &1e300f64.to_le_bytes()), [f32::INFINITY]);
        assert_eq!(f32s(Kind::U64, true, &(1u64 << 40).to_be_bytes()), [1_099_511_627_776.0]);
        assert_eq!(f32s(Kind::Bool, true, &[0, 1, 7]), [0.0, 1.0, 1.0]);
    }

    #[test]
    fn whole_numbers() {
        let whole = |kind, bytes: &[u8]| {
            let mut values = Vec::new();
            Element::little(kind).to_whole(bytes, &mut values);
            values
        };
        // Not exact in an `f32`.
        assert_eq!(whole(Kind::I64, &16_777_217i64.to_le_bytes()), [Some(16_777_217)]);
        assert_eq!(whole(Kind::U64, &[0xFF; 8]), [Some(i64::MAX)]);
        assert_eq!(whole(Kind::F32, &2f32.to_le_bytes()), [Some(2)]);
        assert_eq!(whole(Kind::F64, &0.5f64.to_le_bytes()), [None]);
        assert_eq!(whole(Kind::F32, &f32::NAN.to_le_bytes()), [None]);
    }
}
