//! What does a person see who opens the address of a problem?
//!
//! `/problems` and a page for each code, in Vietnamese and English on the same page, and the addresses that don't exist.
//! Written once at the start, from the same texts as the problem documents, so that the two can't differ. No script,
//! nothing from elsewhere, and a content policy that would stop both.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::arrival::Arrival;
use super::headers::media::prefers_html;
use super::problem::{Facts, Problems, Source, facts};
use super::texts::{Label, Language, Texts};
use crate::domain::problem::Code;

/// Allows our own stylesheet, and nothing else whatever.
const CONTENT_POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLESHEET: &str = include_str!("pages/page.css");

/// Holds the pages, written out.
#[derive(Debug)]
pub(super) struct Pages {
    index: Bytes,
    codes: BTreeMap<&'static str, Bytes>,
    not_found: Bytes,
    problems: Arc<Problems>,
}

impl Pages {
    /// Writes the pages.
    pub fn new(problems: Arc<Problems>) -> Self {
        let texts = problems.texts();
        Self {
            index: index(texts).into(),
            codes: Code::ALL
                .into_iter()
                .map(|code| (code.as_str(), page(texts, code).into()))
                .collect(),
            not_found: page(texts, Code::NotFound).into(),
            problems,
        }
    }

    fn nothing_here(&self, request: &HttpRequest, arrival: &Arrival) -> HttpResponse {
        if prefers_html(request.headers()) {
            html(StatusCode::NOT_FOUND, self.not_found.clone())
        } else {
            self.problems.refuse(arrival, Code::NotFound)
        }
    }
}

/// Answers `GET /problems`.
pub(super) async fn problems(pages: Data<Pages>) -> HttpResponse {
    html(StatusCode::OK, pages.index.clone())
}

/// Answers `GET /problems/{code}`.
pub(super) async fn problem(
    pages: Data<Pages>,
    request: HttpRequest,
    arrival: Arrival,
    code: Path<String>,
) -> HttpResponse {
    match pages.codes.get(code.as_str()) {
        Some(page) => html(StatusCode::OK, page.clone()),
        None => pages.nothing_here(&request, &arrival),
    }
}

/// Answers `GET /problems/page.css`.
pub(super) async fn stylesheet() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/css; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "max-age=3600"))
        .body(STYLESHEET)
}

/// Answers whatever has no address here.
pub(super) async fn not_found(pages: Data<Pages>, request: HttpRequest, arrival: Arrival) -> HttpResponse {
    pages.nothing_here(&request, &arrival)
}

/// Answers a method that an address doesn't take.
pub(super) fn method_not_allowed(problems: &Problems, arrival: &Arrival, allowed: &str) -> HttpResponse {
    let mut response = problems.refuse(arrival, Code::MethodNotAllowed);
    // Words of our own table: always a header's text.
    let allowed = HeaderValue::from_str(allowed).unwrap_or(HeaderValue::from_static(""));
    response.headers_mut().insert(header::ALLOW, allowed);
    response
}

/// Writes a page that anybody may keep for a while.
fn html(status: StatusCode, page: Bytes) -> HttpResponse {
    written(status, page, "max-age=3600")
}

/// Writes a page that says what is so now.
pub(super) fn momentary(status: StatusCode, page: Bytes) -> HttpResponse {
    written(status, page, "no-store")
}

fn written(status: StatusCode, page: Bytes, kept: &'static str) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_POLICY))
        .insert_header((HeaderName::from_static("referrer-policy"), "no-referrer"))
        .insert_header((header::CACHE_CONTROL, kept))
        .body(page)
}

pub(super) fn frame(title: &str, content: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <link rel=\"stylesheet\" href=\"/problems/page.css\">\n</head>\n<body>\n<main>\n{content}</main>\n</body>\n</html>\n"
    )
}

fn index(texts: &Texts) -> String {
    let mut content = String::new();
    for language in Language::ALL {
        let label = |label| escaped(texts.label(language, label));
        // Writing to a string can't fail, here and below.
        let _ = writeln!(
            content,
            "<section lang=\"{}\">\n<h1>{}</h1>\n<p>{}</p>\n<dl>",
            language.tag(),
            label(Label::ProblemsTitle),
            label(Label::ProblemsIntroduction)
        );
        for code in Code::ALL {
            let name = code.as_str();
            let title = escaped(&texts.problem(language, code).title);
            let _ = writeln!(
                content,
                "<dt><a href=\"/problems/{name}\"><code>{name}</code></a> · {}</dt><dd>{title}</dd>",
                facts(code).status.as_u16()
            );
        }
        content.push_str("</dl>\n</section>\n");
    }
    frame(
        &escaped(texts.label(Language::Vi, Label::ProblemsTitle)),
        &content,
    )
}

fn page(texts: &Texts, code: Code) -> String {
    let mut content = format!("<p><code>{}</code></p>\n", code.as_str());
    for language in Language::ALL {
        content.push_str(&section(texts, language, code));
    }
    let title = &texts.problem(Language::Vi, code).title;
    frame(&format!("{} · {}", escaped(title), code.as_str()), &content)
}

fn section(texts: &Texts, language: Language, code: Code) -> String {
    let Facts {
        status,
        source,
        retryable,
    } = facts(code);
    let problem = texts.problem(language, code);
    let label = |label| escaped(texts.label(language, label));
    let source = match source {
        Source::Caller => Label::SourceCaller,
        Source::Gateway => Label::SourceGateway,
        Source::Registry => Label::SourceRegistry,
    };
    let rows = [
        (Label::Advice, escaped(&problem.advice)),
        (Label::Status, status.as_u16().to_string()),
        (Label::Source, label(source)),
        (
            Label::Retryable,
            label(if retryable { Label::Yes } else { Label::No }),
        ),
    ];
    let rows: String = rows
        .into_iter()
        .map(|(name, value)| format!("<dt>{}</dt>\n<dd>{value}</dd>\n", label(name)))
        .collect();
    format!(
        "<section lang=\"{}\">\n<h1>{}</h1>\n<p>{}</p>\n<dl>\n{rows}</dl>\n<p><a href=\"/problems\">{}</a></p>\n</section>\n",
        language.tag(),
        escaped(&problem.title),
        escaped(&problem.detail),
        label(Label::AllProblems)
    )
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
