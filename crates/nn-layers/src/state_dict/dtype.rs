//! Numbers of other widths, converted to [`Real`].

use safetensors::Dtype;
use tensor_autograd::Real;

/// The numbers in `bytes`, which hold whole little-endian elements of `dtype`; `None` for a type
/// that has no place in a model here (complex, 8-bit floats and smaller).
pub(super) fn decode(dtype: Dtype, bytes: &[u8]) -> Option<Vec<Real>> {
    macro_rules! convert {
        ($t:ty, $f:expr) => {{
            let (elements, _) = bytes.as_chunks::<{ size_of::<$t>() }>();
            elements.iter().map(|b| $f(<$t>::from_le_bytes(*b))).collect()
        }};
    }
    Some(match dtype {
        Dtype::F32 => convert!(f32, |x| x as Real),
        Dtype::F64 => convert!(f64, |x| x as Real),
        Dtype::F16 => convert!(u16, |x| half(x) as Real),
        Dtype::BF16 => convert!(u16, |x| f32::from_bits(u32::from(x) << 16) as Real),
        Dtype::I64 => convert!(i64, |x| x as Real),
        Dtype::U64 => convert!(u64, |x| x as Real),
        Dtype::I32 => convert!(i32, |x| x as Real),
        Dtype::U32 => convert!(u32, |x| x as Real),
        Dtype::I16 => convert!(i16, |x| x as Real),
        Dtype::U16 => convert!(u16, |x| x as Real),
        Dtype::I8 => convert!(i8, |x| x as Real),
        Dtype::U8 | Dtype::BOOL => convert!(u8, |x| x as Real),
        _ => return None,
    })
}

/// An IEEE 754 half-precision number: 1 bit sign, 5 exponent, 10 mantissa.
fn half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let (exponent, mantissa) = (u32::from(bits >> 10) & 0x1f, u32::from(bits) & 0x3ff);
    let magnitude = match exponent {
        0 => return f32::from_bits(sign | (mantissa as f32 / 16_777_216.0).to_bits()),
        0x1f => 0x7f80_0000 | mantissa << 13,
        _ => (exponent + 112) << 23 | mantissa << 13,
    };
    f32::from_bits(sign | magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_every_kind_are_exact() {
        let cases = [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x7bff, 65_504.0),
            (0x0001, 5.960_464_5e-8),
            (0x83ff, -6.097_555e-5),
            (0x0400, 6.103_515_6e-5),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
        ];
        for (bits, want) in cases {
            assert_eq!(half(bits), want, "{bits:#06x}");
        }
        assert!(half(0x7e00).is_nan());
        assert!(half(0x8000).is_sign_negative());
    }

    #[test]
    fn every_type_is_read_little_endian() {
        let minus_three: [(Dtype, &[u8]); 6] = [
            (Dtype::F32, &(-3f32).to_le_bytes()),
            (Dtype::F64, &(-3f64).to_le_bytes()),
            (Dtype::BF16, &[0x40, 0xc0]),
            (Dtype::I64, &(-3i64).to_le_bytes()),
            (Dtype::I16, &(-3i16).to_le_bytes()),
            (Dtype::I8, &(-3i8).to_le_bytes()),
        ];
        for (dtype, bytes) in minus_three {
            assert_eq!(decode(dtype, bytes), Some(vec![-3.0]), "{dtype}");
        }
        assert_eq!(decode(Dtype::U16, &[1, 1, 2, 0]), Some(vec![257.0, 2.0]));
        assert_eq!(decode(Dtype::F8_E4M3, &[0]), None);
    }
}
