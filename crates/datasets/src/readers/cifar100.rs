//! `cifar100:FILE`: the binary form of CIFAR-100 (Krizhevsky 2009).
//!
//! A record has two bytes of labels, coarse and fine, and then the pixels of CIFAR-10: 3074 bytes.
//! The hundred fine classes are the labels if nothing is said; `#coarse` are the twenty superclasses
//! of five each.

use super::cifar::{Records, read};
use crate::spec::{Fragments, Grammar, Loader, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "cifar100",
    usage: "cifar100:FILE[,FILE...][#fine|#coarse]",
    help: "CIFAR-100's binary files, gzipped or not; #fine labels if nothing is said, or the twenty \
           #coarse ones",
    grammar: |_| Ok(GRAMMAR),
    load: Loader::Dense(|spec| {
        let coarse = spec.fragment() == Some("coarse");
        read(spec, if coarse { &RECORDS[0] } else { &RECORDS[1] })
    }),
};

const GRAMMAR: Grammar =
    Grammar { parts: 1..=16, options: &[], fragments: Fragments::OneOf(&["fine", "coarse"]) };

/// By the coarse label, and by the fine one.
const RECORDS: [Records; 2] = [records(0, &COARSE), records(1, &FINE)];

const fn records(label: usize, classes: &'static [&'static str]) -> Records {
    let (begins, hint) = ("a coarse label of 0 to 19", "is this CIFAR-100 in its binary form?");
    Records { labels: 2, label, classes, begins, first: COARSE.len(), hint }
}

/// The twenty superclasses in the order of their labels.
#[rustfmt::skip]
pub const COARSE: [&str; 20] = [
    "aquatic_mammals", "fish", "flowers", "food_containers", "fruit_and_vegetables",
    "household_electrical_devices", "household_furniture", "insects", "large_carnivores",
    "large_man-made_outdoor_things", "large_natural_outdoor_scenes",
    "large_omnivores_and_herbivores", "medium_mammals", "non-insect_invertebrates", "people",
    "reptiles", "small_mammals", "trees", "vehicles_1", "vehicles_2",
];

/// The hundred classes in the order of their labels.
#[rustfmt::skip]
pub const FINE: [&str; 100] = [
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle",
    "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle",
    "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup",
    "dinosaur", "dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house",
    "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man",
    "maple_tree", "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange", "orchid",
    "otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy",
    "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea", "seal",
    "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider", "squirrel", "streetcar",
    "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor",
    "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load;

    #[test]
    fn either_label() {
        assert!(FINE.is_sorted() && COARSE.is_sorted());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("two.bin");
        let record = |coarse, fine, red| {
            let mut record = vec![51; 3074];
            (record[0], record[1], record[2]) = (coarse, fine, red);
            record
        };
        std::fs::write(&path, [record(11, 19, 255), record(16, 99, 0)].concat()).unwrap();
        let read =
            |rest: &str| load(&format!("cifar100:{}{rest}", path.display()).parse().unwrap());
        let (fine, coarse) = (read("").unwrap(), read("#coarse").unwrap());
        assert_eq!(fine.labels().unwrap(), [19, 99]);
        assert_eq!((&fine.classes()[19][..], fine.classes().len()), ("cattle", 100));
        assert_eq!(coarse.labels().unwrap(), [11, 16]);
        assert_eq!(coarse.classes()[16], "small_mammals");
        assert_eq!(fine.inputs(), coarse.inputs());
        assert_eq!(fine.inputs()[[0, 0, 0, 0]], 1.0);
        assert_eq!(fine.inputs()[[1, 2, 31, 31]], 0.2);
        let one = read("?only=cattle").unwrap();
        assert_eq!((one.len(), one.classes()), (1, &["cattle".to_string()][..]));
    }
}
