//! Textures: what stands in for the photographs behind MNIST-M's digits.
//!
//! A patch is a field of numbers in `0..=1` that runs between two colours, with a little
//! independent grain. The fields are of four kinds, and each is smooth here and has edges there,
//! as photographs do.

use super::SIDE;
use super::pen::Canvas;
use crate::{Random, portable};

/// The light of a patch's middle colour is the mean of two draws between these. Below one half
/// on the whole, as in photographs, so that ink more often brightens than darkens.
const LIGHT: [f64; 2] = [0.0, 0.62];
/// How far apart a patch's two colours are in light, between these; the size of the domain gap,
/// together with `LIGHT`.
const CONTRAST: [f64; 2] = [0.1, 0.6];
/// How far a patch departs from grey in each channel, at most, and each of its colours again.
const TINT: f64 = 0.12;
/// The grain is uniform between plus and minus this.
const GRAIN: f64 = 0.05;

type Field = [f64; SIDE * SIDE];

/// Appends the three channels of `|texture - glyph|`.
pub(super) fn blend(glyph: &Canvas, random: &mut Random, values: &mut Vec<f32>) {
    let field = field(random);
    let middle = 0.5 * (random.uniform(LIGHT[0], LIGHT[1]) + random.uniform(LIGHT[0], LIGHT[1]));
    let half = 0.5 * random.uniform(CONTRAST[0], CONTRAST[1]);
    for _ in 0..3 {
        let tint = middle + TINT * random.uniform(-1.0, 1.0);
        let [from, to] = [-half, half].map(|l| tint + l + TINT * random.uniform(-1.0, 1.0));
        for (&f, &ink) in field.iter().zip(glyph) {
            let texture = from + (to - from) * f + GRAIN * random.uniform(-1.0, 1.0);
            values.push((texture.clamp(0.0, 1.0) - f64::from(ink)).abs() as f32);
        }
    }
}

fn field(random: &mut Random) -> Field {
    match random.below(4) {
        0 => clouds(random),
        1 => stripes(random),
        2 => blobs(random),
        _ => edge(random),
    }
}

/// Value noise of four octaves: each half as coarse and half as strong as the one before.
fn clouds(random: &mut Random) -> Field {
    let mut field = [0.5; SIDE * SIDE];
    let (mut cell, mut amplitude) = (random.uniform(9.0, 18.0), 0.9);
    for _ in 0..4 {
        let noise = value_noise(cell, random);
        for (f, noise) in field.iter_mut().zip(noise) {
            *f += amplitude * (noise - 0.5);
        }
        cell *= 0.5;
        amplitude *= 0.5;
    }
    field.map(|f| f.clamp(0.0, 1.0))
}

/// Random numbers on a lattice of this cell size in pixels, smoothly interpolated.
fn value_noise(cell: f64, random: &mut Random) -> Field {
    let nodes = (SIDE as f64 / cell) as usize + 3;
    let lattice: Vec<f64> = (0..nodes * nodes).map(|_| random.unit()).collect();
    let shift = [random.unit(), random.unit()];
    // A pixel's cell and its smoothed place in it, for each axis once.
    let places = shift.map(|shift| {
        std::array::from_fn::<(usize, f64), SIDE, _>(|i| {
            let place = i as f64 / cell + shift;
            let t = place - place.floor();
            (place as usize, t * t * (3.0 - 2.0 * t))
        })
    });
    std::array::from_fn(|i| {
        let ((y, ty), (x, tx)) = (places[0][i / SIDE], places[1][i % SIDE]);
        let node = |y: usize, x: usize| lattice[y * nodes + x];
        let top = node(y, x) + tx * (node(y, x + 1) - node(y, x));
        let bottom = node(y + 1, x) + tx * (node(y + 1, x + 1) - node(y + 1, x));
        top + ty * (bottom - top)
    })
}

/// Stripes across the patch, warped by noise.
fn stripes(random: &mut Random) -> Field {
    let (sin, cos) = portable::sin_cos(random.uniform(0.0, std::f64::consts::PI));
    let (period, phase) = (random.uniform(4.0, 14.0), random.unit());
    let warp = value_noise(10.0, random);
    let sharpness = random.uniform(1.0, 3.0);
    std::array::from_fn(|i| {
        let (x, y) = ((i % SIDE) as f64, (i / SIDE) as f64);
        let place = (cos * x + sin * y + 5.0 * warp[i]) / period + phase;
        let wave = 4.0 * (place - place.floor() - 0.5).abs() - 1.0;
        (0.5 + 0.5 * sharpness * wave).clamp(0.0, 1.0)
    })
}

/// Soft discs laid over each other, like pebbles or leaves.
fn blobs(random: &mut Random) -> Field {
    let mut field = [random.unit(); SIDE * SIDE];
    for _ in 0..6 + random.below(8) {
        let centre = [0, 1].map(|_| random.uniform(-2.0, SIDE as f64 + 2.0));
        let (radius, shade) = (random.uniform(2.5, 8.0), random.unit());
        let [columns, rows] =
            centre.map(|c| (c - radius).max(0.0) as usize..((c + radius + 2.0) as usize).min(SIDE));
        for y in rows {
            for x in columns.clone() {
                let (dx, dy) = (x as f64 - centre[0], y as f64 - centre[1]);
                let cover = (radius + 0.5 - (dx * dx + dy * dy).sqrt()).clamp(0.0, 1.0);
                let f = &mut field[y * SIDE + x];
                *f += cover * (shade - *f);
            }
        }
    }
    field
}

/// One object against another: a straight or bent border, each side with a gentle gradient.
fn edge(random: &mut Random) -> Field {
    let (sin, cos) = portable::sin_cos(random.uniform(0.0, std::f64::consts::TAU));
    let (offset, bend) = (random.uniform(-7.0, 7.0), random.uniform(-0.03, 0.03));
    let softness = random.uniform(0.8, 6.0);
    let shade = value_noise(16.0, random);
    std::array::from_fn(|i| {
        let middle = SIDE as f64 / 2.0;
        let (x, y) = ((i % SIDE) as f64 - middle, (i / SIDE) as f64 - middle);
        let (across, along) = (cos * x + sin * y, cos * y - sin * x);
        let side = ((across - offset + bend * along * along) / softness + 0.5).clamp(0.0, 1.0);
        0.65 * side + 0.35 * shade[i]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stay_in_range_and_vary() {
        for seed in 0..50 {
            for make in [clouds, stripes, blobs, edge] {
                let field = make(&mut Random::new(seed, "field", [0, 0]));
                let low = field.iter().copied().fold(1.0, f64::min);
                let high = field.iter().copied().fold(0.0, f64::max);
                assert!(low >= 0.0 && high <= 1.0 && high - low > 0.1, "{low}..{high}");
            }
        }
    }

    #[test]
    fn ink_inverts_the_texture() {
        let blended = |ink: f32| {
            let mut values = Vec::new();
            blend(&[ink; SIDE * SIDE], &mut Random::new(1, "blend", [0, 0]), &mut values);
            values
        };
        let (paper, ink) = (blended(0.0), blended(1.0));
        assert_eq!(paper.len(), 3 * SIDE * SIDE);
        assert!(paper.iter().zip(&ink).all(|(p, i)| (p + i - 1.0).abs() < 1e-6));
    }
}
