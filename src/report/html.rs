//! The dossier in HTML: one file without scripts or anything to fetch, that reads on a screen and prints well.

use super::document::{Block, Document, Line, Span, Times};
use super::{dossier, safe};
use crate::model::report::{Answer, Report};

/// The look; the policy below allows this and nothing else.
const LOOK: &str = "\
:root{color-scheme:light dark;--line:#8884;--dim:#777;--go:#1a7f37;--no:#c62828;--wait:#9a6700}
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;border-left:.5rem solid var(--answer);padding-left:.75rem}
h2{font-size:1.2rem;margin-top:2.2rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin-top:1.4rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th{text-align:left;font-weight:600;color:var(--dim)}
th,td{padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
th{overflow-wrap:normal}
code,pre{font:.85em ui-monospace,monospace}
pre{padding:.75rem;border:1px solid var(--line);white-space:pre-wrap;overflow-wrap:anywhere}
.go{--answer:var(--go)}.no{--answer:var(--no)}.wait{--answer:var(--wait)}
strong{color:var(--answer)}
@media print{body{max-width:none;margin:0;font-size:10pt}h2,h3{break-after:avoid}tr{break-inside:avoid}thead{display:table-header-group}a{color:inherit}}
";

/// Writes the dossier of a release as a page; the same report gives the same bytes.
pub fn report(report: &Report) -> String {
    let class = match report.verdict.answer {
        Answer::Go => "go",
        Answer::NoGo | Answer::Tampered => "no",
        Answer::CannotDecide => "wait",
    };
    let title = safe::html(report.tag.short());
    let mut out = String::new();
    out.push_str("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.push_str("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
    out.push_str("<meta name=\"referrer\" content=\"no-referrer\">\n");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.push_str(&format!("<title>Release {title}</title>\n<style>\n{LOOK}</style>\n</head>\n<body class=\"{class}\">\n"));
    out.push_str(&render(&dossier::dossier(report, Times::Utc)));
    out.push_str("</body>\n</html>\n");
    out
}

fn render(document: &Document) -> String {
    let blocks: Vec<String> = document.blocks.iter().map(block).collect();
    format!("{}\n", blocks.join("\n"))
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(level, text) => format!("<h{level}>{}</h{level}>", line(text)),
        Block::Paragraph(text) => format!("<p>{}</p>", line(text)),
        Block::List(items) => format!("<ul>\n{}</ul>", elements("li", items)),
        Block::Steps(items) => format!("<ol>\n{}</ol>", elements("li", items)),
        Block::Table(head, rows) => {
            let head: String = head.iter().map(|cell| format!("<th scope=\"col\">{}</th>", safe::html(cell))).collect();
            let rows: String =
                rows.iter().map(|cells| format!("<tr>{}</tr>\n", cells.iter().map(cell).collect::<String>())).collect();
            format!("<table>\n<thead>\n<tr>{head}</tr>\n</thead>\n<tbody>\n{rows}</tbody>\n</table>")
        }
        Block::Commands(lines) => {
            format!("<pre>{}</pre>", lines.iter().map(|text| safe::html(text)).collect::<Vec<_>>().join("\n"))
        }
    }
}

fn elements(name: &str, items: &[Line]) -> String {
    items.iter().map(|item| format!("<{name}>{}</{name}>\n", line(item))).collect()
}

fn cell(text: &Line) -> String {
    format!("<td>{}</td>", line(text))
}

fn line(line: &Line) -> String {
    line.0.iter().map(span).collect()
}

fn span(span: &Span) -> String {
    match span {
        Span::Text(text) => safe::raw_lines(text).iter().map(|text| words(text)).collect::<Vec<_>>().join("<br>"),
        Span::Code(text) => format!("<code>{}</code>", safe::html(text)),
        Span::Link(uri) if safe::is_web_link(uri) => link(uri),
        Span::Link(uri) => format!("<code>{}</code> (not a web link)", safe::html(uri)),
        Span::Strong(text) | Span::Alarm(text) => format!("<strong>{}</strong>", safe::html(text)),
        Span::Break => "<br>".to_owned(),
    }
}

/// Escapes a line; of its words, plain web addresses become links.
fn words(text: &str) -> String {
    let words = text.split(' ').map(|word| if safe::is_web_link(word) { link(word) } else { safe::html(word) });
    words.collect::<Vec<_>>().join(" ")
}

fn link(uri: &str) -> String {
    let uri = safe::html(uri);
    format!("<a href=\"{uri}\" rel=\"noopener noreferrer nofollow\">{uri}</a>")
}
