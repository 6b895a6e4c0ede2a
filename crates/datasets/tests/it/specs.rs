//! Spec strings: what each mistake is met with.

use datasets::readers::csv::load_regression;
use datasets::{Spec, load, schemes};

fn message(text: &str) -> String {
    match text.parse::<Spec>() {
        Err(error) => error.to_string(),
        Ok(spec) => load(&spec).unwrap_err().to_string(),
    }
}

#[test]
fn mistakes() {
    let schemes = "synthetic, mnist, idx, cifar10, cifar100, images, csv, svmlight, arff, npy, npz, \
                   safetensors, audio, multi";
    let names = "digits, digits-textured, letters, letters-textured, moons, moons-rotated, \
                 documents, documents-auxiliary";
    let syntax = "is no option; write NAME=VALUE, joined by &";
    let rows = "is no range of rows; write [a..b] with a < b, counted from 0, or leave a or b out";
    for (text, expected) in [
        ("digits", format!("`digits` names no scheme; write SCHEME:..., with a scheme of {schemes}")),
        ("", format!("`` names no scheme; write SCHEME:..., with a scheme of {schemes}")),
        ("minst:x", format!("`minst:x`: there is no scheme `minst`, did you mean `mnist`?; known: {schemes}")),
        ("nothing:x", format!("`nothing:x`: there is no scheme `nothing`; known: {schemes}")),
        ("synthetic:digit", format!("`synthetic:digit`: there is no generator `digit`, did you mean `digits`?; known: {names}")),
        ("synthetic:faces", format!("`synthetic:faces`: there is no generator `faces`; known: {names}")),
        ("synthetic:digits?sede=3", "`synthetic:digits?sede=3`: there is no option `sede`, did you mean `seed`?; known: n, seed, writer, only, without, limit".into()),
        ("synthetic:moons?angle=3", "`synthetic:moons?angle=3`: there is no option `angle`; known: n, seed, only, without, limit".into()),
        ("mnist:x?seed=3", "`mnist:x?seed=3`: there is no option `seed`; known: only, without, limit".into()),
        ("mnist:x#tset", "`mnist:x#tset`: there is no fragment `tset`, did you mean `test`?; known: train, test".into()),
        ("idx:x#test", "`idx:x#test`: there is no fragment `test`; known: none".into()),
        ("images:x#traim", "`images:x#traim`: there is no fragment `traim`, did you mean `train`?; known: train, test, val".into()),
        ("images:x?size=0", "`images:x?size=0`: option `size` cannot be `0`; expected N or HxW, as 64 or 48x64, each of 1 to 4096".into()),
        ("images:x?resize=3x", "`images:x?resize=3x`: option `resize` cannot be `3x`; expected N or HxW, as 64 or 48x64, each of 1 to 4096".into()),
        ("images:x?resize=32&size=32x40", "`images:x?resize=32&size=32x40`: option `size` cannot be `32x40`; expected no more than resize leaves".into()),
        ("images:x?channels=4", "`images:x?channels=4`: option `channels` cannot be `4`; expected 1 or 3".into()),
        ("images:x?channels=1&normalize=imagenet", "`images:x?channels=1&normalize=imagenet`: ImageNet's pictures have three channels; leave out one of both".into()),
        ("images:x?test=1#test", "`images:x?test=1#test`: option `test` cannot be `1`; expected a number between 0 and 1".into()),
        ("images:x?seed=1", "`images:x?seed=1`: test= and seed= divide the files; say which part by #train or by #test".into()),
        ("cifar100:x#rough", "`cifar100:x#rough`: there is no fragment `rough`; known: fine, coarse".into()),
        ("audio:x#speaker", "`audio:x#speaker`: there is no fragment `speaker`; known: speaker=NAME, speaker!=NAME, train, test".into()),
        ("audio:x#test,tran", "`audio:x#test,tran`: there is no fragment `tran`, did you mean `train`?; known: speaker=NAME, speaker!=NAME, train, test".into()),
        ("audio:x#speaker!=", "`audio:x#speaker!=`: the fragment names no speaker, as #speaker=NAME does".into()),
        ("csv:x#lable=y", "`csv:x#lable=y`: there is no fragment `lable=y`; known: label=COLUMN, target=COLUMN, task=COLUMN".into()),
        ("csv:x#label=", "`csv:x#label=`: the fragment names no column, as #label=COLUMN does".into()),
        ("csv:x#label=a,label=b", "`csv:x#label=a,label=b`: a part of the fragment is given twice".into()),
        ("csv:x#task=a", "`csv:x#task=a`: `task=` goes with a `target=`, as in #target=score,task=school".into()),
        ("csv:x#label=a,target=b", "`csv:x#label=a,target=b`: a `label=` is for classes, a `target=` for numbers; name one".into()),
        ("csv:x#target=a", "`csv:x#target=a`: `target=` makes numbers to be predicted, and classes are needed here; name their column by #label=COLUMN".into()),
        ("csv:x?header=no", "`csv:x?header=no`: option `header` cannot be `no`; expected true or false".into()),
        ("csv:x?missing=median", "`csv:x?missing=median`: option `missing` cannot be `median`; expected mean, zero, drop or a number".into()),
        ("arff:x#class", "`arff:x#class`: there is no fragment `class`; known: label=NAME".into()),
        ("multi:nothing:x", format!("`nothing:x`: there is no scheme `nothing`; known: {schemes}")),
        ("multi:synthetic:digits#centre", "`synthetic:digits#centre`: there is no fragment `centre`; known: train, test".into()),
        ("multi:synthetic:digits#left,right", "`multi:synthetic:digits#left,right`: of an image's two labels, #left or #right names one".into()),
        ("multi:multi:synthetic:digits", "`multi:multi:synthetic:digits`: two images are laid over each other, not more; give images of one thing".into()),
        ("multi:mnist:x?writer=3", "`mnist:x?writer=3`: there is no option `writer`; known: only, without, limit".into()),
        ("multi:synthetic:digits?shift=5", "`multi:synthetic:digits?shift=5`: option `shift` cannot be `5`; expected at most 4".into()),
        ("svmlight:x?base=2", "`svmlight:x?base=2`: option `base` cannot be `2`; expected 0 or 1".into()),
        ("svmlight:x?features=0", "`svmlight:x?features=0`: option `features` cannot be `0`; expected a whole number of at least 1".into()),
        ("svmlight:x?features=4294967296", "`svmlight:x?features=4294967296`: option `features` cannot be `4294967296`; expected at most 4294967295".into()),
        ("mnist:x?limit=0", "`mnist:x?limit=0`: option `limit` cannot be `0`; expected a whole number of at least 1".into()),
        ("mnist:x?limit=-1", "`mnist:x?limit=-1`: option `limit` cannot be `-1`; expected a whole number of at least 1".into()),
        ("synthetic:digits?seed=x", "`synthetic:digits?seed=x`: option `seed` cannot be `x`; expected a whole number of at least 0".into()),
        ("synthetic:moons-rotated?angle=inf", "`synthetic:moons-rotated?angle=inf`: option `angle` cannot be `inf`; expected a number".into()),
        ("synthetic:digits?writer=16", "`synthetic:digits?writer=16`: option `writer` cannot be `16`; expected a writer of 0 to 15".into()),
        ("synthetic:digits?n=9999999999", "`synthetic:digits?n=9999999999`: option `n` cannot be `9999999999`; expected at most 1000000 rows".into()),
        ("synthetic:moons?n=1", "`synthetic:moons?n=1`: option `n` cannot be `1`; expected at least 2, one point of each moon".into()),
        ("idx:x?classes=65537", "`idx:x?classes=65537`: option `classes` cannot be `65537`; expected at most 65536".into()),
        ("mnist:", "`mnist:`: 0 parts after the colon, expected 1, not empty; write mnist:DIR[#train|#test], and a comma inside a path as %2C".into()),
        ("mnist:a,b", "`mnist:a,b`: 2 parts after the colon, expected 1, not empty; write mnist:DIR[#train|#test], and a comma inside a path as %2C".into()),
        ("idx:a,", "`idx:a,`: 2 parts after the colon, expected 1 to 2, none empty; write idx:INPUTS[,LABELS], and a comma inside a path as %2C".into()),
        ("synthetic:", "`synthetic:`: 0 parts after the colon, expected 1, not empty; write synthetic:NAME[?n=N&seed=S...][#train|#test], and a comma inside a path as %2C".into()),
        ("mnist:x?limit", format!("`mnist:x?limit`: `limit` {syntax}")),
        ("mnist:x?", format!("`mnist:x?`: `` {syntax}")),
        ("mnist:x?limit=1&limit=2", "`mnist:x?limit=1&limit=2`: `limit` is given twice".into()),
        ("mnist:x#test#train", "`mnist:x#test#train`: `#train` is a second fragment; one is enough".into()),
        ("mnist:x[0..1]#test[2..3]", "`mnist:x[0..1]#test[2..3]`: `[2..3]` is a second range of rows; one is enough".into()),
        ("mnist:x[5..5]", format!("`mnist:x[5..5]`: `[5..5]` {rows}")),
        ("mnist:x[9..3]", format!("`mnist:x[9..3]`: `[9..3]` {rows}")),
        ("mnist:x[a..b]", format!("`mnist:x[a..b]`: `[a..b]` {rows}")),
        ("mnist:x[-1..3]", format!("`mnist:x[-1..3]`: `[-1..3]` {rows}")),
    ] {
        assert_eq!(message(text), expected);
    }
}

#[test]
fn rows_first_then_the_limit() {
    let load = |text: &str| load(&text.parse().unwrap()).unwrap();
    let all = load("synthetic:digits?n=40");
    let part = load("synthetic:digits?n=40&limit=5[10..30]");
    assert_eq!(part.name(), "synthetic:digits?limit=5&n=40[10..30]");
    assert_eq!(part.inputs(), all.slice(10..15).unwrap().inputs());
    assert_eq!(part.labels(), all.slice(10..15).unwrap().labels());
    assert_eq!(load("synthetic:digits?n=40&limit=99").len(), 40);
    assert_ne!(all.inputs(), load("synthetic:digits?n=40#test").inputs());
    assert_eq!(all.inputs(), load("synthetic:digits?n=40#train").inputs());
}

#[test]
fn options_are_set_where_they_are_taken() {
    let spec: Spec = "synthetic:digits?n=7".parse().unwrap();
    assert_eq!(spec.with_option("seed", 3).unwrap().to_string(), "synthetic:digits?n=7&seed=3");
    assert!(spec.takes("seed") && !spec.takes("angle"));
    assert!(spec.with_option("angle", 3).is_err());
    assert!(!"mnist:x".parse::<Spec>().unwrap().takes("seed"));
}

#[test]
fn a_spec_knows_whether_its_rows_are_sparse() {
    let sparse = |text: &str| text.parse::<Spec>().unwrap().is_sparse();
    assert!(sparse("svmlight:x?features=9[2..]"));
    assert!(!sparse("csv:x#label=0") && !sparse("synthetic:documents"));
}

#[test]
fn data_for_another_use_say_so() {
    let sparse = datasets::load_sparse(&"mnist:x".parse().unwrap()).unwrap_err();
    assert_eq!(sparse.to_string(), "`mnist:x`: sparse data is needed here, as svmlight:FILE is");
    let regression = |text: &str| load_regression(&text.parse().unwrap()).unwrap_err().to_string();
    assert_eq!(
        regression("mnist:x"),
        "`mnist:x`: a table is needed here, as csv:FILE#target=COLUMN is"
    );
    assert_eq!(
        regression("csv:x"),
        "`csv:x`: say which column is to be predicted, by #target=COLUMN"
    );
}

#[test]
fn help_says_how_to_write_each_scheme() {
    for scheme in schemes() {
        assert!(scheme.usage.starts_with(&format!("{}:", scheme.name)), "{}", scheme.usage);
        assert!(!scheme.help.is_empty());
    }
}
