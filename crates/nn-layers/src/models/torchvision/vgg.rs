//! VGG with batch normalisation (Simonyan and Zisserman, *Very Deep Convolutional Networks for
//! Large-Scale Image Recognition*, 2015, configuration A).

use super::Backbone;
use crate::{AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Dropout, Linear, MaxPool2d, flatten, relu};
use tensor_autograd::Rng;

/// Channels of the convolutions between one pooling and the next.
const CONVOLUTIONS: [&[usize]; 5] = [&[64], &[128], &[256, 256], &[512, 512], &[512, 512]];

/// VGG-11 with batch normalisation: 132.9 million weights for 1000 classes, most of them in the first
/// linear layer. Images `[n, 3, h, w]` of 32×32 or more, 224×224 in training. While training, half of
/// what comes out of the two hidden linear layers is dropped.
pub fn vgg11_bn(classes: usize, rng: &mut Rng) -> Backbone {
    let mut net = Backbone::new();
    let (mut channels, mut index) = (3, 0);
    for convolutions in CONVOLUTIONS {
        for &outputs in convolutions {
            let conv = Conv2d::new(channels, outputs, 3, rng).padding(1);
            net.push(format!("features.{index}"), conv);
            net.push(format!("features.{}", index + 1), BatchNorm2d::new(outputs));
            net.push(format!("features.{}", index + 2), relu);
            (channels, index) = (outputs, index + 3);
        }
        net.push(format!("features.{index}"), MaxPool2d::new(2));
        index += 1;
    }
    net.push("avgpool", AdaptiveAvgPool2d::new(7));
    net.push("flatten", flatten);
    net.push("classifier.0", Linear::new(channels * 7 * 7, 4096, rng));
    net.push("classifier.1", relu);
    net.push("classifier.2", Dropout::new(0.5));
    net.push("classifier.3", Linear::new(4096, 4096, rng));
    net.push("classifier.4", relu);
    net.push("classifier.5", Dropout::new(0.5));
    net.push("classifier.6", Linear::new(4096, classes, rng));
    net.with_kaiming_convolutions(rng).with_normal_linear("classifier.", rng)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensor_autograd::Module;

    #[test]
    fn sizes_and_names_are_torchvisions() {
        let net = vgg11_bn(10, &mut Rng::seed(0));
        assert_eq!(net.num_parameters(), 132_868_840 - 4097 * 990);
        let names: Vec<String> = net.named_params().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names[..3], ["features.0.weight", "features.0.bias", "features.1.weight"]);
        assert!(names.contains(&"features.26.running_var".to_owned()));
        assert_eq!(names[names.len() - 6], "classifier.0.weight");
        assert_eq!(names.last().unwrap(), "classifier.6.bias");
        let state = net.state_dict();
        assert!(state["features.0.bias"].as_slice().iter().all(|&b| b == 0.0));
        let w = state["classifier.3.weight"].as_slice();
        let square = w.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>() / w.len() as f64;
        assert!((square * 1e4 - 1.0).abs() < 0.01, "{square}");
    }
}
