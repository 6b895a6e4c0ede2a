//! The kinds of layers that a description can name, with PyTorch's names for what they are given.

use super::Problem;
use super::plan::{MOST_VALUES, residual};
use super::table::{Fault, Table};
use nn_layers::{
    AdaptiveAvgPool2d, AvgPool2d, BatchNorm1d, BatchNorm2d, Conv2d, Dropout, Elu, Identity, Layer,
    LeakyRelu, Linear, MaxPool2d, flatten, gelu, relu, relu6, sigmoid, silu, tanh,
};
use tensor_autograd::kernels::{conv::Conv2dShape, pool::Pool2dShape};
use tensor_autograd::{Real, Rng};

/// A layer that was read and fits what comes in.
pub(super) struct Made {
    /// The shape of what it makes of a sample.
    pub(super) output: Vec<usize>,
    /// How many weights and other numbers it holds.
    pub(super) numbers: f64,
    pub(super) build: Build,
}

/// Makes the layer with fresh values.
pub(super) type Build = Box<dyn Fn(&mut Rng) -> Box<dyn Layer>>;

/// A kind of layer: its name, the keys of its table, and how it is made for what comes in.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) keys: &'static [&'static str],
    pub(super) make: fn(&Table<'_>, &[usize]) -> Result<Made, Fault>,
}

/// To add a kind, add a line.
pub(super) const KINDS: &[Kind] = &[
    Kind { name: "conv2d", keys: CONV, make: conv2d },
    Kind { name: "linear", keys: &["in_features", "out_features", "bias"], make: linear },
    Kind { name: "batch_norm1d", keys: NORM, make: batch_norm1d },
    Kind { name: "batch_norm2d", keys: NORM, make: batch_norm2d },
    Kind {
        name: "max_pool2d",
        keys: &["kernel_size", "stride", "padding", "dilation", "ceil_mode"],
        make: max_pool2d,
    },
    Kind {
        name: "avg_pool2d",
        keys: &["kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"],
        make: avg_pool2d,
    },
    Kind { name: "adaptive_avg_pool2d", keys: &["output_size"], make: adaptive_avg_pool2d },
    Kind { name: "flatten", keys: &[], make: |_, x| Ok(plain(vec![x.iter().product()], flatten)) },
    Kind { name: "dropout", keys: &["p"], make: dropout },
    Kind { name: "identity", keys: &[], make: |_, x| Ok(plain(x.to_vec(), Identity)) },
    Kind { name: "relu", keys: &[], make: |_, x| Ok(plain(x.to_vec(), relu)) },
    Kind { name: "relu6", keys: &[], make: |_, x| Ok(plain(x.to_vec(), relu6)) },
    Kind { name: "leaky_relu", keys: &["negative_slope"], make: leaky_relu },
    Kind { name: "elu", keys: &["alpha"], make: elu },
    Kind { name: "gelu", keys: &[], make: |_, x| Ok(plain(x.to_vec(), gelu)) },
    Kind { name: "silu", keys: &[], make: |_, x| Ok(plain(x.to_vec(), silu)) },
    Kind { name: "sigmoid", keys: &[], make: |_, x| Ok(plain(x.to_vec(), sigmoid)) },
    Kind { name: "tanh", keys: &[], make: |_, x| Ok(plain(x.to_vec(), tanh)) },
    Kind { name: "residual", keys: &["layers", "shortcut"], make: residual },
];

const CONV: &[&str] = &[
    "in_channels",
    "out_channels",
    "kernel_size",
    "stride",
    "padding",
    "dilation",
    "groups",
    "bias",
];
const NORM: &[&str] = &["num_features", "eps", "momentum"];

/// A layer without weights.
fn plain(output: Vec<usize>, layer: impl Layer + Clone) -> Made {
    Made { output, numbers: 0.0, build: Box::new(move |_| Box::new(layer.clone())) }
}

fn input(at: usize, expected: impl Into<String>, found: &[usize]) -> Fault {
    Fault::new(at, Problem::Input { expected: expected.into(), found: found.to_vec() })
}

/// The channels, height and width of what comes in.
fn picture(table: &Table<'_>, x: &[usize]) -> Result<[usize; 3], Fault> {
    <[usize; 3]>::try_from(x).map_err(|_| input(table.at, "[channels, height, width]", x))
}

/// Refuses what comes in if the table says another number of channels or features than `found`.
fn declared(table: &Table<'_>, key: &str, found: usize, x: &[usize]) -> Result<(), Fault> {
    match table.count(key)?.filter(|n| *n != found) {
        None => Ok(()),
        Some(n) => {
            let rest = if x.len() == 3 { ", height, width" } else { "" };
            Err(input(table.place(key), format!("[{n}{rest}]"), x))
        }
    }
}

/// How a window goes over a picture.
struct Window {
    size: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
}

impl Window {
    /// The window of a table, which moves by `stride` where that says nothing.
    fn of(
        table: &Table<'_>,
        stride: Option<[usize; 2]>,
        [channels, height, width]: [usize; 3],
        x: &[usize],
    ) -> Result<Self, Fault> {
        let size = table.needed_pair("kernel_size")?;
        let window = Window {
            size,
            stride: table.pair("stride")?.or(stride).unwrap_or(size),
            padding: table.pair_or_0("padding")?,
            dilation: table.pair("dilation")?.unwrap_or([1, 1]),
        };
        // What a convolution copies before it begins.
        let padded = |axis: usize, length: usize| length as f64 + 2.0 * window.padding[axis] as f64;
        let values = channels as f64 * padded(0, height) * padded(1, width);
        if values > MOST_VALUES {
            let what = format!("{values:.1e} values a sample with its padding");
            return Err(Fault::new(table.place("padding"), Problem::TooLarge(what)));
        }
        for (axis, length) in [height, width].into_iter().enumerate() {
            let reach = window.dilation[axis] * (size[axis] - 1) + 1;
            let least = reach.saturating_sub(2 * window.padding[axis]);
            if least > length {
                let axis = ["height", "width"][axis];
                let expected = format!("a {axis} of {least} or more");
                return Err(input(table.place("kernel_size"), expected, x));
            }
        }
        Ok(window)
    }

    /// Refuses what a pooling does not take for padding.
    fn check_pooling(&self, table: &Table<'_>) -> Result<(), Fault> {
        if (0..2).all(|axis| 2 * self.padding[axis] <= self.size[axis]) {
            return Ok(());
        }
        let (key, found) = ("padding".to_owned(), format!("{:?}", self.padding));
        let range = "at most half of `kernel_size`";
        Err(Fault::new(table.place("padding"), Problem::Value { key, found, range }))
    }

    fn pooled(&self, [c, h, w]: [usize; 3], ceil_mode: bool) -> Vec<usize> {
        let ([kh, kw], stride, padding, dilation) =
            (self.size, self.stride, self.padding, self.dilation);
        let s = Pool2dShape { n: 1, c, h, w, kh, kw, stride, padding, dilation, ceil_mode };
        vec![c, s.out_h(), s.out_w()]
    }
}

fn conv2d(table: &Table<'_>, x: &[usize]) -> Result<Made, Fault> {
    let sizes @ [c, h, w] = picture(table, x)?;
    declared(table, "in_channels", c, x)?;
    let outputs = table.needed_count("out_channels")?;
    let window = Window::of(table, Some([1, 1]), sizes, x)?;
    let (groups, bias) = (table.count("groups")?.unwrap_or(1), table.flag("bias", true)?);
    if !c.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
        let (key, found) = ("groups".to_owned(), groups.to_string());
        let range = "a divisor of the channels that come in and of `out_channels`";
        return Err(Fault::new(table.place("groups"), Problem::Value { key, found, range }));
    }
    let Window { size, stride, padding, dilation } = window;
    let [kh, kw] = size;
    let s = Conv2dShape { n: 1, c, h, w, o: outputs, kh, kw, stride, padding, dilation, groups };
    let weights = (outputs * (c / groups)) as f64 * (kh * kw) as f64;
    Ok(Made {
        output: vec![outputs, s.out_h(), s.out_w()],
        numbers: weights + if bias { outputs as f64 } else { 0.0 },
        build: Box::new(move |rng| {
            let conv = Conv2d::grouped(groups, c, outputs, size, rng);
            let conv = conv.stride(stride).padding(padding).dilation(dilation);
            if bias { Box::new(conv) } else { Box::new(conv.no_bias()) }
        }),
    })
}

fn linear(table: &Table<'_>, x: &[usize]) -> Result<Made, Fault> {
    let &[inputs] = x else { return Err(input(table.at, "[features], as `flatten` gives", x)) };
    declared(table, "in_features", inputs, x)?;
    let (outputs, bias) = (table.needed_count("out_features")?, table.flag("bias", true)?);
    let outputs = table.outputs.unwrap_or(outputs);
    Ok(Made {
        output: vec![outputs],
        numbers: outputs as f64 * (inputs as f64 + if bias { 1.0 } else { 0.0 }),
        build: Box::new(move |rng| {
            let linear = Linear::new(inputs, outputs, rng);
            if bias { Box::new(linear) } else { Box::new(linear.no_bias()) }
        }),
    })
}

/// The numbers that both normalisations have: the share of the step that new statistics get, and what
/// is added to the variance.
fn norm(table: &Table<'_>, channels: usize, x: &[usize]) -> Result<[Real; 2], Fault> {
    declared(table, "num_features", channels, x)?;
    let share = |x: f64| (0.0..=1.0).contains(&x);
    let momentum = table.real("momentum", 0.1, "in [0, 1]", share)?;
    let eps = table.real("eps", 1e-5, "a number in (0, 1)", |x| x as Real > 0.0 && x < 1.0)?;
    Ok([momentum as Real, eps as Real])
}

fn batch_norm1d(table: &Table<'_>, x: &[usize]) -> Result<Made, Fault> {
    let &[features] = x else { return Err(input(table.at, "[features]", x)) };
    let [momentum, eps] = norm(table, features, x)?;
    let layer = BatchNorm1d::new(features).momentum(momentum).eps(eps);
    Ok(Made { numbers: 4.0 * features as f64, ..plain(x.to_vec(), layer) })
}

fn batch_norm2d(table: &Table<'_>, x: &[usize]) -> Result<Made, Fault> {
    let [channels, ..] = picture(table, x)?;
    let [momentum, eps] = norm(table, channels, x)?;
    let layer = BatchNorm2d::new(channels).momentum(momentum).eps(eps);
    Ok(Made { numbers: 4.0 * channels as f64, ..plain(x.to_vec(), layer) })
}

fn max_pool2d(table: &Table<'_>, x: &[usize]) -> Result<Made, Fault> {
    let sizes = picture(table, x)?;
    let window = Window::of(table, None, sizes, x)?;
    window.check_pooling(table)?;
    let ceil = table.flag("ceil_mode", false)?;
    let pool = MaxPool2d::new(window.size).stride(window.stride).padding(window.padding);
    let pool = pool.dilation(window.dilation);
    let pool = if ceil { pool.ceil_mode() } else { pool };
    Ok(plain(window.pooled(sizes, ceil), pool))
}

fn avg_pool2d(table: &Table<'_>, x: &[usize]) -> Result<Made, Fault> {
    let sizes = picture(table, x)?;
    let window = Window::of(table, None, sizes, x)?;
    window.check_pooling(table)?;
    let ceil = table.flag("ceil_mode", false)?;
    let pool = AvgPool2d::new(window.size).stride(window.stride).padding(window.padding);
    let pool = if ceil { pool.ceil_mode() } else { pool };
    let counted = table.flag("count_include_pad", true)?;
    let pool = if counted { pool } else { pool.exclude_padding() };
    Ok(plain(window.pooled(sizes, ceil), pool))
}

fn adaptive_avg_pool2d(table: &Table<'_>, x: &[usize]) -> Result<Made, Fault> {
    let [channels, ..] = picture(table, x)?;
    let size @ [height, width] = table.needed_pair("output_size")?;
    Ok(plain(vec![channels, height, width], AdaptiveAvgPool2d::new(size)))
}

fn dropout(table: &Table<'_>, x: &[usize]) -> Result<Made, Fault> {
    let p = table.real("p", 0.5, "a number in [0, 1)", |p| (0.0..1.0).contains(&(p as Real)))?;
    Ok(plain(x.to_vec(), Dropout::new(p as Real)))
}

fn leaky_relu(table: &Table<'_>, x: &[usize]) -> Result<Made, Fault> {
    let slope = table.real("negative_slope", 0.01, "a number", |x| (x as Real).is_finite())?;
    Ok(plain(x.to_vec(), LeakyRelu(slope as Real)))
}

fn elu(table: &Table<'_>, x: &[usize]) -> Result<Made, Fault> {
    let alpha = table.real("alpha", 1.0, "a number", |x| (x as Real).is_finite())?;
    Ok(plain(x.to_vec(), Elu(alpha as Real)))
}
