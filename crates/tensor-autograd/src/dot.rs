//! Draws a tape for Graphviz.

use crate::Tape;
use std::fmt::Write;

impl Tape {
    /// The graph of everything recorded, in Graphviz's language: `dot -Tsvg` makes a picture.
    /// Parameters are boxes, constants plain, and what no gradient flows through is grey.
    pub fn dot(&self) -> String {
        let mut out =
            String::from("digraph tape {\n  rankdir=LR;\n  node [fontname=sans, shape=ellipse];\n");
        for (i, (op, shape, needs_grad, parents)) in self.describe().into_iter().enumerate() {
            let form = match op {
                "param" => "box",
                "constant" => "plaintext",
                _ => "ellipse",
            };
            let colour = if needs_grad { "black" } else { "grey" };
            writeln!(out, "  n{i} [label=\"{op}\\n{shape}\", shape={form}, color={colour}, fontcolor={colour}];")
                .expect("a String takes all");
            for parent in parents {
                writeln!(out, "  n{parent} -> n{i};").expect("a String takes all");
            }
        }
        out + "}\n"
    }
}

#[cfg(test)]
mod tests {
    use crate::{Param, Tape, Tensor};

    #[test]
    fn every_value_is_a_node_and_every_parent_an_edge() {
        let w = Param::weight(Tensor::ones([2]));
        let tape = Tape::new();
        let _ = tape.param(&w) * tape.constant(Tensor::ones([2]));
        let dot = tape.dot();
        assert!(dot.contains("n0 [label=\"param\\n[2]\", shape=box, color=black"), "{dot}");
        assert!(dot.contains("n1 [label=\"constant\\n[2]\", shape=plaintext, color=grey"), "{dot}");
        assert!(dot.contains("n0 -> n2;") && dot.contains("n1 -> n2;"), "{dot}");
    }
}
