//! ARFF.

use super::{Case, case};

const HEAD: &str = "@relation r\n@attribute a numeric\n@attribute c {x, 'y z'}\n@data\n";

pub(super) fn cases() -> Vec<Case> {
    let arff = |what: &str, rest: &str, text: &str| case(what, "arff", "x", rest, text);
    let rows = |what: &str, rows: &str| arff(what, "", &format!("{HEAD}{rows}"));
    let many: Vec<String> = (0..65).map(|i| format!("w{i}")).collect();
    let many = format!("@attribute a {{{}}}\n@attribute c {{x}}\n@data\nw1,x\n", many.join(","));
    vec![
        arff("nothing in it", "", ""),
        arff("no data", "", "@relation r\n@attribute a numeric\n"),
        arff("no attribute", "", "@relation r\n@data\n1\n"),
        arff("another file", "", "a,b\n1,2\n"),
        arff("an attribute without a name", "", "@attribute\n@data\n"),
        arff("an attribute without a type", "", "@attribute a\n@data\n"),
        arff("an unknown type", "", "@attribute a float\n@data\n"),
        arff("a type of text", "", "@attribute a string\n@attribute c {x}\n@data\n'b',x\n"),
        arff("a type of dates", "", "@attribute d date 'yyyy'\n@attribute c {x}\n@data\n'1',x\n"),
        arff("values that do not end", "", "@attribute a {x, y\n@data\n"),
        arff("a value that is empty", "", "@attribute a {x,,y}\n@data\n"),
        arff("a value twice", "", "@attribute a {x,y,x}\n@data\n"),
        arff("an attribute twice", "", "@attribute a real\n@attribute a real\n@data\n1,2\n"),
        arff("quotes that do not end", "", "@attribute 'a real\n@data\n1\n"),
        arff("free text", "", &many),
        arff("a class that is a number", "#label=a", &format!("{HEAD}1,x\n")),
        arff("a class that is not there", "#label=b", &format!("{HEAD}1,x\n")),
        rows("no row", "% none\n"),
        rows("a row too short", "1\n"),
        rows("a row too long", "1,x,x\n"),
        rows("an empty value", "1,\n"),
        rows("a value that was not declared", "1,y\n"),
        rows("a word for a number", "one,x\n"),
        rows("an infinite number", "inf,x\n"),
        rows("a gap", "?,x\n"),
        rows("a gap for a class", "1,?\n"),
        rows("text behind quotes", "1,'y z' x\n"),
        rows("a weight", "1,x,{5}\n"),
        rows("a sparse row that does not end", "{0 1\n"),
        rows("a sparse row without a value", "{0}\n"),
        rows("a sparse row whose index is a word", "{a 1}\n"),
        rows("a sparse row whose index is too large", "{2 1}\n"),
        rows("a sparse row whose indices fall", "{1 x, 0 1}\n"),
        rows("a weight behind a sparse row", "{0 1}, {5}\n"),
    ]
}
