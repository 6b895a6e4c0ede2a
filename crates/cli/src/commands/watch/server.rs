//! The pages and the stream of news, for this machine's browser alone.

use super::folder::{Lines, News};
use crate::run::Folder;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, Stream};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Between two looks at the folder.
const PAUSE: Duration = Duration::from_millis(500);

/// Scripts and styles are the program's own; nothing is loaded from elsewhere, and no other page may
/// frame these.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";
/// The report has its styles within, and no script.
const REPORT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                             base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Files that are part of the program: path, type, content.
const ASSETS: [(&str, &str, &str); 5] = [
    ("/", "text/html; charset=utf-8", include_str!("assets/live.html")),
    ("/live.js", "text/javascript; charset=utf-8", include_str!("assets/live.js")),
    ("/live.css", "text/css; charset=utf-8", include_str!("assets/live.css")),
    ("/uplot.js", "text/javascript; charset=utf-8", include_str!("assets/uplot.js")),
    ("/uplot.css", "text/css; charset=utf-8", include_str!("assets/uplot.css")),
];

/// All that the server answers: reading alone, from the run folder alone.
pub(super) fn routes(run: PathBuf, port: u16) -> Router {
    let mut router = Router::new();
    for (path, kind, text) in ASSETS {
        router = router.route(path, get(([(header::CONTENT_TYPE, kind)], text)));
    }
    router
        .route("/config", get(config))
        .route("/events", get(events))
        .route("/report", get(report))
        .with_state(Arc::new(run))
        .layer(middleware::from_fn(move |request, next| guard(port, request, next)))
}

/// Answers only requests that name this machine: another site's page whose name was pointed here
/// (DNS rebinding) reads nothing. Every answer carries the policy.
async fn guard(port: u16, request: Request, next: Next) -> Response {
    let mut response = match names_this_machine(request.headers(), port) {
        true => next.run(request).await,
        false => (StatusCode::MISDIRECTED_REQUEST, "open http://127.0.0.1 or http://localhost\n")
            .into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

fn names_this_machine(headers: &HeaderMap, port: u16) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let known =
        |name: &str| host == Some(&*format!("{name}:{port}")) || port == 80 && host == Some(name);
    known("127.0.0.1") || known("localhost")
}

async fn config(State(run): State<Arc<PathBuf>>) -> Response {
    file(&run.join("config.toml"), "text/plain; charset=utf-8", POLICY)
}

async fn report(State(run): State<Arc<PathBuf>>) -> Response {
    file(&run.join("report.html"), "text/html; charset=utf-8", REPORT_POLICY)
}

fn file(path: &Path, kind: &'static str, policy: &'static str) -> Response {
    match std::fs::read(path) {
        Ok(bytes) => {
            let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, policy)];
            (headers, bytes).into_response()
        }
        Err(e) => (StatusCode::NOT_FOUND, format!("{}: {e}\n", path.display())).into_response(),
    }
}

async fn events(
    State(run): State<Arc<PathBuf>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let file = |name: &str| Lines::of(run.join(name));
    let files = [("metrics", file("metrics.jsonl")), ("result", file("results.jsonl"))];
    let told = Told { run, files, finished: false, waiting: VecDeque::new() };
    Sse::new(stream::unfold(told, next)).keep_alive(KeepAlive::default())
}

/// What one page has been told.
struct Told {
    run: Arc<PathBuf>,
    files: [(&'static str, Lines); 2],
    finished: bool,
    waiting: VecDeque<Event>,
}

async fn next(mut told: Told) -> Option<(Result<Event, Infallible>, Told)> {
    loop {
        if let Some(event) = told.waiting.pop_front() {
            return Some((Ok(event), told));
        }
        told.look();
        if told.waiting.is_empty() {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Told {
    /// Puts what is new into `waiting`. Whether the run has ended is asked first: what it wrote before
    /// its end is then among the lines.
    fn look(&mut self) {
        let finished = Folder::is_finished(&self.run);
        for (name, lines) in &mut self.files {
            match lines.look() {
                Ok(News::Lines(new)) => {
                    self.waiting
                        .extend(new.iter().map(|line| Event::default().event(*name).data(line)));
                }
                Ok(News::Rewritten) => {
                    self.waiting.push_back(Event::default().event("rewritten").data(*name));
                }
                Err(e) => {
                    self.waiting.push_back(Event::default().event("trouble").data(e.to_string()))
                }
            }
        }
        if finished && !self.finished && self.waiting.is_empty() {
            self.waiting.push_back(Event::default().event("finished").data("report"));
            self.finished = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_answered() {
        let host = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
            names_this_machine(&headers, 8642)
        };
        assert!(host("127.0.0.1:8642") && host("localhost:8642"));
        for other in ["evil.example:8642", "127.0.0.1", "127.0.0.1:80", "localhost.evil:8642", ""] {
            assert!(!host(other), "{other}");
        }
        assert!(!names_this_machine(&HeaderMap::new(), 8642));
    }
}
