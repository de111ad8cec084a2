//! A report, rendered: terminal, Markdown, HTML, JSON. Pure text in, pure text out.
//!
//! Every renderer takes the same [`Report`](crate::model::report::Report) and gives a `String`; printing is the
//! command line's business. Three rules hold for all of them:
//!
//! - Everything that stems from a repository is hostile, and goes through [`safe`] on its way.
//! - The same report gives the same bytes: zone, width and colours are values in [`style::Style`].
//! - A colour means something, and nothing is said by colour alone.
//!
//! Markdown and HTML render one document, the dossier, so that they can't differ in what they say. [`steps`] reads off
//! a report what stands in the way and who can move it; the terminal and the dossier both tell it.

pub mod changes;
pub mod checklist;
pub mod course;
pub mod exceptions;
pub mod freezes;
pub mod html;
pub mod icalendar;
pub mod json;
pub mod markdown;
pub mod month;
pub mod policy;
pub mod safe;
pub mod steps;
pub mod style;
pub mod terminal;
pub mod waiting;
pub mod words;
pub mod wrap;

mod document;
mod dossier;
mod page;
mod separation;
