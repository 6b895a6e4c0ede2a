//! Tables, sparse rows and signatures with mistakes, and the exact words each is met with.

use datasets::readers::{csv, signatures};

use crate::malformed::check;
use crate::round_trip::gzip;

/// A file of this text, plain and gzipped, and what is said of it after its name.
fn svmlight(text: impl AsRef<[u8]>, expected: &str) {
    with_options(text, "", expected);
}

fn with_options(text: impl AsRef<[u8]>, options: &str, expected: &str) {
    let (spec, expected) = (format!("svmlight:DIR/x{options}"), format!("DIR/x: {expected}"));
    check(&[("x", text.as_ref().to_vec())], &spec, &expected);
    check(&[("x", gzip(text.as_ref()))], &spec, &expected);
}

#[test]
fn svmlight_lines() {
    let label = "expected a whole number such as 3, +1 or -1, then the features";
    let feature = "expected INDEX:VALUE, as in 12:0.5";
    let none = "line 1: the file ends here without a row of data; expected LABEL INDEX:VALUE ...";
    svmlight("", none);
    svmlight("# nothing\r\n \n", &none.replace("line 1", "line 2"));
    svmlight("1 1:2\n\n0.5 1:2", &format!("line 3: `0.5` is no label; {label}"));
    svmlight("1,2 1:2", &format!("line 1: `1,2` is no label; {label}"));
    svmlight("nan 1:2", &format!("line 1: `nan` is no label; {label}"));
    svmlight("1:2 3:4", &format!("line 1: `1:2` is no label; {label}"));
    for word in ["5", "5:", ":5", "x:5", "-1:5", "+1:5", "1.0:5", "1:5:6", "1:x", "1:0x10"] {
        svmlight(format!("1 {word} 9:1\n"), &format!("line 1: `{word}` is no feature; {feature}"));
    }
    svmlight(
        format!("1 {}:1\n", "a".repeat(100)),
        &format!("line 1: `{}...` is no feature; {feature}", "a".repeat(40)),
    );
    for word in ["nan", "inf", "-inf", "1e39"] {
        svmlight(
            format!("1 7:{word}\r\n"),
            &format!(
                "line 1: column `7`: `{word}` is no usable value; every number must be finite in \
                 32 bits"
            ),
        );
    }
    svmlight(
        "1 1:1\n2 qid:3 1:2\n",
        "line 2: `qid:3`: groups of queries are for ranking, and nothing here ranks; remove them",
    );
    svmlight(
        b"1 1:1\n\xFF 1:1\n",
        "line 2: this is no UTF-8 text; is the file damaged, or in another encoding?",
    );
    svmlight(
        b"PK\x03\x04\xFF\xFE",
        "line 1: this is no UTF-8 text; this is a zip archive, unpack it first",
    );
}

#[test]
fn svmlight_indices() {
    let order = "indices must ascend, each at most once a line";
    svmlight("1 3:1 2:1", &format!("line 1: index 2 after 3; {order}"));
    svmlight("1 1:1\n1 3:1 3:1", &format!("line 2: index 3 after 3; {order}"));
    let zero = "index 0, and svmlight counts from 1; if this file counts from 0, say ?base=0";
    svmlight("1 0:1 1:1", &format!("line 1: {zero}"));
    with_options("1 0:1 0:1", "?base=0", &format!("line 1: index 0 after 0; {order}"));
    let bits = "is beyond 4294967295, the last that fits in 32 bits";
    svmlight("1 4294967296:1", &format!("line 1: index 4294967296 {bits}"));
    svmlight("1 99999999999999999999:1", &format!("line 1: index 99999999999999999999 {bits}"));
    with_options(
        "1 5:1\n1 6:1",
        "?features=5",
        "line 2: index 6 is beyond 5, the last that fits into ?features=5",
    );
    with_options(
        "1 5:1",
        "?features=5&base=0",
        "line 1: index 5 is beyond 4, the last that fits into ?features=5",
    );
    svmlight(
        "1\n2\n",
        "inputs of shape [2, 0] hold no examples; expected [n, ...] with every axis at least 1, \
         and at least 2 axes",
    );
    check(
        &[("x", b"1 4294967295:1".to_vec())],
        "svmlight:DIR/x",
        "svmlight:DIR/x: 1 rows of 4294967295 features are more than 4210688 numbers when \
         dense, the most for 1 that are stored; look for an index that is too large, take fewer rows \
         or a method for sparse data",
    );
    check(
        &[("x", b"1 1:1\n2 1:1".to_vec())],
        "svmlight:DIR/x[1..3]",
        "svmlight:DIR/x[1..3]: rows 1..3 are not in 0..2, or none are",
    );
}

#[test]
fn gzip_damaged_under_lines() {
    let packed = gzip(b"1 1:1\n1 2:1\n");
    let early = "the gzip stream is damaged: it ends early; fetch the file again";
    let expected = format!("DIR/x: byte 12: {early}");
    let cut = packed[..packed.len() - 2].to_vec();
    for spec in ["svmlight:DIR/x", "csv:DIR/x"] {
        check(&[("x", cut.clone())], spec, &expected);
    }
}

#[test]
fn a_line_without_end_is_not_kept() {
    let expected = "line 1: more than 16777216 bytes on one line, and this reader stops there; is \
                    this a text file?";
    svmlight("1".repeat(40_000_000), expected);
}

fn table(text: impl AsRef<[u8]>, rest: &str, expected: &str) {
    let (spec, expected) = (format!("csv:DIR/x.csv{rest}"), expected.replace("FILE", "DIR/x.csv"));
    check(&[("x.csv", text.as_ref().to_vec())], &spec, &expected);
    check(&[("x.csv", gzip(text.as_ref()))], &spec, &expected);
}

#[test]
fn csv_rows() {
    let no_rows = "the file ends here without a row of data; expected cells, as 5.1,3.5,setosa";
    table("", "", &format!("FILE: line 1: {no_rows}"));
    table("\n\r\n", "", &format!("FILE: line 1: {no_rows}"));
    table("a,b\n", "", &format!("FILE: line 1: {no_rows}"));
    let ragged = "where the first line has 2; every row has as many";
    table("a,b\n1,2\n1\n", "", &format!("FILE: line 3: 1 cells, {ragged}"));
    table("a,b\r\n1,2\r\n\r\n1,2,\r\n", "", &format!("FILE: line 4: 3 cells, {ragged}"));
    // A quote that is not closed swallows what follows.
    table("a,b\n1,2\n\"1,2\n3,4\n", "", &format!("FILE: line 3: 1 cells, {ragged}"));
    table(
        "a,b,a\n1,2,3\n",
        "",
        "FILE: line 1: column `a` stands here and in column 1; each may stand once; if the first \
         line is data, say ?header=false",
    );
    table(
        "1,1\n2,3\n",
        "?header=true",
        "FILE: line 1: column `1` stands here and in column 1; each may stand once; if the first \
         line is data, say ?header=false",
    );
    table(
        b"a,b\n1,\xE9\n",
        "",
        "FILE: line 2: this is no UTF-8 text; is the file damaged, or in another encoding?",
    );
    let wide = format!("{}\n", "1,".repeat(70_000));
    table(
        format!("1,2\n{wide}"),
        "",
        "FILE: line 2: more than 65536 columns, and this reader stops there; leave some out",
    );
}

#[test]
fn csv_values() {
    let mend = "mend one of them, or say ?words";
    table(
        "a,b\n1,2\n1,x\n",
        "",
        &format!(
            "FILE: line 3: column `b`: `x` is no number, where line 2 has one; {mend}=b to take \
             all for words"
        ),
    );
    table(
        "x,2\n1,0x1\n\n2,3\n",
        "?header=true",
        &format!(
            "FILE: line 4: column `2`: `3` is a number, where line 2 has a word; {mend}=2 to take \
             all for words"
        ),
    );
    let usable = "is no usable value; every number must be finite in 32 bits";
    for value in ["inf", "-infinity", "1e39"] {
        table(
            format!("a,b\n{value},2\n"),
            "",
            &format!("FILE: line 2: column `a`: `{value}` {usable}"),
        );
    }
    for value in ["", "NaN", "na", "?", "N/A", "\" \""] {
        table(
            format!("a,b\n1,2\n1,{value}\n"),
            "",
            "FILE: line 3: column `b`: the value is missing; put it in, or say ?missing=mean, \
             ?missing=zero, ?missing=NUMBER or ?missing=drop",
        );
    }
    table(
        "a,b\n1,\n2,\n",
        "?missing=mean",
        "FILE: line 2: column `b`: the value is missing, and in every other row too; say ?ignore= \
         with its name, or ?missing=zero",
    );
    table(
        "a,b\n1,x\n2,\n",
        "?missing=zero#label=b",
        "FILE: line 3: column `b`: the value is missing; a row without it is of no use here: mend \
         it, or say ?missing=drop instead",
    );
    table(
        "a,kind\n1,x\n",
        "#label=knd",
        "`csv:FILE#label=knd`: there is no column `knd`, did you mean `kind`?; known: a, kind",
    );
    table(
        "kind\nx\n",
        "#label=kind",
        "csv:FILE#label=kind: inputs of shape [1, 0] hold no examples; expected [n, ...] with \
         every axis at least 1, and at least 2 axes",
    );
    let many: String = (0..65_537).map(|i| format!("1,w{i}\n")).collect();
    table(
        many,
        "?header=false#label=2",
        "FILE: line 65537: more than 65536 different words in one column, and this reader stops \
         there; is this the right column?",
    );
    // A target is never made up.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    std::fs::write(&path, "a,b\n1,2\n3,\n").unwrap();
    let spec = format!("csv:{}?missing=mean#target=b", path.display()).parse().unwrap();
    let error = csv::load_regression(&spec).unwrap_err().to_string();
    let expected = "line 3: column `b`: the value is missing; a row without it is of no use here: \
                    mend it, or say ?missing=drop instead";
    assert!(error.ends_with(expected), "{error}");
}

#[test]
fn signatures_of_classes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tsv");
    let no_row = "the file ends here without a row of data; expected the name of a class, then \
                  numbers, parted by tabs";
    for (text, expected) in [
        ("", format!("line 1: {no_row}")),
        ("class\tfur\tbig\n", format!("line 1: {no_row}")),
        ("cat dog\n", format!("line 1: {no_row}")),
        ("cat\t1\t2\ndog\t1\n", "line 2: 2 cells, where the first line has 3; every row has as many".into()),
        ("cat\t1\ndog\t2\n\ncat\t3\n", "line 4: class `cat` stands here and on line 1; each may stand once".into()),
        ("class\tfur\tfur\ncat\t1\t2\n", "line 1: attribute `fur` stands here and in column 2; each may stand once".into()),
        ("class\tfur\ncat\tNaN\n", "line 2: column `fur`: `NaN` is no usable value; every number must be finite in 32 bits".into()),
        ("cat\t1\tNaN\n", "line 1: column `2`: `NaN` is no usable value; every number must be finite in 32 bits".into()),
        ("class\tfur\ncat\tsoft\n", "line 2: column `fur`: `soft` is no number; cells are parted by tabs".into()),
        ("cat\t1\t\n", "line 1: column `2`: the value is missing".into()),
    ] {
        for bytes in [text.as_bytes().to_vec(), gzip(text.as_bytes())] {
            std::fs::write(&path, bytes).unwrap();
            let error = signatures::read(&path).unwrap_err().to_string();
            assert_eq!(error, format!("{}: {expected}", path.display()), "{text:?}");
        }
    }
    std::fs::write(&path, format!("cat{}\n", "\t1".repeat(65_537))).unwrap();
    let error = signatures::read(&path).unwrap_err().to_string();
    assert!(error.contains("more than 65536 attributes"), "{error}");
}
