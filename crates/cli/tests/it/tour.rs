//! The tour.

use crate::lab::Lab;

#[test]
fn a_quick_tour_runs_every_method_and_leaves_one_page() {
    let lab = Lab::new();
    let text = lab.done("tour --quick --out t");
    for word in [
        "\nmulti-task: multi:synthetic:digits",
        "\nsingle_task   ",
        "Delta_m, the mean relative gain",
        "target accuracy, %  the method's gain",
        "\nfine-tune   ",
        "\nscratch   ",
        "\nsource_only   ",
        "\ndomain-adversarial   ",
        "\ntrain_on_target   ",
        "All of it on one page: t/report.html",
    ] {
        assert!(text.contains(word), "`{word}` is not in\n{text}");
    }
    let gain = |row: &&str| row.ends_with(|c: char| c.is_ascii_digit()) && row.contains(['+', '-']);
    let baselines = text.lines().filter(|l| l.starts_with("source_only"));
    assert_eq!(baselines.filter(gain).count(), 3, "{text}");

    let nets = ["fine-tune", "conservative", "layer-transfer", "progressive", "domain-adversarial"];
    for file in ["config.toml", "report.json", "report.html", "metrics.jsonl", "model.safetensors"]
    {
        assert!(!lab.read(&format!("t/multi-task/{file}")).is_empty());
    }
    for method in [&nets[..], &["zero-shot", "self-taught", "self-taught-clustering"]].concat() {
        assert!(text.contains(&format!("\n{method}: synthetic:")) || method == nets[0], "{method}");
        for file in ["config.toml", "report.json", "report.html"] {
            assert!(!lab.read(&format!("t/{method}/{file}")).is_empty());
        }
        assert!(!lab.path(&format!("t/{method}/checkpoint")).exists());
    }
    for method in nets {
        for file in ["metrics.jsonl", "model.safetensors"] {
            assert!(!lab.read(&format!("t/{method}/{file}")).is_empty());
        }
    }
    for page in ["t/report.html", "t/fine-tune/report.html", "t/domain-adversarial/report.html"] {
        let html = lab.text(page);
        assert!(html.contains("<svg") && html.contains("source_only"), "{page}");
        assert_eq!(loads(&html), [""; 0], "{page}");
    }
    assert!(lab.text("t/report.html").contains("fine-tune: synthetic:letters"));
    assert!(lab.text("t/layer-transfer/layers.svg").contains("the first n layers are copied"));

    lab.refused("tour --quick --out t", 2, &["t: there is a report in it already"]);
}

/// What a page asks for that is not in it.
fn loads(html: &str) -> Vec<&str> {
    let name_of_svg = "http://www.w3.org/2000/svg\"";
    let marks = ["http:", "https:", "<script", "<link", "<iframe", "@import", "src=\"", "href=\""];
    let found = marks.iter().flat_map(|mark| html.match_indices(mark)).filter(|(at, mark)| {
        let rest = &html[at + mark.len()..];
        let inside = rest.starts_with("data:") || rest.starts_with('#');
        let harmless = html[*at..].starts_with(name_of_svg) || (mark.ends_with('"') && inside);
        !harmless
    });
    found.map(|(at, _)| html[at..].split_inclusive('>').next().unwrap_or("")).collect()
}

#[test]
fn what_a_page_loads_is_found() {
    let alone = "<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"data:,\"/></svg>";
    assert_eq!(loads(alone), [""; 0]);
    for load in ["<script>", "<img src=\"a.png\">", "<image href=\"https://a/b\"/>"] {
        assert!(!loads(load).is_empty(), "{load}");
    }
}
