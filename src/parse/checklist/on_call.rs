//! Who is on call, as a line, a row or a remark says it.

use super::blocks::RowText;
use super::facts::Facts;
use super::names;
use super::phrases;
use super::values;
use super::words;
use crate::model::checklist::{Field, OnCall};

impl Facts {
    /// Files who is on call, as a row of any table says it.
    pub(super) fn on_call_row(&mut self, row: &RowText, line: u32) -> bool {
        let [name, values @ ..] = &row.cells[..] else { return false };
        let is_on_call = !values.is_empty() && words::names_on_call(&name.text);
        if is_on_call {
            let values: Vec<&str> = values.iter().map(|cell| cell.text.trim()).filter(|text| !text.is_empty()).collect();
            let field = Field { name: name.text.trim().to_owned(), value: values.join(" "), line };
            self.on_call_value(&phrases::normal(&field.name), &field);
        }
        is_on_call
    }

    /// Files who is on call, by what the line is called.
    pub(super) fn on_call_value(&mut self, name: &str, field: &Field) {
        let on_call = self.stated.on_call.get_or_insert_with(OnCall::default);
        if name.contains("window") || name.contains("hours") {
            on_call.window = Some(field.value.clone());
            on_call.window_line = Some(field.line);
            if let Some((from, until)) = values::window(&field.value) {
                (on_call.from, on_call.until) = (Some(from), Some(until));
            }
            return;
        }
        let mut handles = names::handles(&field.value).into_iter();
        if words::is_second(name) {
            on_call.secondary = on_call.secondary.take().or_else(|| handles.next());
        } else {
            on_call.line = if on_call.primary.is_none() { field.line } else { on_call.line };
            on_call.primary = on_call.primary.take().or_else(|| handles.next());
            on_call.secondary = on_call.secondary.take().or_else(|| handles.next());
        }
        if !field.value.is_empty() {
            on_call.text.get_or_insert_with(|| field.value.clone());
        }
    }

    /// Files who is on call, where a fact says it in passing, such as `Who: Ines (release), on call is @bo`.
    pub(super) fn on_call_in(&mut self, field: &Field) {
        if !field.value.contains('@') {
            return;
        }
        let lower = field.value.to_lowercase();
        let Some((at, said)) = ["on call", "on-call", "oncall"].iter().find_map(|said| Some((lower.find(said)?, said))) else {
            return;
        };
        let rest = lower[at + said.len()..].trim_start_matches(" is").trim_start_matches([' ', ':', '(', '=']);
        if let Some(handle) =
            names::handles(rest).into_iter().next().filter(|_| rest.starts_with('@') && self.stated.on_call.is_none())
        {
            let text = Some(handle.to_string());
            self.stated.on_call = Some(OnCall { primary: Some(handle), line: field.line, text, ..OnCall::default() });
        }
    }
}
