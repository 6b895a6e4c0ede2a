//! The live page of a run: what it serves, to whom, and what it tells.

use crate::lab::{Lab, MOONS, Reaped};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

/// A watcher of `run`, and the port of its page.
fn watching(lab: &Lab, run: &str) -> (Reaped, u16) {
    let mut command = lab.process(&format!("watch {run} --port 0"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let port = line.trim().strip_prefix("http://127.0.0.1:").and_then(|l| l.strip_suffix('/'));
    let port = port.and_then(|p| p.parse().ok()).unwrap_or_else(|| panic!("no address: {line:?}"));
    (Reaped(Some(child)), port)
}

fn connect(port: u16, request: &str, host: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    stream
}

/// The whole answer, head and body.
fn answer(port: u16, request: &str, host: &str) -> String {
    let mut text = String::new();
    connect(port, request, host).read_to_string(&mut text).unwrap();
    text
}

fn get(port: u16, path: &str) -> String {
    answer(port, &format!("GET {path}"), &format!("127.0.0.1:{port}"))
}

/// The stream of news until a line holds `last`.
fn events(port: u16, last: &str) -> String {
    let stream = connect(port, "GET /events", &format!("localhost:{port}"));
    let mut text = String::new();
    for line in BufReader::new(stream).lines() {
        let line = line.unwrap();
        text += &line;
        text.push('\n');
        if line.contains(last) {
            return text;
        }
    }
    panic!("it ended before `{last}`:\n{text}");
}

#[test]
fn a_finished_run_is_told_and_its_report_served() {
    let lab = Lab::new();
    lab.done(&format!("run domain-adversarial {MOONS} --epochs 3 --out r"));
    let (_child, port) = watching(&lab, "r");
    let page = get(port, "/");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("<script src=\"/live.js\">"));
    for policy in ["content-security-policy: default-src 'none'", "frame-ancestors 'none'"] {
        assert!(page.contains(policy), "{page}");
    }
    for asset in ["/live.js", "/live.css", "/uplot.js", "/uplot.css"] {
        assert!(get(port, asset).starts_with("HTTP/1.1 200"), "{asset}");
    }
    assert!(get(port, "/config").contains("method = \"domain-adversarial\""));
    assert!(get(port, "/report").contains("source_only"));
    let news = events(port, "event: finished");
    assert_eq!(news.matches("event: metrics").count(), 6);
    assert_eq!(news.matches("event: result").count(), 2);
}

#[test]
fn a_run_that_goes_on_is_followed() {
    let lab = Lab::new();
    std::fs::create_dir(lab.path("r")).unwrap();
    lab.write("r/config.toml", "method = \"fine-tune\"\n");
    let (_child, port) = watching(&lab, "r");
    assert!(get(port, "/report").starts_with("HTTP/1.1 404"));
    let line = |n: usize| format!("{{\"arm\":\"a\",\"seed\":0,\"step\":{n}}}\n");
    lab.write("r/metrics.jsonl", line(1) + "{\"arm\":");
    let first = events(port, "\"step\":1");
    assert!(!first.contains("finished") && first.matches("event: metrics").count() == 1);
    lab.write("r/metrics.jsonl", line(1) + &line(2));
    lab.write("r/report.json", "{}");
    let all = events(port, "event: finished");
    assert!(all.find("\"step\":2").unwrap() < all.find("event: finished").unwrap(), "{all}");
}

#[test]
fn only_this_machine_is_answered_and_only_reading() {
    let lab = Lab::new();
    std::fs::create_dir(lab.path("r")).unwrap();
    lab.write("r/config.toml", "");
    lab.write("secret.txt", "secret");
    let (_child, port) = watching(&lab, "r");
    for host in ["evil.example", "127.0.0.1", &format!("evil.example:{port}")] {
        let answer = answer(port, "GET /config", host);
        assert!(answer.starts_with("HTTP/1.1 421"), "{host}: {answer}");
    }
    let host = format!("127.0.0.1:{port}");
    assert!(answer(port, "POST /config", &host).starts_with("HTTP/1.1 405"));
    for path in ["/../secret.txt", "/%2e%2e/secret.txt", "/secret.txt", "/config.toml"] {
        assert!(get(port, path).starts_with("HTTP/1.1 404"), "{path}");
    }
    let busy = format!("watch r --port {port}");
    lab.refused(&busy, 2, &[&format!("port {port} of 127.0.0.1"), "--port"]);
    lab.refused("watch nowhere", 3, &["nowhere", "it is no run folder"]);
}
