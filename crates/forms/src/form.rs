//! Forms as data: which fields, in which order, what each may hold, when it is required.

use crate::imdrf::Annex;
use serde::Deserialize;

/// What a field may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Text, of so many characters at most where the form says so.
    Text(Option<usize>),
    /// A day, as `2026-11-25`.
    Date,
    /// A whole number.
    Integer,
    /// A decimal number.
    Decimal,
    /// Digits only.
    Digits,
    /// An ISO 3166 country code of two letters.
    Country,
    /// One word of a list.
    Words(Vec<String>),
    /// An IMDRF code of an annex.
    Code(Annex),
}

/// When a field has to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Required {
    /// Never.
    No,
    /// Always.
    Always,
    /// In reports of these types.
    In(Vec<String>),
    /// In reports of these reporters, `representative` or `other`, and `with-parent` for the others; see [`Form::sent_by`].
    From(Vec<String>),
    /// When any field of a group is there, by the path of the group.
    With(String),
    /// In reports of these types, unless another field of its group is there.
    Group(Vec<String>),
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Id; in XML the path of its element.
    pub id: String,
    /// Heading it stands under.
    pub section: String,
    /// What is asked for.
    pub label: String,
    /// What it may hold.
    pub kind: Kind,
    /// When it has to be there.
    pub required: Required,
    /// Whether several values may be given.
    pub several: bool,
    /// Names of facts that fill it, the first known one.
    pub from: Vec<String>,
}

impl Field {
    /// The last part of its id, by which users call it.
    pub fn name(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or(&self.id)
    }
}

/// A form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// What asks for it.
    pub article: String,
    /// Remark.
    pub note: String,
    /// Types of report; empty where there is one.
    pub types: Vec<String>,
    /// Fields in order.
    pub fields: Vec<Field>,
    /// Its root element, where it is sent as XML.
    pub root: Option<Root>,
}

/// The root element of a form that is sent as XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root {
    /// Name of the element.
    pub element: &'static str,
    /// Version of the form.
    pub version: &'static str,
}

/// Who sends a form to an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reporter {
    /// The manufacturer.
    Manufacturer,
    /// The authorised representative (MDR Art. 11(3)).
    Representative,
    /// Someone else, such as an importer.
    Other,
}

impl Form {
    /// The form as a reporter sends it: its fields stand under another element then, and others are required. Forms that know no reporter stay as they are.
    #[must_use]
    pub fn sent_by(mut self, reporter: Reporter) -> Self {
        // The schemas of the two forms spell the representative apart.
        let representative =
            if self.id == "mir" { "Authorised representative" } else { "Authorised Representative" };
        let (element, word, status) = match reporter {
            Reporter::Manufacturer => ("reporterMfr", "", "Manufacturer"),
            Reporter::Representative => ("reporterAR", "representative", representative),
            Reporter::Other => ("reporterOther", "other", "Others"),
        };
        self.fields.retain(|field| field.name() != "reporterOtherText" || reporter == Reporter::Other);
        for field in &mut self.fields {
            field.id = field.id.replace("/reporterMfr/", &format!("/{element}/"));
            if field.name() == "statusReporter" {
                field.kind = Kind::Words(vec![status.to_owned()]);
            }
            if let Required::From(reporters) = &field.required {
                field.required = if reporters.iter().any(|known| known == word) {
                    Required::Always
                } else if reporters.iter().any(|known| known == "with-parent") {
                    Required::With(parent(&field.id).to_owned())
                } else {
                    Required::No
                };
            }
        }
        self
    }
}

/// Why a form cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// No such form.
    #[error("there is no form `{0}`; write one of {kinds}", kinds = KINDS.join(", "))]
    Unknown(String),
    /// The built-in data are broken: a fault of the build.
    #[error("the built-in form `{form}` cannot be read: {reason}; please report this")]
    Data {
        /// The form.
        form: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The form is a letter or a portal's page.
    #[error("the form `{0}` is not sent as XML")]
    NotXml(String),
    /// XML is for complete reports alone.
    #[error("the report is not complete; {0}")]
    Incomplete(String),
    /// XML could not be written.
    #[error("cannot write XML: {0}")]
    Write(String),
}

/// Ids of the forms. A new form is a file in `data/` and its line here and in [`form`].
pub const KINDS: [&str; 6] = ["mir", "fsca", "fsn", "gdpr33", "gdpr34", "nis2"];

/// The form of an id.
pub fn form(id: &str) -> Result<Form, FormError> {
    match id {
        "mir" => Ok(Form {
            id: "mir".to_owned(),
            title: "Manufacturer Incident Report 7.2.1".to_owned(),
            article: "MDR Art. 87".to_owned(),
            note: "An incomplete initial report in time comes before a complete one (Art. 87(6)).".to_owned(),
            types: ["initial", "follow-up", "combined", "final", "final-not-reportable"].map(str::to_owned).to_vec(),
            fields: fields("mir", include_str!("../data/mir.csv"))?,
            root: Some(Root { element: "incident", version: "7.2.1" }),
        }),
        "fsca" => Ok(Form {
            id: "fsca".to_owned(),
            title: "Report of a field safety corrective action 2.6".to_owned(),
            article: "MDR Art. 87(1)(b), 89(5)".to_owned(),
            note: "The form is older than the MDR: it names classes and countries as the directives did. The field safety notice goes with it (Art. 89(8))."
                .to_owned(),
            types: ["initial", "follow-up", "final"].map(str::to_owned).to_vec(),
            fields: fields("fsca", include_str!("../data/fsca.csv"))?,
            root: Some(Root { element: "fsca", version: "2.6" }),
        }),
        "fsn" => from_toml("fsn", include_str!("../data/fsn.toml")),
        "gdpr33" => from_toml("gdpr33", include_str!("../data/gdpr33.toml")),
        "gdpr34" => from_toml("gdpr34", include_str!("../data/gdpr34.toml")),
        "nis2" => from_toml("nis2", include_str!("../data/nis2.toml")),
        _ => Err(FormError::Unknown(id.escape_debug().to_string())),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Toml {
    id: String,
    title: String,
    article: String,
    note: String,
    #[serde(default)]
    types: Vec<String>,
    field: Vec<TomlField>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlField {
    id: String,
    section: String,
    label: String,
    #[serde(default)]
    required: String,
    #[serde(default)]
    from: Vec<String>,
}

fn from_toml(name: &'static str, text: &str) -> Result<Form, FormError> {
    let read: Toml = toml::from_str(text)
        .map_err(|error| FormError::Data { form: name, reason: error.message().to_owned() })?;
    let field = |one: TomlField| Field {
        required: required(&one.id, &one.required),
        kind: Kind::Text(None),
        several: false,
        id: one.id,
        section: one.section,
        label: one.label,
        from: one.from,
    };
    Ok(Form {
        id: read.id,
        title: read.title,
        article: read.article,
        note: read.note,
        types: read.types,
        fields: read.field.into_iter().map(field).collect(),
        root: None,
    })
}

/// The group that a field stands in, by its path.
pub(crate) fn parent(id: &str) -> &str {
    id.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn required(id: &str, word: &str) -> Required {
    match word {
        "" => Required::No,
        "all" => Required::Always,
        "with-parent" => Required::With(parent(id).to_owned()),
        word => {
            let types = |words: &str| words.split(' ').map(str::to_owned).collect();
            match word.split_once(' ') {
                Some(("with", group)) => Required::With(group.to_owned()),
                Some(("group", words)) => Required::Group(types(words)),
                _ if word.split(' ').any(|one| matches!(one, "representative" | "other")) => {
                    Required::From(types(word))
                }
                _ => Required::In(types(word)),
            }
        }
    }
}

#[derive(Deserialize)]
struct Row {
    path: String,
    kind: String,
    most: Option<usize>,
    words: String,
    required: String,
    several: String,
    label: String,
    from: String,
}

/// The fields of a form out of the table of its schema.
fn fields(form: &'static str, text: &str) -> Result<Vec<Field>, FormError> {
    let broken = |reason: String| FormError::Data { form, reason };
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    let mut fields = Vec::new();
    for row in reader.deserialize() {
        let row: Row = row.map_err(|error| broken(error.to_string()))?;
        let kind = match row.kind.as_str() {
            "text" => Kind::Text(row.most),
            "date" => Kind::Date,
            "integer" => Kind::Integer,
            "decimal" => Kind::Decimal,
            "digits" => Kind::Digits,
            "country" => Kind::Country,
            "words" => Kind::Words(row.words.split(" | ").map(str::to_owned).collect()),
            code => {
                let annex = code.strip_prefix("code ").and_then(Annex::from_letter);
                Kind::Code(annex.ok_or_else(|| broken(format!("`{code}` of {}", row.path)))?)
            }
        };
        fields.push(Field {
            required: required(&row.path, &row.required),
            section: section(&row.path).to_owned(),
            id: row.path,
            label: row.label,
            kind,
            several: !row.several.is_empty(),
            from: if row.from.is_empty() { Vec::new() } else { vec![row.from] },
        });
    }
    Ok(fields)
}

/// The heading of a path.
fn section(path: &str) -> &'static str {
    match path.split('/').next() {
        Some("admin_info" | "summary") => "1 Administrative information",
        Some("device_info") => "2 Device",
        Some("incident_info") => "3 Incident",
        Some("mfr_invest") => "4 Analysis of the manufacturer",
        Some("contact_info") => "2 Who reports",
        Some("deviceDetails") => "3 Device",
        Some("fscaDesc") => "4 The action",
        Some("fscaDistribution") => "5 Where the device is",
        _ => "5 General comments",
    }
}
