//! `medward incident triage`: facts about an event, question by question, and what follows from them by each axis.

use super::show;
use crate::acting::{Acting, Device, Writer};
use crate::files::whole_text;
use crate::output::{Error, Format, print, visible};
use medward_evidence::Acted;
use medward_ledger::{Act, RecordId, Subject};
use medward_response::{Axis, Case, Question, Scope, questions, regimes};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Largest file of answers read, in bytes.
const BYTES_MAX: u64 = 64 << 10;
/// Longest line of an answer read, in bytes.
const LINE_BYTES_MAX: u64 = 4 << 10;

/// Arguments of `incident triage`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  medward incident triage E-3f9a lung-ct --as clinical-safety --key ledger.key\n  \
    medward incident triage E-3f9a lung-ct --answer effect=unavailable,delayed --answer alternative=no --as security --key ledger.key\n\n\
    A file of answers has lines such as `effect = [\"unavailable\"]` and `alternative = \"no\"`. A question left open counts as \
    unsure, and unsure stops no clock."
)]
pub(crate) struct Arguments {
    /// Id of the event, or its beginning
    id: String,
    #[command(flatten)]
    acting: Acting,
    /// TOML file of answers, `question = "answer"`
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
    /// An answer, as question=answer or question=answer,answer; may be given several times
    #[arg(long, value_name = "QUESTION=ANSWER")]
    answer: Vec<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Several(Vec<String>),
    Number(u64),
}

type Answers = BTreeMap<String, Vec<String>>;

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let acting = &arguments.acting;
    let device = Device::read(&acting.directory, None)?;
    let case = device.case(&arguments.id, &[Subject::Event])?;
    if let Some(into) = &case.joined {
        return Err(Error::Usage(format!("`{}` goes on as `{into}`; triage that one", case.id)));
    }
    let mut answers = match &arguments.facts {
        Some(path) => from_file(path)?,
        None => Answers::new(),
    };
    for answer in &arguments.answer {
        let (question, words) = answer.split_once('=').ok_or_else(|| {
            Error::Usage(format!("`{}` is no answer; write question=answer", answer.escape_debug()))
        })?;
        let words = words.split(',').map(|word| word.trim().to_owned()).collect();
        answers.insert(question.trim().to_owned(), words);
    }
    for (question, words) in &answers {
        medward_response::question(question)?.check(words)?;
    }
    if answers.is_empty() {
        if !std::io::stdin().is_terminal() {
            return Err(Error::Usage(
                "give answers with --facts FILE or --answer, or run it on a terminal".into(),
            ));
        }
        let writer = Writer::between_questions(&device, acting)?;
        let written = asked(case, &device, &writer)?;
        let id = case.id.clone();
        drop(writer);
        return shown(&id, written, device, arguments.format);
    }
    answers.retain(|question, words| case.answer(question) != Some(words.as_slice()));
    let writer = Writer::open(&device, acting, true)?;
    let write = |(question, words): (&String, &Vec<String>)| write_answer(&writer, case, question, words);
    let written = answers.iter().map(write).collect::<Result<_, _>>()?;
    let id = case.id.clone();
    drop(writer);
    shown(&id, written, device, arguments.format)
}

fn write_answer(writer: &Writer<'_>, case: &Case, question: &str, words: &[String]) -> Result<Acted, Error> {
    let answers = words.iter().map(|word| RecordId::try_from(word.as_str())).collect::<Result<_, _>>()?;
    writer.acted(case, Act::Answered { question: RecordId::try_from(question)?, answers })
}

/// What the answers lead to. The ledger was read a moment ago and is not read once more: what was written is added to it.
fn shown(id: &str, written: Vec<Acted>, mut device: Device, format: Format) -> Result<ExitCode, Error> {
    let count = written.len();
    device.add(written)?;
    let case = device.case(id, &[Subject::Event])?;
    match format {
        Format::Json => show::print_json(case, &device),
        Format::Human => {
            let what = if count == 1 { "answer" } else { "answers" };
            let mut text = format!("{}: {count} {what} written\n\n", case.id);
            text.push_str(&proposals(case, &device)?);
            let directory = device.directory.display();
            let _ = writeln!(
                text,
                "\nThese are proposals. A person decides: medward incident show {} {directory}, then medward incident step.",
                case.id
            );
            print(&visible(&text))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn from_file(path: &Path) -> Result<Answers, Error> {
    let text = whole_text(path, BYTES_MAX)?;
    let read: BTreeMap<String, Words> = toml::from_str(&text)
        .map_err(|error| Error::Usage(format!("`{}` cannot be read: {error}", path.display())))?;
    let words = |words| match words {
        Words::One(word) => vec![word],
        Words::Several(words) => words,
        Words::Number(number) => vec![number.to_string()],
    };
    Ok(read.into_iter().map(|(question, one)| (question, words(one))).collect())
}

/// Asks on the terminal what is still open and can still decide something for a party of the file. Each answer is written when it is given, so that
/// whoever stops loses none.
fn asked(case: &Case, device: &Device, writer: &Writer<'_>) -> Result<Vec<Acted>, Error> {
    let scope = Scope::of(&device.file)?;
    let mut answers: Answers = case.answers.iter().map(|(id, one)| (id.clone(), one.words.clone())).collect();
    let (mut written, mut is_asked) = (Vec::new(), false);
    let mut out = std::io::stderr().lock();
    writeln!(out, "{}: {}", case.id, visible(&case.title))?;
    writeln!(
        out,
        "Empty leaves a question open; `unsure` is an answer. Each answer is kept at once: stop with Ctrl-D or Ctrl-C and go on later.\n"
    )?;
    for question in questions()? {
        if !is_useful(question, &answers, &scope)? {
            continue;
        }
        is_asked = true;
        loop {
            writeln!(out, "[{}] {} ({})", question.axis.word(), question.ask, question.article)?;
            for (word, meaning) in &question.answers {
                writeln!(out, "    {word:<16} {meaning}")?;
            }
            write!(out, "  > ")?;
            out.flush()?;
            let mut line = String::new();
            // A line longer than any answer is no answer.
            if std::io::stdin().lock().take(LINE_BYTES_MAX).read_line(&mut line)? == 0 {
                writeln!(out)?;
                return Ok(written);
            }
            let words: Vec<String> = line
                .split([',', ' '])
                .map(|word| word.trim().to_owned())
                .filter(|word| !word.is_empty())
                .collect();
            if words.is_empty() {
                break;
            }
            match question.check(&words) {
                Ok(()) => {
                    written.push(write_answer(writer, case, &question.id, &words)?);
                    answers.insert(question.id.clone(), words);
                    break;
                }
                Err(error) => writeln!(out, "  {error}")?,
            }
        }
    }
    if !is_asked {
        writeln!(
            out,
            "Every question that can decide something is answered; change an answer with --answer QUESTION=ANSWER.\n"
        )?;
    }
    Ok(written)
}

/// Whether a question is open and an answer could decide a finding that binds someone, or fills a form.
fn is_useful(question: &Question, answers: &Answers, scope: &Scope) -> Result<bool, Error> {
    if answers.contains_key(&question.id) {
        return Ok(false);
    }
    let is_bound = scope.procedures().iter().any(|(procedure, _)| procedure.axis == question.axis);
    let answer = |id: &str| answers.get(id).map(Vec::as_slice);
    let decides =
        regimes()?.findings.iter().any(|finding| finding.open(answer).contains(&question.id.as_str()));
    let informs = question.number || matches!(question.id.as_str(), "malicious" | "cross-border");
    let is_breach = question.axis != Axis::Privacy
        || !answers.get("personal-data").is_some_and(|words| words.iter().any(|word| word == "no"));
    Ok(is_bound && (decides || (informs && is_breach)))
}

/// What the facts lead to, finding by finding, with the article and what is still open.
fn proposals(case: &Case, device: &Device) -> Result<String, Error> {
    let scope = Scope::of(&device.file)?;
    let bound = scope.procedures();
    let holds = scope.findings(case);
    let mut text = String::new();
    for finding in &regimes()?.findings {
        if !bound.iter().any(|(procedure, _)| procedure.axis == finding.axis) {
            continue;
        }
        let held = holds(&finding.id);
        let open = finding.open(|question| case.answer(question));
        text.push_str(&show::proposal(finding, held, &open));
    }
    Ok(text)
}
