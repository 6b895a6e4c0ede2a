//! Figures of several engines that took turns, and the table that compares them.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// One line of one engine: what it measured of a workload.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The engine: `ours` or a peer.
    pub peer: String,
    /// The workload.
    pub workload: String,
    /// Threads, the main one included.
    pub threads: u64,
    /// Median wall time of a step, in seconds.
    pub median_s: f64,
    /// Loss of the first step.
    pub loss0: f64,
}

impl Line {
    /// Reads a line that `workloads` or a peer printed; `None` if it is an error or something else.
    pub fn parse(text: &str) -> Option<Line> {
        let v: Value = serde_json::from_str(text).ok()?;
        Some(Line {
            peer: v["peer"].as_str()?.to_owned(),
            workload: v["workload"].as_str()?.to_owned(),
            threads: v["threads"].as_u64()?,
            median_s: v["median_s"].as_f64()?,
            loss0: v["loss0"].as_f64()?,
        })
    }
}

/// All lines of a race, by workload and threads in the order of their first appearance.
#[derive(Debug, Default)]
pub struct Race {
    peers: Vec<String>,
    rows: Vec<(String, u64)>,
    /// By row and peer: a median and a loss for each round. `None` where an engine failed.
    rounds: BTreeMap<(usize, usize), Vec<Figure>>,
}

/// The median time of a step and the first loss, of an engine in one round.
type Figure = Option<(f64, f64)>;

impl Race {
    /// Adds what `peer` gave in its next round; rounds of all engines correspond.
    pub fn add(&mut self, peer: &str, workload: &str, threads: u64, line: Option<&Line>) {
        let row = position(&mut self.rows, (workload.to_owned(), threads));
        let peer = position(&mut self.peers, peer.to_owned());
        let figure = line.map(|l| (l.median_s, l.loss0));
        self.rounds.entry((row, peer)).or_default().push(figure);
    }

    /// A Markdown table: of each engine the median over the rounds of its median time a step, and
    /// how many times as long as the first engine it takes: the median over the rounds of the
    /// ratios within a round, in which both met the same machine. `≠` marks another loss: that
    /// engine ran something else.
    pub fn table(&self) -> String {
        let mut text = "| workload | threads |".to_owned();
        self.peers.iter().for_each(|p| write!(text, " {p} |").expect("a string grows"));
        text += "\n|---|---|";
        text += &"---|".repeat(self.peers.len());
        for (row, (workload, threads)) in self.rows.iter().enumerate() {
            write!(text, "\n| {workload} | {threads} |").expect("a string grows");
            for peer in 0..self.peers.len() {
                write!(text, " {} |", self.cell(row, peer)).expect("a string grows");
            }
        }
        text + "\n"
    }

    fn cell(&self, row: usize, peer: usize) -> String {
        let none = Vec::new();
        let of = |peer| self.rounds.get(&(row, peer)).unwrap_or(&none);
        let Some(time) = median(of(peer).iter().flatten().map(|(t, _)| *t).collect()) else {
            return "–".to_owned();
        };
        if peer == 0 {
            return seconds(time);
        }
        let both = of(peer).iter().zip(of(0)).filter_map(|(a, b)| a.zip(*b));
        let (ratios, losses): (Vec<f64>, Vec<bool>) =
            both.map(|((t, l), (t0, l0))| (t / t0, (l - l0).abs() <= 1e-4 * l0.abs())).unzip();
        let mark = if losses.iter().all(|same| *same) { "" } else { " ≠" };
        match median(ratios) {
            Some(ratio) => format!("{} ({ratio:.2}×){mark}", seconds(time)),
            None => seconds(time),
        }
    }
}

/// Where `item` stands in `list`, at its end if it was not there.
fn position<T: PartialEq>(list: &mut Vec<T>, item: T) -> usize {
    list.iter().position(|known| *known == item).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    (n > 0).then(|| (values[(n - 1) / 2] + values[n / 2]) / 2.0)
}

/// Three digits and a unit.
fn seconds(s: f64) -> String {
    let (value, unit) = match s {
        s if s < 1e-3 => (s * 1e6, "µs"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(peer: &str, median_s: f64, loss0: f64) -> Line {
        Line { peer: peer.into(), workload: "mlp_tiny".into(), threads: 1, median_s, loss0 }
    }

    #[test]
    fn a_line_is_read_and_an_error_is_not() {
        let good = r#"{"peer":"torch-eager","version":"torch 2","workload":"mlp_tiny","threads":1,"median_s":0.0002,"min_s":0.0001,"cpu_s":null,"per_s":5000.0,"unit":"steps","steps":9,"loss0":1.2,"loss10":0.7}"#;
        assert_eq!(Line::parse(good), Some(line("torch-eager", 2e-4, 1.2)));
        assert_eq!(Line::parse(r#"{"peer":"x","workload":"y","threads":1,"error":"no"}"#), None);
        assert_eq!(Line::parse("warning: something"), None);
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        let mut race = Race::default();
        // The machine slows down tenfold: the times do not compare, the ratios do.
        for slow in [1.0, 1.0, 10.0] {
            let (a, b) = (line("ours", 1e-4 * slow, 1.2), line("torch", 3e-4 * slow, 1.2));
            race.add("ours", "mlp_tiny", 1, Some(&a));
            race.add("torch", "mlp_tiny", 1, Some(&b));
            race.add("candle", "mlp_tiny", 1, (slow > 1.0).then_some(&line("candle", 1e-2, 1.3)));
            race.add("burn", "mlp_tiny", 1, None);
        }
        let want = "| workload | threads | ours | torch | candle | burn |\n|---|---|---|---|---|---|\n\
                    | mlp_tiny | 1 | 100 µs | 300 µs (3.00×) | 10.0 ms (10.00×) ≠ | – |\n";
        assert_eq!(race.table(), want);
    }

    #[test]
    fn times_have_three_digits() {
        assert_eq!(
            [seconds(1.234e-5), seconds(0.0567), seconds(2.0)],
            ["12.3 µs", "56.7 ms", "2.00 s"]
        );
    }
}
