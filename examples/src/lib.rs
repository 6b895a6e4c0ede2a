//! The course: one lesson a file in `examples/`, to be run and read in order.
//!
//! ```sh
//! cargo run --release -p examples --example 01_tape
//! ```
//!
//! | lesson | |
//! |---|---|
//! | `01_tape` | what a gradient is, and how a tape finds it |
//! | `02_line` | learning: a line through points, by hand |
//! | `03_mlp` | why layers: a boundary that no line draws |
//! | `04_digits` | images: a small convolutional net |
//! | `05_checkpoint` | names: saving a net, loading it, taking a part of it |
//! | `06_fine_tuning` | a source model goes on with a few labelled examples |
//! | `07_layer_transfer` | some layers are copied, the others start anew: where to cut |
//! | `08_multi_task` | several tasks on shared layers |
//! | `09_progressive` | task after task, a column for each, and none forgotten |
//! | `10_domain_adversarial` | a target without labels: features that hide the domain |
//! | `11_zero_shot` | classes without examples, by what they are made of |
//! | `12_self_taught` | features learnt from data without labels |
//! | `13_self_taught_clustering` | clusters that other data helps to find |
//! | `14_matmul_ladder` | the engine's floor: a product of matrices, from naive to fast |
//!
//! Every lesson takes `--quick`, which makes it small enough for a test, and ends with a line
//! `figure NAME VALUE`, whose bounds the tests of this package know. All but the first and the last take
//! data of your own by flags, which `--help` lists.

#![forbid(unsafe_code)]

/// Prints a lesson's figure: its last line.
pub fn figure(name: &str, value: f64) {
    println!("\nfigure {name} {value:.4}");
}

/// A picture in characters, 24 lines of 64: `f(x, y)` says what stands at a point of `[-limit,
/// limit]²`, the y axis upwards.
pub fn picture(limit: f32, f: impl Fn(f32, f32) -> char) -> String {
    const WIDTH: usize = 64;
    const HEIGHT: usize = 24;
    let at = |i: usize, n: usize| (2.0 * (i as f32 + 0.5) / n as f32 - 1.0) * limit;
    let line =
        |row: usize| (0..WIDTH).map(|column| f(at(column, WIDTH), -at(row, HEIGHT))).collect();
    (0..HEIGHT).map(line).collect::<Vec<String>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_axes_the_usual_way() {
        let text = picture(1.0, |x, y| match (x > 0.0, y > 0.0) {
            (true, true) => '1',
            (false, true) => '2',
            (false, false) => '3',
            (true, false) => '4',
        });
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), lines[0].len()), (24, 64));
        assert!(lines[0].starts_with('2') && lines[0].ends_with('1'));
        assert!(lines[23].starts_with('3') && lines[23].ends_with('4'));
    }
}
