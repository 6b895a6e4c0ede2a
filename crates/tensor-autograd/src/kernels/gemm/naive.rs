//! The definition: three nested loops. Slow, obviously right, and kept for ever as the oracle that
//! every faster product is tested against.

use super::{Bias, Epilogue, MatRef};
use crate::Real;

/// `C = A·B`, then the epilogue, one element at a time.
pub fn gemm(c: &mut [Real], a: MatRef<'_>, b: MatRef<'_>, e: Epilogue<'_>) {
    for i in 0..a.rows {
        for j in 0..b.cols {
            let mut sum = 0.0;
            for p in 0..a.cols {
                sum += a.at(i, p) * b.at(p, j);
            }
            let c = &mut c[i * b.cols + j];
            if e.accumulate {
                sum += *c;
            }
            sum += match e.bias {
                Bias::None => 0.0,
                Bias::PerCol(bias) => bias[j],
                Bias::PerRow(bias) => bias[i],
            };
            *c = if e.relu && sum < 0.0 { 0.0 } else { sum };
        }
    }
}
