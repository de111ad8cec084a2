//! A report, rendered: terminal, Markdown, JSON.
