//! What a checklist states besides its items: risk, stages, triggers, on-call and the rest, filed where it belongs.

use super::blocks::RowText;
use super::course;
use super::lexicon::{self, Column};
use super::names;
use super::phrases;
use super::signs;
use super::tables::Table;
use super::values;
use super::words;
use crate::model::checklist::{
    ActionItem, Cell, Checklist, Choice, ChoiceLine, DecisionBlock, Entry, Field, Metric, ProcedureStep, RegionKind, RiskStatement,
    RolloutStage, ScopeRow, SectionKind, SignOffBlock,
};

/// How many bytes are kept of what must hold during a stage.
const MOST_SAID: usize = 2000;

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Before the first section.
    Header,
    /// Below the last rule, where nothing but text follows.
    Footer,
    /// Anywhere else.
    Body,
}

/// The facts found so far.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The checklist, of which nothing but these is known yet.
    pub(super) stated: Checklist,
    /// Sentences where the steps should stand; they count where there are no steps.
    pub(super) procedure_prose: Vec<ProcedureStep>,
    /// The stages that one line gives, which count where there are no others.
    pub(super) ramp: Vec<RolloutStage>,
}

fn risk_at(risk: &mut Option<RiskStatement>, line: u32) -> &mut RiskStatement {
    risk.get_or_insert_with(|| RiskStatement { line, ..RiskStatement::default() })
}

fn sign_off_at(block: &mut Option<SignOffBlock>, line: u32) -> &mut SignOffBlock {
    let block = block.get_or_insert_with(|| SignOffBlock { line, ..SignOffBlock::default() });
    block.end_line = block.end_line.max(line);
    block
}

fn decision_at(block: &mut Option<DecisionBlock>, line: u32) -> &mut DecisionBlock {
    block.get_or_insert_with(|| DecisionBlock { line, ..DecisionBlock::default() })
}

impl Facts {
    /// Reads the class from a heading such as `Risk Classification: HIGH`.
    pub(super) fn risk_heading(&mut self, title: &str, line: u32) {
        let risk = risk_at(&mut self.stated.risk, line);
        risk.class = risk.class.or(words::risk_class(title));
    }

    pub(super) fn trigger(&mut self, text: &str, line: u32) {
        self.stated.triggers.push(values::trigger(text, line));
    }

    /// Files a line with several boxes; where it belongs to no block, it is an item.
    pub(super) fn choice_line(&mut self, kind: SectionKind, title: &str, choices: &[Choice], line: u32) -> Option<RegionKind> {
        let choice = ChoiceLine { title: title.to_owned(), choices: choices.to_vec(), line };
        // That between go and no-go is the decision wherever it stands.
        let is_decision = choices.iter().all(|choice| lexicon::CHOICES[0].contains(&phrases::canon(&choice.text).as_str()));
        match if is_decision { SectionKind::Decision } else { kind } {
            SectionKind::SignOff => {
                sign_off_at(&mut self.stated.sign_off, line).choices.push(choice);
                Some(RegionKind::SignOff)
            }
            SectionKind::Decision => {
                decision_at(&mut self.stated.decision, line).choices.push(choice);
                Some(RegionKind::Decision)
            }
            _ => None,
        }
    }

    /// Files an entry of a list that no item holds, by what its section is about.
    pub(super) fn list_entry(&mut self, kind: SectionKind, text: &str, line: u32) -> Option<RegionKind> {
        let entry = Entry { text: text.to_owned(), line };
        match kind {
            SectionKind::Triggers => self.trigger(text, line),
            SectionKind::Procedure => match signs::named_value(text) {
                Some((name, condition)) if phrases::normal(name).starts_with("trigger") => {
                    self.trigger(condition, line);
                    return Some(RegionKind::Trigger);
                }
                _ => self.stated.procedure.push(course::step(&entry.text, entry.line)),
            },
            SectionKind::KnownIssues => self.stated.known_issues.push(entry),
            SectionKind::Communication => self.stated.communication.push(entry),
            SectionKind::Conditions => self.stated.conditions.push(entry),
            SectionKind::Risk => risk_at(&mut self.stated.risk, line).reasons.push(entry),
            SectionKind::Actions => {
                let owner = names::handles(text).into_iter().next();
                self.stated.actions.push(ActionItem { action: text.to_owned(), owner, line, ..ActionItem::default() });
            }
            SectionKind::Scope => {
                let owner = names::handles(text).into_iter().next();
                self.stated.scope.push(ScopeRow { change: text.to_owned(), owner, cells: Vec::new(), line });
            }
            SectionKind::Monitoring => {
                let threshold = values::threshold(text);
                self.stated.monitoring.push(Metric { metric: text.to_owned(), threshold, line, ..Metric::default() });
            }
            SectionKind::Stages => self.stated.stages.push(list_stage(text, line)?),
            // These are made of named values, and the rest of them is prose.
            _ => return None,
        }
        super::directive::region_of(kind)
    }

    /// Files a line such as `**Release date**: 2026-03-25`, by its name, its section, its place and its print.
    pub(super) fn named_value(&mut self, kind: SectionKind, standing: Standing, bold: bool, field: Field) -> Option<RegionKind> {
        let name = phrases::normal(&field.name);
        let line = field.line;
        let header = standing == Standing::Header;
        if words::is_on_call(&field.name) || kind == SectionKind::OnCall {
            let name = if kind == SectionKind::OnCall { format!("on call {name}") } else { name };
            self.on_call_value(&name, &field);
            if header {
                self.stated.fields.push(field);
            }
            return Some(RegionKind::OnCall);
        }
        if header {
            self.on_call_in(&field);
        }
        let says = words::section(&field.name);
        // What a trigger of a pipeline is, such as a merge, states no limit.
        let is_trigger = name == "trigger" && values::threshold(&field.value).is_some();
        if (says == Some(SectionKind::Triggers) || is_trigger) && !field.value.is_empty() {
            let text = field.value.strip_suffix(']').filter(|text| !text.contains('[')).unwrap_or(&field.value);
            self.trigger(text.trim_end(), line);
            return Some(RegionKind::Trigger);
        }
        if matches!(name.as_str(), "monitor" | "watch") && values::threshold(&field.value).is_some() {
            return self.list_entry(SectionKind::Monitoring, &field.value, line);
        }
        if matches!(name.as_str(), "condition" | "conditions") && !field.value.is_empty() {
            self.stated.conditions.push(Entry { text: field.value, line });
            return Some(RegionKind::Condition);
        }
        let is_risk = says == Some(SectionKind::Risk);
        if is_risk && (words::risk_class(&field.value).is_some() || kind == SectionKind::Risk || header) {
            let risk = risk_at(&mut self.stated.risk, line);
            risk.class = risk.class.or(words::risk_class(&field.value));
            return Some(RegionKind::Risk);
        }
        let is_ramp = self.ramp(&field);
        if is_ramp && !header {
            return Some(RegionKind::Stage);
        }
        match kind {
            SectionKind::Risk if matches!(name.as_str(), "required" | "requires" | "requirement" | "requirements") => {
                risk_at(&mut self.stated.risk, line).requirements.push(Entry { text: field.value, line });
                Some(RegionKind::Risk)
            }
            SectionKind::TestSummary => {
                self.stated.test_summary.push(field);
                Some(RegionKind::TestSummary)
            }
            SectionKind::SignOff => {
                sign_off_at(&mut self.stated.sign_off, line).fields.push(field);
                Some(RegionKind::SignOff)
            }
            SectionKind::Decision => {
                self.decision_value(&name, field);
                Some(RegionKind::Decision)
            }
            SectionKind::Fields => {
                self.stated.fields.push(field);
                Some(RegionKind::Field)
            }
            _ if !header && words::is_named(&field.name, &lexicon::SIGNED) => {
                sign_off_at(&mut self.stated.sign_off, line).fields.push(field);
                Some(RegionKind::SignOff)
            }
            // A sentence with a colon looks the same, so only short ones count where the name is not in bold print.
            _ if standing != Standing::Body && is_fact(&field, bold) => {
                self.stated.fields.push(field);
                Some(RegionKind::Field)
            }
            _ => None,
        }
    }

    /// Takes the stages from a line such as `Ramp: 5% -> 20% -> 100%`.
    fn ramp(&mut self, field: &Field) -> bool {
        if !words::is_named(&field.name, &lexicon::RAMPS) || !self.ramp.is_empty() {
            return false;
        }
        let parts: Vec<&str> =
            field.value.split(['→', '>', ',', ';']).map(|part| part.trim().trim_end_matches('-').trim()).collect();
        let shares: Vec<String> = parts.iter().filter_map(|part| values::share(part)).collect();
        if shares.len() < 2 || shares.len() != parts.len() {
            return false;
        }
        let stage =
            |share: String| RolloutStage { name: share.clone(), traffic: Some(share), line: field.line, ..RolloutStage::default() };
        self.ramp = shares.into_iter().map(stage).collect();
        true
    }

    /// Begins the stage of a heading.
    pub(super) fn stage_heading(&mut self, title: &str, traffic: Option<String>, line: u32) {
        let bare = title.split(['(', '（']).next().unwrap_or(title);
        let name = bare.trim_matches(|c: char| !c.is_alphanumeric() && c != '%').to_owned();
        let bake = title.split(['(', '（']).nth(1).filter(|text| values::seconds(text).is_some());
        let bake_text = bake.map(|text| text.trim_end_matches([')', '）']).to_owned());
        let bake = bake_text.as_deref().and_then(values::seconds);
        // "After 10 min, increase to 20%" says how long the stage before lasts.
        let waited = title
            .split([':', ','])
            .map(str::trim)
            .find_map(|part| part.to_lowercase().strip_prefix("after ").and_then(values::seconds));
        if let Some(before) = self.stated.stages.last_mut().filter(|before| before.bake.is_none()) {
            before.bake = waited;
        }
        self.stated.stages.push(RolloutStage { name, traffic, bake, bake_text, line, ..RolloutStage::default() });
    }

    /// Files what is said of a stage below its heading.
    pub(super) fn stage_value(&mut self, stage: usize, name: &str, value: &str) -> bool {
        let Some(stage) = self.stated.stages.get_mut(stage) else { return false };
        if words::is_named(name, &lexicon::BAKES) && values::seconds(value).is_some() {
            stage.bake = values::seconds(value);
            stage.bake_text = Some(value.to_owned());
            return true;
        }
        if words::column(name) == Column::Traffic && values::share(value).is_some() {
            stage.traffic = values::share(value);
            return true;
        }
        if words::column(name) == Column::Threshold {
            stage.thresholds = Some(value.to_owned());
            return true;
        }
        false
    }

    /// Adds what must hold during a stage.
    pub(super) fn stage_limit(&mut self, stage: usize, text: &str) {
        let Some(stage) = self.stated.stages.get_mut(stage).filter(|_| values::threshold(text).is_some()) else { return };
        let thresholds = stage.thresholds.get_or_insert_default();
        if thresholds.len() < MOST_SAID {
            if !thresholds.is_empty() {
                thresholds.push_str(", ");
            }
            thresholds.push_str(text);
        }
    }

    /// Files a line on which somebody signs.
    pub(super) fn signature_line(&mut self, name: &str, line: u32) {
        sign_off_at(&mut self.stated.sign_off, line).fields.push(Field { name: name.to_owned(), value: String::new(), line });
    }

    /// Notes a task that has a line to sign on.
    pub(super) fn signature(&mut self, title: &str, line: u32) {
        let name = title.split(['_', '*', ':']).next().unwrap_or(title).trim();
        if title.contains("___") || names::role(name).is_some() {
            sign_off_at(&mut self.stated.sign_off, line).fields.push(Field { name: name.to_owned(), value: String::new(), line });
        }
    }

    fn decision_value(&mut self, name: &str, field: Field) {
        let decision = decision_at(&mut self.stated.decision, field.line);
        let value = Some(field.value.clone()).filter(|value| !value.is_empty());
        match name {
            "decision" => decision.decision = value,
            "decision maker" | "decision makers" | "decided by" | "approved by" => decision.maker = value,
            "date time" | "date" | "time" | "decided at" => decision.time = value,
            "deploy window" | "deployment window" | "release window" | "window" => decision.window = value,
            _ => {}
        }
        decision.fields.push(field);
    }

    /// Files a row of two cells as a fact of the file.
    pub(super) fn fact_row(&mut self, row: &RowText, line: u32) -> bool {
        let [name, value] = &row.cells[..] else { return false };
        let (name, value) = (name.text.trim(), value.text.trim());
        let starts = name.chars().next().is_some_and(char::is_alphabetic);
        if !starts || name.chars().count() > 40 {
            return false;
        }
        let field = Field { name: name.trim_end_matches(':').to_owned(), value: value.to_owned(), line };
        self.named_value(SectionKind::Fields, Standing::Header, true, field).is_some()
    }

    /// Files the row of a table in a named section.
    pub(super) fn table_row(&mut self, kind: SectionKind, table: &Table, row: &RowText, line: u32) {
        let text = |column| table.cell(row, column).map(str::to_owned);
        let cells = table.cells(row);
        let title = table.title(row).map(|(title, _)| title).unwrap_or_default();
        let whole =
            || cells.iter().map(|cell| cell.value.as_str()).filter(|value| !value.is_empty()).collect::<Vec<_>>().join(" — ");
        let (owner, owner_text) = names::owner(table.cell(row, Column::Owner).unwrap_or_default());
        let [name, value] = [Column::Fact, Column::Value].map(|column| text(column).unwrap_or_default());
        let fact = Field { name, value, line };
        match kind {
            SectionKind::Scope => {
                let change = text(Column::Change).unwrap_or(title);
                self.stated.scope.push(ScopeRow { change, owner, cells, line });
            }
            SectionKind::Stages => self.stated.stages.push(row_stage(table, row, title, cells, line)),
            SectionKind::Monitoring => self.stated.monitoring.push(Metric {
                metric: text(Column::Metric).unwrap_or(title),
                threshold: text(Column::Threshold),
                dashboard: text(Column::Dashboard),
                status: text(Column::Status),
                cells,
                line,
                ..Metric::default()
            }),
            SectionKind::Actions => {
                let due_text = text(Column::Due);
                self.stated.actions.push(ActionItem {
                    action: text(Column::Action).unwrap_or(title),
                    owner,
                    owner_text,
                    due: due_text.as_deref().and_then(values::time),
                    due_text,
                    status: text(Column::Status),
                    cells,
                    line,
                    ..ActionItem::default()
                });
            }
            SectionKind::Triggers => self.trigger(&whole(), line),
            SectionKind::Fields if table.is_facts() => {
                if !fact.name.is_empty() {
                    self.named_value(kind, Standing::Header, true, fact);
                }
            }
            SectionKind::Decision => self.decision_value(&phrases::normal(&fact.name), fact),
            SectionKind::TestSummary | SectionKind::Fields | SectionKind::SignOff => {
                let mut values = cells.iter().map(|cell| cell.value.clone());
                let name = values.next().unwrap_or_default();
                let field = Field { name, value: values.filter(|v| !v.is_empty()).collect::<Vec<_>>().join(" — "), line };
                match kind {
                    SectionKind::TestSummary => self.stated.test_summary.push(field),
                    SectionKind::SignOff => sign_off_at(&mut self.stated.sign_off, line).fields.push(field),
                    _ => self.stated.fields.push(field),
                }
            }
            SectionKind::OnCall => {
                let mut values = cells.iter().map(|cell| cell.value.clone());
                let name = format!("on call {}", values.next().unwrap_or_default().to_lowercase());
                let field = Field { name: name.clone(), value: values.collect::<Vec<_>>().join(" "), line };
                self.on_call_value(&phrases::normal(&name), &field);
            }
            SectionKind::Procedure => self.stated.procedure.push(course::step(&whole(), line)),
            SectionKind::KnownIssues => self.stated.known_issues.push(Entry { text: whole(), line }),
            SectionKind::Communication => self.stated.communication.push(Entry { text: whole(), line }),
            SectionKind::Conditions => self.stated.conditions.push(Entry { text: whole(), line }),
            SectionKind::Risk => risk_at(&mut self.stated.risk, line).reasons.push(Entry { text: whole(), line }),
            SectionKind::Items | SectionKind::Notes => {}
        }
    }
}

/// Reads an entry of a list of stages, if it is one: it counts a stage, names one, or moves a share of the traffic.
fn list_stage(text: &str, line: u32) -> Option<RolloutStage> {
    let named = signs::named_value(text);
    let share = values::share(text);
    let (name, rest) = named.unwrap_or((text, text));
    // `10%: one day` is called by its share.
    let name = share.as_deref().filter(|share| name.starts_with(share)).unwrap_or(name);
    let head = name.split(['(', '（', '→']).next().unwrap_or(name);
    let head = head.split(" -> ").next().unwrap_or(head).split(" - ").next().unwrap_or(head).trim();
    let is_stage = words::counts_stage(text)
        || named.is_some() && words::is_stage_name(name)
        || share.is_some()
            && (text.starts_with(|c: char| c.is_ascii_digit()) || words::moves_traffic(text) || words::is_stage_name(text));
    if !is_stage {
        return None;
    }
    let read = super::limits::limits(rest);
    let bake = values::seconds_of(rest, &read);
    let limits = read.threshold().filter(|limit| limit.contains('%') || values::seconds(limit).is_none());
    let is_span = |part: &&str| bake.is_some() && read.duration.as_ref().is_none_or(|duration| part.contains(duration.as_str()));
    Some(RolloutStage {
        name: head.to_owned(),
        traffic: share,
        bake,
        bake_text: rest.split(['(', ')', ',', ';', '（', '）']).find(is_span).map(|part| part.trim().to_owned()),
        thresholds: limits,
        line,
        ..RolloutStage::default()
    })
}

/// Reads a line that is a stage wherever it stands: it counts one, and gives its share and how long it lasts.
pub(super) fn counted_stage(text: &str, line: u32) -> Option<RolloutStage> {
    if !text.contains('%') || !words::counts_stage(text) {
        return None;
    }
    let stage = list_stage(text, line).filter(|stage| stage.traffic.is_some())?;
    let is_last = stage.percent().is_some_and(|percent| percent >= 100.0);
    (stage.bake.is_some() || is_last).then_some(stage)
}

/// Reads a line of text that is a stage in a section of stages: it begins with its share, and is no sentence.
pub(super) fn line_stage(text: &str, line: u32) -> Option<RolloutStage> {
    let is_short = text.split_whitespace().count() <= 8 && !text.ends_with('.') && text.starts_with(|c: char| c.is_ascii_digit());
    list_stage(text, line).filter(|stage| is_short && stage.traffic.is_some())
}

/// Whether a name and a value in the header or footer say something of the whole file.
fn is_fact(field: &Field, bold: bool) -> bool {
    let words = field.name.split_whitespace().count();
    let short = field.value.chars().count() <= 120;
    // `open | in progress | done` explains the words of a column.
    let legend = field.value.matches(" | ").count() >= 2;
    !words::is_named(&field.name, &lexicon::NO_FIELDS) && !legend && short && (bold || words <= 3)
}

/// Reads a row of a table of stages.
fn row_stage(table: &Table, row: &RowText, title: String, cells: Vec<Cell>, line: u32) -> RolloutStage {
    let text = |column| table.cell(row, column).map(str::to_owned);
    let bake_text = text(Column::Bake);
    RolloutStage {
        name: text(Column::Stage).unwrap_or(title),
        traffic: text(Column::Traffic).or_else(|| table.share(row)),
        bake: bake_text.as_deref().and_then(values::seconds),
        bake_text,
        thresholds: text(Column::Threshold),
        cells,
        line,
        ..RolloutStage::default()
    }
}
