//! The words that recognition rests on, by language: tables and nothing else, from which docs/reading.md is generated.
//!
//! Every phrase is in the form that `phrases::canon` gives: lower case, single spaces, no punctuation, leading numbers
//! left out, and the spellings of [`SPELLINGS`] made one.

use super::vocabulary::How::{self, Has, Starts, Whole};
use super::vocabulary::{Table, Words};
use crate::model::checklist::SectionKind::{
    self, Actions, Communication, Conditions, Decision, Fields, KnownIssues, Monitoring, Notes, OnCall, Procedure, Risk, Scope,
    Stages, TestSummary, Triggers,
};
use crate::model::record::{Phase, RiskClass};

/// Spellings that mean the same.
pub static SPELLINGS: Table<&str> = Table::new(&[
    ("rollback", "roll back, rolling back, rolled back, back out, backing out, backout"),
    ("rollout", "roll out, rolling out"),
    ("signoff", "sign off, sign offs, signoffs, signed off"),
    ("golive", "go live, going live"),
    ("oncall", "on call"),
    ("gonogo", "go no go, go nogo"),
    ("nogo", "no go"),
    ("cutover", "cut over"),
    ("hypercare", "hyper care"),
    ("follow up", "follow ups"),
]);

/// Words that name rolling back.
pub static ROLLBACK: Table<&str> = Table::new(&[
    ("en", "rollback, rollbacks"),
    ("de", "rückfall, rückfallplan, rückrollen, zurückrollen"),
    ("es", "reversión, reversion, revertir, marcha atrás"),
    ("fr", "retour arrière"),
    ("pt", "reversão"),
    ("ru", "откат, отката, откату, откатить"),
    ("zh", "回滚, 回退"),
    ("ja", "ロールバック, 切り戻し"),
    ("ar", "التراجع"),
    ("ko", "롤백"),
]);

/// Beside a word of [`ROLLBACK`]: the list says when.
pub static ROLLBACK_WHEN: Table<&str> = Table::new(&[
    ("en", "trigger, triggers, criteria, criterion, condition, conditions, threshold, thresholds, when to, when do, when should"),
    ("en", "if any, decision points"),
    ("de", "auslöser, kriterien, bedingungen, wann"),
    ("es", "disparadores, criterios, condiciones, cuándo"),
    ("fr", "déclencheurs, critères, conditions, quand"),
    ("pt", "gatilhos, critérios, condições, quando"),
    ("ru", "триггеры, критерии, условия, когда"),
    ("zh", "条件, 触发"),
    ("ja", "条件, 基準, トリガー"),
    ("ar", "متى, شروط"),
]);

/// Beside a word of [`ROLLBACK`], and nothing else beside it: the list says how.
pub static ROLLBACK_HOW: Table<&str> = Table::new(&[
    ("en", "procedure, procedures, plan, plans, step, steps, playbook, runbook, process, instructions, command, commands"),
    ("en", "guidance, guide, strategy, action, actions, path, notes, scenarios, how, to, of, the, a, for, and, we, do, emergency"),
    ("en", "automatic, automated, manual, quick, immediate, fast, full, production, application, app, deployment, release"),
    ("en", "version, database, data, in, case, needed, necessary, required, if, is, when, on"),
    ("de", "plan, schritte, vorgehen, anleitung, notfall, verfahren, bei, im, fall, eines"),
    ("es", "plan, procedimiento, procedimientos, pasos, de, del, la, emergencia, en, caso, cómo"),
    ("fr", "plan, procédure, étapes, de, du"),
    ("pt", "plano, procedimento, passos, de"),
    ("ru", "план, процедура, шаги, инструкция, при"),
    ("zh", "方案, 步骤, 流程, 计划, 操作, 预案"),
    ("ja", "手順, 計画, 方法"),
    ("ar", "خطة, خطوات"),
    ("ko", "계획, 절차"),
]);

/// Beside a word of [`ROLLBACK`]: it speaks of checking the procedure and is none.
pub static ROLLBACK_CHECKED: Words = Words::new(
    "verify, verification, verified, test, tested, testing, review, reviewed, validate, validation, configured, configuration, \
     documentation, documented, readiness",
);

/// Names of a procedure below a title that speaks of rolling back.
pub static PROCEDURE: Table<&str> = Table::new(&[
    ("en", "procedure, procedures, steps, process, instructions, base procedure"),
    ("de", "vorgehen, schritte, ablauf, verfahren"),
    ("es", "procedimiento, procedimiento base, pasos"),
    ("fr", "procédure, étapes"),
    ("pt", "procedimento, passos"),
    ("ru", "процедура, шаги, порядок действий"),
    ("zh", "步骤, 流程"),
    ("ja", "手順"),
]);

/// Where people sign: each heading is made of one of these words …
pub static SIGN_OFF: Table<&str> = Table::new(&[
    ("en", "signoff, signatures, signature, approvals, approval, approvers, signatories, reviewers"),
    ("de", "freigabe, freigaben, unterschriften, unterschrift, abnahme"),
    ("es", "firmas, firma, aprobación, aprobaciones"),
    ("fr", "signatures, approbation, approbations"),
    ("pt", "assinaturas, aprovação, aprovações"),
    ("ru", "утверждение, согласование, апрув, подписи, подпись"),
    ("zh", "签字, 审批, 签署, 签核"),
    ("ja", "署名, 承認"),
    ("ar", "التوقيع, التوقيعات, الموافقات"),
    ("ko", "승인, 서명"),
]);

/// … and these.
pub static SIGN_OFF_BESIDE: Words = Words::new(
    "final, stakeholder, stakeholders, release, production, pre, preproduction, golive, requirements, required, checklist, table, \
     block, matrix, section, team, management, the, and, for, of, needed, sheet, form, gonogo, deployment, launch, and, summary, \
     record, обязателен, final, finale",
);

/// Headings of other kinds, the first that fits.
pub static SECTIONS: Table<(SectionKind, How, &str)> = Table::new(&[
    ((Triggers, Whole, "en"), "triggers, abort criteria, abort conditions, stop conditions, abort if, abort when, stop if"),
    ((Triggers, Whole, "en"), "stop when, when to stop, when to abort, when do we stop, when we stop"),
    ((Triggers, Whole, "de"), "auslöser, abbruchkriterien"),
    ((Procedure, Whole, "en"), "if things go wrong, when things go wrong, if something goes wrong, if it goes wrong"),
    ((Procedure, Whole, "en"), "if anything goes wrong, if we must go back, if we have to go back, if we go back, how we go back"),
    ((Procedure, Whole, "en"), "how to go back, fallback, fallback plan, fallback procedure, contingency plan"),
    ((Procedure, Whole, "de"), "wenn etwas schiefgeht, wenn es schiefgeht, im fehlerfall"),
    ((Procedure, Whole, "es"), "si algo sale mal, en caso de fallo"),
    ((Procedure, Whole, "fr"), "en cas de problème, en cas d échec"),
    ((KnownIssues, Starts, "en"), "known issues, known limitations"),
    ((KnownIssues, Starts, "de"), "bekannte probleme, bekannte fehler"),
    ((KnownIssues, Starts, "es"), "problemas conocidos"),
    ((KnownIssues, Starts, "fr"), "problèmes connus"),
    ((KnownIssues, Starts, "ru"), "известные проблемы"),
    ((KnownIssues, Starts, "zh"), "已知问题, 已知边界"),
    ((KnownIssues, Starts, "ja"), "既知の問題"),
    ((TestSummary, Whole, "en"), "testing status, test status, test summary, testing summary, test results, test report"),
    ((TestSummary, Whole, "de"), "testergebnisse, teststatus"),
    ((Risk, Has, "en"), "risk classification, risk class, risk level, risk rating"),
    ((Risk, Whole, "en"), "risk"),
    ((Risk, Whole, "de"), "risiko, risikoklasse"),
    ((Risk, Whole, "es"), "riesgo, nivel de riesgo"),
    ((Risk, Whole, "fr"), "risque, niveau de risque"),
    ((Risk, Whole, "ru"), "риск, уровень риска"),
    ((Risk, Whole, "zh"), "风险, 风险等级"),
    ((Scope, Starts, "en"), "scope, release scope"),
    ((Scope, Whole, "de"), "umfang"),
    ((Scope, Whole, "es"), "alcance"),
    ((Scope, Whole, "zh"), "范围, 变更范围"),
    ((Stages, Has, "en"), "rollout plan, staged rollout, rollout stages, rollout strategy, canary rollout, phased rollout"),
    ((Stages, Has, "en"), "gradual rollout"),
    ((Stages, Whole, "en"), "rollout, stages, canary, canary plan, canary stages, canary release, canary deployment"),
    ((Stages, Whole, "en"), "traffic stages, deployment stages, release stages, progressive rollout, progressive delivery, ramp"),
    ((Stages, Whole, "en"), "ramp plan, ramp up, traffic ramp, traffic shift"),
    ((Stages, Whole, "de"), "stufen, rolloutplan, stufenplan"),
    ((Stages, Whole, "es"), "etapas, despliegue gradual"),
    ((Stages, Whole, "ru"), "этапы, этапы выката"),
    ((Stages, Whole, "zh"), "灰度, 灰度发布, 灰度计划"),
    ((Stages, Whole, "ja"), "段階的リリース, 段階リリース"),
    ((Monitoring, Whole, "en"), "monitoring, monitoring plan, monitoring checkpoints, monitoring checks, metrics to watch"),
    ((Monitoring, Whole, "en"), "panels to watch, key panels to watch, dashboards to watch, what to watch, what we watch"),
    ((Monitoring, Whole, "en"), "key metrics, metrics to monitor, what to monitor"),
    ((Monitoring, Whole, "de"), "überwachung, monitoringplan"),
    ((Monitoring, Whole, "ru"), "мониторинг"),
    ((Actions, Whole, "en"), "action items, actions, follow up actions, action plan"),
    ((Actions, Whole, "de"), "maßnahmen"),
    ((Communication, Whole, "en"), "communication plan, communications plan, comms plan, communications, comms"),
    ((Communication, Whole, "de"), "kommunikationsplan"),
    ((Communication, Whole, "ru"), "план коммуникаций"),
    ((Conditions, Whole, "en"), "conditions, condition, conditions for go"),
    ((OnCall, Whole, "en"), "oncall, oncall rotation, oncall schedule, oncall coverage, oncall contacts, oncall team"),
    ((OnCall, Whole, "en"), "oncall engineer"),
    ((OnCall, Whole, "de"), "bereitschaft, rufbereitschaft"),
    ((OnCall, Whole, "es"), "guardia, guardias"),
    ((OnCall, Whole, "fr"), "astreinte, astreintes"),
    ((OnCall, Whole, "pt"), "plantão, sobreaviso"),
    ((OnCall, Whole, "ru"), "дежурные, дежурство"),
    ((OnCall, Whole, "zh"), "值班, 值班安排"),
    ((OnCall, Whole, "ja"), "オンコール, 当番"),
    ((Decision, Whole, "en"), "decision, final decision, gonogo decision, release decision, decision record"),
    ((Decision, Whole, "de"), "entscheidung, entscheidungsprotokoll"),
    ((Decision, Whole, "es"), "decisión, decisión final"),
    ((Decision, Whole, "ru"), "решение"),
    ((Decision, Whole, "zh"), "决策, 最终决策, 最终决策记录, 决策记录"),
    ((Decision, Whole, "ja"), "決定, 最終決定"),
    ((Fields, Whole, "en"), "meeting details, release information, release details, release info, header, general information"),
    ((Fields, Whole, "en"), "metadata, release metadata, document information, change details, change information"),
    ((Fields, Whole, "en"), "deployment details, deployment information, basic information, release schedule"),
    ((Fields, Whole, "de"), "allgemeine informationen, allgemeines, eckdaten"),
    ((Fields, Whole, "es"), "información general, datos generales"),
    ((Fields, Whole, "ru"), "общая информация"),
    ((Fields, Whole, "zh"), "基本信息"),
    ((Fields, Whole, "ja"), "基本情報"),
    ((Notes, Whole, "en"), "notes, note, related, see also, references, reference, resources, links, further reading, glossary"),
    ((Notes, Whole, "en"), "purpose, background, appendix, faq, templates resources, table of contents, contents"),
    ((Notes, Starts, "en"), "how to use, how to run, about"),
    ((Notes, Whole, "de"), "hinweise, anmerkungen, inhaltsverzeichnis"),
    ((Notes, Whole, "es"), "notas, referencias"),
    ((Notes, Whole, "ru"), "примечания"),
    ((Notes, Whole, "zh"), "使用说明, 备注"),
]);

/// Nouns for the moment at which a release is out: with "post" or "after" before them they say when.
pub static OUT: Words = Words::new(
    "release, releases, deploy, deployment, deployments, rollout, launch, golive, cutover, merge, production, migration, upgrade, \
     publish, publication, ship, update, switch, switchover, flip, publishing, releasing, deploying, shipping, launching, \
     merging",
);

/// Headings that say when their items are due, the first that fits; the innermost heading that says it counts.
pub static PHASES: Table<(Phase, How, &str)> = Table::new(&[
    ((Phase::OnRollback, Has, "en"), "on rollback, if rollback, when rollback, during rollback, in case of rollback"),
    ((Phase::OnRollback, Has, "en"), "after rollback, post rollback"),
    ((Phase::OnRollback, Whole, "en"), "rollback checklist, rollback release checklist, rollback tasks"),
    ((Phase::OnRollback, Has, "de"), "nach rollback, nach dem rollback, bei rollback, im rückfall"),
    ((Phase::OnRollback, Has, "es"), "tras rollback, después del rollback"),
    ((Phase::OnRollback, Has, "ru"), "после отката, при откате"),
    ((Phase::OnRollback, Has, "zh"), "回滚后"),
    ((Phase::After, Whole, "en"), "after, hypercare, hypercare period, hypercare phase, hypercare checks, aftercare, afterwards"),
    ((Phase::After, Whole, "en"), "afterward"),
    ((Phase::After, Starts, "en"), "follow up, once it is out, once it is live, once live, when live, once released"),
    ((Phase::After, Starts, "en"), "once deployed"),
    ((Phase::After, Has, "de"), "nach dem release, nach der veröffentlichung, nach dem golive, nach dem rollout"),
    ((Phase::After, Has, "de"), "nach dem deployment, nach der auslieferung, nach der umstellung, nach der inbetriebnahme"),
    ((Phase::After, Has, "de"), "nach der freigabe, nach dem deploy, nach dem umzug"),
    ((Phase::After, Starts, "de"), "nachbetreuung, nachbereitung, nachkontrolle"),
    ((Phase::After, Has, "es"), "post lanzamiento, post despliegue, post producción, post deploy, después del lanzamiento"),
    ((Phase::After, Has, "es"), "después del despliegue, después de la release, tras el despliegue, tras el lanzamiento"),
    ((Phase::After, Has, "fr"), "après la mise en production, après le déploiement, après la livraison, post déploiement"),
    ((Phase::After, Has, "pt"), "pós lançamento, pós deploy, pós implantação, após o lançamento, após a implantação"),
    ((Phase::After, Has, "ru"), "после релиза, после выката, после деплоя, после запуска, после выкладки"),
    ((Phase::After, Has, "zh"), "上线后, 发布后, 部署后"),
    ((Phase::After, Has, "ja"), "リリース後, 公開後, デプロイ後"),
    ((Phase::After, Has, "ar"), "بعد الإطلاق, بعد النشر"),
    ((Phase::After, Has, "ko"), "배포 후, 출시 후"),
    ((Phase::Before, Starts, "en"), "pre, before, prior to, prerelease, predeployment, predeploy, prelaunch, precutover"),
    ((Phase::Before, Starts, "en"), "preparation, preparations, preflight, prerequisites"),
    ((Phase::Before, Starts, "de"), "vor, vorbereitung, vorbereitungen, vorbereitungsphase"),
    ((Phase::Before, Starts, "es"), "antes, pre, preparación"),
    ((Phase::Before, Starts, "fr"), "avant, préparation"),
    ((Phase::Before, Starts, "pt"), "antes, pré, preparação"),
    ((Phase::Before, Starts, "ru"), "перед, до релиза, предусловия, подготовка"),
    ((Phase::Before, Starts, "zh"), "上线前, 发布前, 部署前, 准备"),
    ((Phase::Before, Starts, "ja"), "リリース前, 公開前, デプロイ前, 準備"),
    ((Phase::Before, Starts, "ar"), "قبل"),
    ((Phase::Stage, Has, "en"), "during deployment, during the deployment, during deploy, during rollout, during the rollout"),
    ((Phase::Stage, Has, "en"), "during release, during the release, during cutover, deployment execution, release execution"),
    ((Phase::Stage, Has, "en"), "rollout execution, cutover execution"),
    ((Phase::Stage, Has, "de"), "während des rollouts, während des releases, während des deployments, während der auslieferung"),
    ((Phase::Stage, Has, "de"), "während der umstellung, während der veröffentlichung, beim release, beim deployment"),
    ((Phase::Stage, Has, "de"), "beim rollout, beim umzug, bei der auslieferung, bei der umstellung"),
    ((Phase::Stage, Has, "es"), "durante el despliegue, durante el lanzamiento"),
    ((Phase::Stage, Has, "fr"), "pendant le déploiement, pendant la mise en production, pendant la livraison"),
    ((Phase::Stage, Has, "pt"), "durante a implantação, durante o deploy, durante o lançamento"),
    ((Phase::Stage, Has, "ru"), "во время релиза, во время выката"),
    ((Phase::Stage, Has, "zh"), "上线中, 发布中"),
    ((Phase::Stage, Has, "ja"), "リリース中, リリース当日"),
]);

/// Headings that name the act itself: its items are due while it goes on, where a heading beside them says "pre" or
/// "before" of it, and before the decision otherwise.
pub static DURING: Words = Words::new(
    "release, deploy, deployment, rollout, cutover, golive, launch, deployment process, deploy and observe, release process, \
     despliegue, lanzamiento, выкат, релиз, 发布, 上线, リリース",
);

/// Words that say of a sentence that its list is checked at each stage.
pub static EACH_STAGE: Words = Words::new("each, every, per");

/// Words that count stages in headings and lists.
pub static STAGE_WORDS: Words =
    Words::new("stage, phase, wave, ring, batch, stufe, welle, etapa, fase, étape, этап, волна, 阶段, 階段, ステージ");

/// Names that stages have, which make an entry of the section a stage where it gives no share.
pub static STAGE_NAMES: Words = Words::new(
    "canary, partial, half, full, pilot, internal, beta, ga, early adopters, general availability, dogfood, employees, staff, \
     all users, everyone, public",
);

/// Verbs that move traffic.
pub static SHARE_VERBS: Words =
    Words::new("shift, route, send, ramp, increase, raise, promote, move, expand, rollout, release, deploy, serve, enable");

/// Names of a line that gives all stages at once, such as `Ramp: 5% -> 20%`.
pub static RAMPS: Words =
    Words::new("ramp, traffic ramp, ramp up, rollout, rollout stages, stages, traffic, traffic stages, canary, canary stages");

/// Names of how long a stage lasts.
pub static BAKES: Words =
    Words::new("duration, bake, bake time, soak, soak time, dwell, dwell time, wait, hold, stage duration, dauer, duración");

/// What a column of a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// What is to be done or holds.
    Title,
    /// What is to be done, where no column says it better.
    Text,
    /// The row's number or code.
    Id,
    /// How far it is.
    Status,
    /// Who answers for it.
    Owner,
    /// When it is due.
    Due,
    /// The name of a stage.
    Stage,
    /// The share of traffic.
    Traffic,
    /// How long to wait.
    Bake,
    /// What must hold.
    Threshold,
    /// What is watched.
    Metric,
    /// Where it is seen.
    Dashboard,
    /// What is to be done, in so many words.
    Action,
    /// What changes.
    Change,
    /// When to roll back.
    Trigger,
    /// A role that signs.
    Role,
    /// A person that signs.
    Name,
    /// When somebody signed.
    Date,
    /// Where somebody signs.
    Signature,
    /// The name of a fact.
    Fact,
    /// The value of a fact.
    Value,
    /// Remarks.
    Notes,
    /// Anything else.
    Other,
}

/// The headings of columns.
pub static COLUMNS: Table<(Column, &str)> = Table::new(&[
    ((Column::Title, "en"), "item, items, criteria, criterion, check, checks, check name, task, tasks, task description"),
    ((Column::Title, "en"), "requirement, requirements, gate, what, checklist item, check item, action item, activity, question"),
    ((Column::Title, "en"), "test case, control, deliverable"),
    ((Column::Title, "de"), "aufgabe, kriterium, prüfung, prüfpunkt, punkt, frage, was, maßnahme"),
    ((Column::Title, "es"), "elemento, tarea, criterio, verificar, comprobación, requisito, actividad"),
    ((Column::Title, "fr"), "tâche, élément, critère, vérification, exigence"),
    ((Column::Title, "pt"), "tarefa, critério, verificação, requisito"),
    ((Column::Title, "ru"), "задача, критерий, проверка, пункт, требование"),
    ((Column::Title, "zh"), "检查项, 任务, 事项, 检查内容, 项目, 测试类别, 文档"),
    ((Column::Title, "ja"), "項目, 確認項目, チェック項目, タスク, 確認内容"),
    ((Column::Title, "ar"), "البند, المهمة, العنصر"),
    ((Column::Title, "ko"), "항목, 작업"),
    ((Column::Text, "en"), "description, step, details, detail, short description, summary"),
    ((Column::Text, "de"), "beschreibung, schritt"),
    ((Column::Text, "es"), "descripción, paso"),
    ((Column::Text, "ru"), "описание, шаг"),
    ((Column::Text, "zh"), "描述, 说明, 步骤"),
    ((Column::Text, "ja"), "説明, 内容"),
    ((Column::Id, ""), "id, no, nr, num, number, ref, key, code, №, 序号, 编号, 番号"),
    ((Column::Status, "en"), "status, state, done, complete, completed, ready, result, results, succeeded, pass, passed"),
    ((Column::Status, "en"), "pass fail, gonogo, checked, verified, approved, ok, met, current status, signoff, verdict, outcome"),
    ((Column::Status, "en"), "is done, done yet, yes no, y n, tick, confirmed, checkbox, completion, test status"),
    ((Column::Status, "en"), "approval status, fulfilled, satisfied, status now"),
    ((Column::Status, "de"), "ergebnis, erledigt, stand, erfüllt, entscheid, bestanden, freigegeben, zustand"),
    ((Column::Status, "es"), "estado, resultado, listo, hecho, cumplido, completado, aprobado"),
    ((Column::Status, "fr"), "statut, état, fait, résultat, terminé, validé"),
    ((Column::Status, "pt"), "estado, situação, concluído, feito, resultado"),
    ((Column::Status, "it"), "stato, esito, fatto"),
    ((Column::Status, "nl"), "gereed, resultaat, klaar"),
    ((Column::Status, "pl"), "stan, wynik, gotowe"),
    ((Column::Status, "tr"), "durum, sonuç"),
    ((Column::Status, "ru"), "статус, состояние, готово, результат, выполнено"),
    ((Column::Status, "zh"), "状态, 结果, 完成, 是否完成, 通过, 完成情况, 是否通过"),
    ((Column::Status, "ja"), "状態, 結果, ステータス, 完了, 確認, 判定"),
    ((Column::Status, "ar"), "الحالة, النتيجة, تم"),
    ((Column::Status, "ko"), "상태, 결과, 완료"),
    ((Column::Owner, "en"), "owner, assignee, dri, responsible, owners, assigned to, who, responsible person, lead, accountable"),
    ((Column::Owner, "de"), "verantwortlich, verantwortliche, zuständig, wer"),
    ((Column::Owner, "es"), "responsable, encargado, dueño"),
    ((Column::Owner, "fr"), "responsable"),
    ((Column::Owner, "pt"), "responsável"),
    ((Column::Owner, "ru"), "ответственный, владелец, исполнитель"),
    ((Column::Owner, "zh"), "负责人, 责任人"),
    ((Column::Owner, "ja"), "担当, 担当者"),
    ((Column::Owner, "ar"), "المسؤول"),
    ((Column::Owner, "ko"), "담당자, 담당"),
    ((Column::Due, "en"), "due, due date, deadline, by when, when, target date"),
    ((Column::Due, "de"), "termin, fällig, frist, bis wann"),
    ((Column::Due, "es"), "fecha límite, plazo"),
    ((Column::Due, "ru"), "срок"),
    ((Column::Due, "zh"), "截止, 截止日期, 期限"),
    ((Column::Due, "ja"), "期限"),
    ((Column::Stage, ""), "stage, phase, ring, wave, stufe, etapa, этап, 阶段, ステージ"),
    ((Column::Traffic, ""), "traffic, traffic share, share, percentage, percent, tráfico, трафик, 流量"),
    ((Column::Bake, ""), "bake, bake time, soak, soak time, dwell, dwell time, duration, dauer, duración, hold"),
    ((Column::Threshold, ""), "metric thresholds, threshold, thresholds, alert threshold, limit, limits, success criteria"),
    ((Column::Threshold, ""), "schwellwert, umbral, порог, 阈值"),
    ((Column::Metric, ""), "metric, metrics, signal, kennzahl, métrica, метрика, 指标"),
    ((Column::Dashboard, ""), "dashboard, dashboards, where"),
    ((Column::Action, "en"), "action, actions"),
    ((Column::Change, "en"), "change, changes"),
    ((Column::Trigger, "en"), "rollback if, rollback when, rollback trigger, rollback triggers, rollback threshold, abort if"),
    ((Column::Trigger, "en"), "stop if"),
    ((Column::Role, ""), "role, rolle, rol, função, роль, 角色, 役割, approver role, function, team"),
    ((Column::Name, ""), "name, approver, approved by, nombre, nom, nome, имя, фио, 姓名, 氏名, الاسم"),
    ((Column::Date, ""), "date, datum, fecha, data, дата, 日期, 日付, التاريخ"),
    ((Column::Signature, ""), "signature, signed, sign, unterschrift, firma, assinatura, подпись, 签字, 签名, 署名, التوقيع"),
    ((Column::Signature, ""), "initials"),
    ((Column::Fact, ""), "field, campo, feld, champ, поле, 字段, 項目名, property, attribute, الحقل"),
    ((Column::Value, ""), "value, valor, wert, valeur, значение, 值, 填写, 値, القيمة"),
    ((Column::Notes, ""), "notes, note, comment, comments, remarks, bemerkung, notas, примечание, 备注, evidence"),
]);

/// What stands in a column that says how far something is, besides the boxes.
pub static MARKS: Words = Words::new(
    "✅, ✔, ✓, ❌, ✗, ✘, ⏳, ⬜, ☐, ☑, ☒, 🔲, 🔳, 🟢, 🔴, 🟡, ⚪, [ ], [x], [], todo, tbd, pending, done, open, closed, \
     in progress, not started, yes no, gonogo, pass fail, y n, pass, fail, passed, failed, complete, incomplete, \
     white check mark, heavy check mark, hourglass",
);

/// The boxes that people draw, and whether they are ticked.
pub static BOXES: Table<bool> = Table::new(&[(false, "[ ], ☐, ⬜, 🔲, 🔳, ❏, ❐, ❑, ❒, ▢, ◻"), (true, "[x], [X], ☑, ☒, ✅, ✔")]);

/// Tasks of one list that are the boxes of one choice. The first set is the decision.
pub const CHOICES: &[&[&str]] = &[
    &["go", "nogo", "conditional go", "go with conditions", "gonogo"],
    &["yes", "no", "n a"],
    &["approved", "rejected", "approved with conditions", "not approved"],
    &["pass", "fail"],
    &["ja", "nein"],
    &["sí", "no"],
    &["да", "нет"],
    &["是", "否"],
    &["はい", "いいえ"],
];

/// Names that begin a sentence and name no fact of the header.
pub static NO_FIELDS: Words = Words::new(
    "note, notes, warning, important, caution, tip, hint, example, examples, todo, info, reminder, e g, for example, nb, \
     please note, hinweis, achtung, nota, ejemplo, важно, 注意, 如, 例",
);

/// Names of lines on which somebody signs.
pub static SIGNED: Words = Words::new(
    "signed, signature, signed by, approved by, reviewed by, sign, unterschrift, freigegeben von, firma, aprobado por, \
     revisado por, подпись, 签字, 署名",
);

/// Words for the classes of risk besides the English ones.
pub static RISK_CLASSES: Table<RiskClass> = Table::new(&[
    (RiskClass::Low, "niedrig, gering, bajo, baja, faible, baixo, низкий, 低"),
    (RiskClass::Medium, "mittel, medio, media, moyen, moyenne, médio, средний, 中"),
    (RiskClass::High, "hoch, alto, alta, élevé, élevée, высокий, 高"),
]);

/// Names of who is on call, each perhaps among the words of [`ON_CALL_BESIDE`] …
pub static ON_CALL: Table<&str> = Table::new(&[
    ("en", "oncall"),
    ("de", "bereitschaft, rufbereitschaft"),
    ("es", "guardia"),
    ("fr", "astreinte"),
    ("pt", "plantão, sobreaviso"),
    ("ru", "дежурный, дежурные"),
    ("zh", "值班"),
    ("ja", "オンコール, 当番"),
]);

/// … which are these.
pub static ON_CALL_BESIDE: Words = Words::new(
    "primary, secondary, backup, engineer, owner, person, contact, lead, current, release, the, first, second, de, la, el, du, \
     von, der, da, do",
);

/// Names of who stands in for the person on call.
pub static ON_CALL_SECOND: Words =
    Words::new("secondary, backup, second, vertretung, suplente, respaldo, secours, suppléant, reserva, резерв, 副");

/// Names of the person who answers for a file or a section.
pub static OWNERS: Words =
    Words::new("owner, owners, release owner, dri, responsible, verantwortlich, responsable, ответственный, 负责人, 担当");

/// Words before a number that only count sections.
pub static COUNTERS: Words =
    Words::new("category, section, part, chapter, step, gate, appendix, teil, abschnitt, schritt, parte, paso, раздел, часть");

/// Roles that texts name, for checklists that are read without a policy.
pub static ROLES: Words = Words::new(
    "sre, qa, dba, security, legal, compliance, compliance officer, product, release manager, infra, devops, finance, support, \
     marketing, engineering, operations, ops, dev, infosec, tech lead, engineering manager, product owner",
);
