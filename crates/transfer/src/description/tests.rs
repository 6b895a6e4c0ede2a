use super::*;
use crate::Model;
use datasets::Unlabelled;
use nn_layers::models::{self, cifar_net};
use nn_layers::{Layer, StateDict};
use std::fmt::Write;
use tensor_autograd::{Tensor, eval};

/// The features of `cifar_net` and a linear layer on them, for pictures of 16 × 16.
const SMALL: &str = r#"input = [3, 16, 16]
normalize = "standard"
layers = [
  { name = "features.0", kind = "conv2d", in_channels = 3, out_channels = 32, kernel_size = 3, padding = 1 },
  { name = "features.1", kind = "batch_norm2d" },
  { kind = "relu" },
  { kind = "max_pool2d", kernel_size = 2 },
  { name = "features.4", kind = "conv2d", in_channels = 32, out_channels = 64, kernel_size = 3, padding = 1 },
  { name = "features.5", kind = "batch_norm2d", num_features = 64 },
  { kind = "relu" },
  { kind = "max_pool2d", kernel_size = 2 },
  { name = "features.8", kind = "conv2d", out_channels = 128, kernel_size = [3, 3], padding = 1 },
  { name = "features.9", kind = "batch_norm2d" },
  { kind = "relu" },
  { kind = "adaptive_avg_pool2d", output_size = 2 },
  { kind = "flatten" },
  { name = "label.0", kind = "linear", in_features = 512, out_features = 10 },
]
"#;

fn built(text: &str, input: &[usize], classes: usize) -> Backbone {
    let plan = Description::parse(text).unwrap().plan(input, classes).unwrap();
    plan.build(&mut Rng::seed(5))
}

/// Gives both nets the values of `of`, and compares what they make of pictures.
fn same_bits(mut described: Backbone, of: &(impl Layer + Clone), shape: [usize; 4]) {
    let values = of.state_dict();
    for (name, param) in described.named_params_mut() {
        param.value = values[&name].clone();
    }
    let x = Tensor::normal(shape, 0.0, 1.0, &mut Rng::seed(2));
    let logits = |net: &dyn Layer| eval(|t| net.forward(t.constant(&x)).value());
    assert_eq!(logits(&described), logits(of));
}

#[test]
fn a_described_net_is_the_built_in_one_to_the_bit() {
    let net = cifar_net([3, 16, 16], 10, &mut Rng::seed(1));
    same_bits(built(SMALL, &[3, 16, 16], 10), &net, [3, 3, 16, 16]);
    // Written for one size, it takes others that its layers take.
    let net = cifar_net([3, 21, 32], 4, &mut Rng::seed(1));
    same_bits(built(SMALL, &[3, 21, 32], 4), &net, [2, 3, 21, 32]);
}

#[test]
fn weights_are_loaded_under_the_names_of_the_description_and_saved_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let net = cifar_net([3, 16, 16], 10, &mut Rng::seed(1));
    let mut state = StateDict::of(&net);
    state.tensors.retain(|name, _| !name.starts_with("domain."));
    state.save(path("bare")).unwrap();
    let shape = [3, 16, 16];
    let description = Some(Description::parse(SMALL).unwrap());
    let named = Architecture { description, ..Architecture::named("small.toml", &shape, 1) };
    let (model, architecture) = Model::pretrained_as(&path("bare"), named.clone(), None).unwrap();
    assert_eq!((architecture.classes, model.classes.len()), (10, 10));
    let numbers = (0..2 * 3 * 16 * 16).map(|i| (i * 37 % 101) as f32 / 101.0).collect();
    let pictures = ndarray::ArrayD::from_shape_vec(vec![2, 3, 16, 16], numbers).unwrap();
    let pictures = Unlabelled::new("pictures", pictures).unwrap();
    let batch = model.batch(&pictures).unwrap();
    let logits = eval(|t| net.forward(t.constant(batch)).value());
    assert_eq!(model.logits(&pictures).unwrap(), logits);

    model.save(&architecture, &path("saved")).unwrap();
    assert_eq!(StateDict::load(path("saved")).unwrap().tensors, state.tensors);
    let (loaded, same) = Model::load(&path("saved")).unwrap();
    assert_eq!(same, architecture);
    assert_eq!(loaded.logits(&pictures).unwrap(), logits);

    let moved = state.tensors.remove("features.5.bias").unwrap();
    state.tensors.insert("features.5.bais".into(), moved);
    state.save(path("wrong")).unwrap();
    let error = Model::pretrained_as(&path("wrong"), named.clone(), None).unwrap_err().to_string();
    assert!(error.contains("it is no small.toml"), "{error}");
    assert!(error.contains("missing features.5.bias [64] (is it features.5.bais?)"), "{error}");
    let grey = Architecture { input: vec![1, 16, 16], ..named };
    let error = Model::pretrained_as(&path("bare"), grey, None).unwrap_err().to_string();
    assert_eq!(
        error,
        "small.toml, line 4, layer `features.0`: it takes [3, height, width], and what comes in is \
         [1, 16, 16]; it is written for samples [3, 16, 16], and these are [1, 16, 16]: resize the \
         images, or give others"
    );
}

#[test]
fn a_saved_description_that_claims_more_than_its_tensors_is_refused() {
    let claims = |text: &str, held| {
        let description = Some(Description::parse(text).unwrap());
        let of = Architecture { description, ..Architecture::named("x.toml", &[3, 16, 16], 10) };
        of.check_weights(held).map_err(|e| e.to_string())
    };
    let held =
        built(SMALL, &[3, 16, 16], 10).named_params().iter().map(|(_, p)| p.value.len()).sum();
    assert_eq!(claims(SMALL, held), Ok(()));
    let more = changed("out_channels = 128", "out_channels = 1024").replace("= 512", "= 4096");
    assert!(claims(&more, held).unwrap_err().contains("weights or more"));
}

/// ResNet-18 as torchvision names it.
fn resnet18() -> String {
    let conv = |name: &str, out: usize, kernel: usize, stride: usize| {
        let padding = kernel / 2;
        format!(
            "{{ name = \"{name}\", kind = \"conv2d\", out_channels = {out}, kernel_size = {kernel}, \
             stride = {stride}, padding = {padding}, bias = false }}"
        )
    };
    let norm = |name: &str| format!("{{ name = \"{name}\", kind = \"batch_norm2d\" }}");
    let relu = "{ kind = \"relu\" }";
    let pool = "{ kind = \"max_pool2d\", kernel_size = 3, stride = 2, padding = 1 }";
    let mut layers = vec![conv("conv1", 64, 7, 2), norm("bn1"), relu.into(), pool.into()];
    for (i, width) in [64, 128, 256, 512].into_iter().enumerate() {
        for block in 0..2 {
            let stride = if i > 0 && block == 0 { 2 } else { 1 };
            let own = [conv("conv1", width, 3, stride), norm("bn1"), relu.into()];
            let own = [&own[..], &[conv("conv2", width, 3, 1), norm("bn2")]].concat().join(", ");
            let mut text = format!(
                "{{ name = \"layer{}.{block}\", kind = \"residual\", layers = [{own}]",
                i + 1
            );
            if stride == 2 {
                let beside = [conv("downsample.0", width, 1, 2), norm("downsample.1")].join(", ");
                let _ = write!(text, ", shortcut = [{beside}]");
            }
            layers.extend([text + " }", relu.into()]);
        }
    }
    layers.extend(["{ kind = \"adaptive_avg_pool2d\", output_size = 1 }".into()]);
    layers.extend(["{ kind = \"flatten\" }".into()]);
    layers.extend(["{ name = \"fc\", kind = \"linear\", out_features = 1000 }".into()]);
    format!("input = [3, 224, 224]\nlayers = [\n{}\n]\n", layers.join(",\n"))
}

#[test]
fn residual_blocks_give_a_resnet_to_the_bit_and_under_its_names() {
    let net = models::resnet18(6, &mut Rng::seed(3));
    let described = built(&resnet18(), &[3, 40, 33], 6);
    let names = |net: &Backbone| {
        let params = net.named_params();
        params.into_iter().map(|(name, p)| (name, p.shape())).collect::<Vec<_>>()
    };
    let sorted = |mut all: Vec<_>| {
        all.sort();
        all
    };
    let show = |all: Vec<(String, _)>| {
        sorted(all.into_iter().map(|(name, shape)| format!("{name} {shape}")).collect())
    };
    assert_eq!(show(names(&described)), show(names(&net)));
    same_bits(described, &net, [2, 3, 40, 33]);
}

/// Without making it: it has half a gigabyte.
#[test]
fn vgg11_bn_is_described_as_torchvision_has_it() {
    let description = Description::parse(include_str!("../../../../docs/vgg11_bn.toml")).unwrap();
    assert_eq!((description.classes(), description.normalize()), (1000, Some(Normalize::ImageNet)));
    let plan = description.plan(&[3, 224, 224], 1000).unwrap();
    let statistics = 2 * (64 + 128 + 2 * 256 + 4 * 512);
    assert_eq!(plan.numbers(), f64::from(132_868_840 + statistics));
    let names = plan.names();
    let weighted: Vec<&str> =
        names.iter().map(String::as_str).filter(|name| name.contains('.')).collect();
    assert_eq!(weighted.len(), 8 + 8 + 3);
    assert_eq!(weighted[..3], ["features.0", "features.1", "features.4"]);
    assert_eq!(
        weighted[14..],
        ["features.25", "features.26", "classifier.0", "classifier.3", "classifier.6"]
    );
    assert_eq!(plan.head, names.len() - 1);
}

#[test]
fn the_description_in_the_book_is_one() {
    let page = include_str!("../../../../docs/backbones.md");
    let text = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let net = built(text, &[3, 64, 64], 4);
    let names: Vec<String> = net.named_params().into_iter().map(|(name, _)| name).collect();
    assert!(names.contains(&"block1.conv.weight".to_owned()), "{names:?}");
    let x = Tensor::zeros([1, 3, 64, 64]);
    assert_eq!(*eval(|t| net.forward(t.constant(x)).shape()), [1, 4]);
}

#[track_caller]
fn refused(text: &str, want: &str) {
    let error = Description::parse(text).unwrap_err().to_string();
    assert_eq!(error, want, "{text}");
}

/// The small description with one line in place of another.
fn changed(old: &str, new: &str) -> String {
    assert!(SMALL.contains(old), "{old}");
    SMALL.replacen(old, new, 1)
}

#[test]
fn what_is_wrong_is_named_with_its_line_and_its_layer() {
    let kinds = "conv2d, linear, batch_norm1d, batch_norm2d, max_pool2d, avg_pool2d, \
                 adaptive_avg_pool2d, flatten, dropout, identity, relu, relu6, leaky_relu, elu, gelu, \
                 silu, sigmoid, tanh, residual";
    refused(
        &changed("kind = \"batch_norm2d\", num", "kind = \"BatchNorm2d\", num"),
        &format!(
            "line 9, layer `features.5`: there is no kind of layer `BatchNorm2d`, did you mean \
             `batch_norm2d`?; kinds: {kinds}"
        ),
    );
    refused(
        &changed("in_channels = 32", "in_channels = 48"),
        "line 8, layer `features.4`: it takes [48, height, width], and what comes in is [32, 8, 8]",
    );
    refused(
        &changed("in_features = 512", "in_features = 128"),
        "line 17, layer `label.0`: it takes [128], and what comes in is [512]",
    );
    refused(
        &changed("  { kind = \"flatten\" },\n", ""),
        "line 16, layer `label.0`: it takes [features], as `flatten` gives, and what comes in is \
         [128, 2, 2]",
    );
    refused(
        &changed("[3, 16, 16]", "[3, 3, 16]"),
        "line 11, layer `max_pool2d`: it takes a height of 2 or more, and what comes in is [64, 1, 8]",
    );
    refused(
        &changed("kernel_size = [3, 3]", "kernel = 3"),
        "line 12, layer `features.8`: a conv2d has no `kernel`; it has \
         name, kind, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias",
    );
    refused(
        &changed("kernel_size = [3, 3]", "kernel_size = \"3\""),
        "line 12, layer `features.8`: `kernel_size` is \"3\": it must be a whole number from 1 to \
         1048576, or two as [height, width]",
    );
    refused(
        &changed(", out_channels = 128", ""),
        "line 12, layer `features.8`: a conv2d needs `out_channels`, a whole number from 1 to 1048576",
    );
    refused(
        &changed("name = \"features.5\"", "name = \"features.1\""),
        "line 9, layer `features.1`: a layer before it has this name, too: each needs a name of its own",
    );
    refused(
        &changed("name = \"label.0\", ", ""),
        "line 17, layer `linear`: a linear needs `name`, under which its weights stand, as \
         \"features.0\"",
    );
    refused(
        &changed(
            "out_channels = 128, kernel_size = [3, 3], padding = 1",
            "out_channels = 1048576, kernel_size = 5, padding = 2",
        ),
        "line 12, layer `features.8`: up to here the network has 1.7e9 weights, more than anybody has \
         memory for",
    );
    // 8 × 8 comes out, of a copy of 4 TB.
    refused(
        &changed(
            "kernel_size = [3, 3], padding = 1",
            "kernel_size = 3, padding = 524288, dilation = 524288",
        ),
        "line 12, layer `features.8`: up to here the network has 7.0e13 values a sample with its padding, \
         more than anybody has memory for",
    );
}

#[test]
fn what_is_no_description_is_refused() {
    refused("input = [3\n", "line 1: this is no TOML: unclosed array, expected `]`");
    refused("", "line 1: a description needs `input`, [channels, height, width], or [numbers]");
    let layers = "a list of layers, the last of them linear";
    refused("input = [4]\n", &format!("line 1: a description needs `layers`, {layers}"));
    refused(
        "input = [4]\nlayers = [{ kind = \"relu\" }]\n",
        &format!("line 2: `layers` is a list that ends otherwise: it must be {layers}"),
    );
    refused(
        &changed("\"standard\"", "\"standart\""),
        "line 2: `normalize` is \"standart\": it must be \"none\", \"mean\", \"standard\" or \"imagenet\"",
    );
    refused(
        &changed("normalize", "head = \"fc\"\nnormalize"),
        "line 2: `head` is \"fc\": it must be the name of the layer that the head begins with",
    );
    refused(
        &changed("normalize", "head = \"features.8\"\nnormalize"),
        "line 13, layer `features.8`: it takes [features], where the head begins, and what comes in is \
         [64, 4, 4]",
    );
    let residual = "input = [4]\n[[layers]]\nname = \"a\"\nkind = \"residual\"\nlayers = [\n  \
                    { name = \"b\", kind = \"linear\", out_features = 5 },\n]\n";
    refused(
        residual,
        "line 3, layer `a`: its layers make [5] of what comes in, and its shortcut [4]",
    );
    refused(
        &residual.replace("\"linear\", out_features = 5", "\"conv2d\""),
        "line 6, layer `a.b`: it takes [channels, height, width], and what comes in is [4]",
    );
    let twice = "a layer before it has this name, too: each needs a name of its own";
    let block = residual.replace("out_features = 5", "out_features = 4");
    let layer = |name: &str| {
        format!("[[layers]]\nname = \"{name}\"\nkind = \"linear\"\nout_features = 4\n")
    };
    refused(&format!("{block}{}", layer("a.b")), &format!("line 9, layer `a.b`: {twice}"));
    let before = block.replacen("[[layers]]", &format!("{}[[layers]]", layer("a.b")), 1);
    refused(&format!("{before}{}", layer("c")), &format!("line 10, layer `a.b`: {twice}"));
    let second = block.replace("input = [4]\n", "").replace("\"a\"", "\"a.b\"");
    refused(&format!("{block}{second}"), &format!("line 9, layer `a.b`: {twice}"));
    assert!(Description::parse(&format!("{block}{}", layer("a.c"))).is_ok());
}
