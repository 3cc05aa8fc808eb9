//! What a question of the form follows from, and the answer.

use crate::subject::Subject;
use medward_catalog::DataError;
use medward_file::kinds::{Asset, Control, DocumentType, PartyRole, PersonalData, Release, Ward, WardLayer};
use medward_file::{Link, Record, Spanned};
use serde::Deserialize;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error, StrDeserializer};

/// What an answer follows from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rule {
    /// Nothing in a security file.
    Ask,
    Manufacturer,
    Device,
    Purpose,
    Environment,
    Document,
    Date,
    Drawing,
    PersonalData,
    StoresPersonalData,
    MovesPersonalData,
    FlowsPersonalData,
    Protocols,
    Tls,
    Sbom,
    Ifu,
    ClaimsDevelopment,
    Emergency,
    EnvironmentControls,
    /// A control in place answers for the emergency path and names who logs it.
    EmergencyLogged,
    /// Flows between a zone that a hospital runs and one of somebody else.
    FlowsOutside,
    /// The same, with personal data.
    PersonalFlowsOutside,
    /// Flows within zones that a hospital runs, or into them.
    FlowsCustomer,
    MutualTls,
    SbomFormat,
    SupportEnd,
    /// A probe of that kind proves it of a control in place.
    #[serde(skip)]
    Probe(String),
    /// A ward of the file does it, by a layer that no waiver turns off.
    #[serde(skip)]
    Ward(WardLayer),
    /// Controls with the capability that the section is named by.
    Capability,
}

/// The answer that a file can give by itself.
pub(super) const YES: &str = "Yes";

impl Rule {
    /// The rules of a question, as the form's data write them.
    pub(super) fn all(text: &str) -> Result<Vec<Self>, DataError> {
        let read: Result<_, _> = text.split(" | ").map(Self::read).collect();
        read.map_err(|reason| DataError { file: "mds2-2019", reason })
    }

    /// The rule of a word, `probe KIND` or `ward LAYER`.
    fn read(text: &str) -> Result<Self, String> {
        match text.split_once(' ') {
            Some(("probe", kind)) => Ok(Self::Probe(kind.to_owned())),
            Some(("ward", layer)) => {
                let known = WardLayer::ALL.iter().find(|known| known.word() == layer);
                known.copied().map(Self::Ward).ok_or_else(|| format!("no layer `{layer}`"))
            }
            _ => {
                let word: StrDeserializer<'_, Error> = text.into_deserializer();
                Self::deserialize(word).map_err(|error| error.to_string())
            }
        }
    }
}

/// Records named in a note; of more, the rest is counted.
const NAMED_MAX: usize = 6;

/// What follows for a question: the answer and what it rests on; `None` where nothing follows.
type Answer = Option<(String, String)>;

/// Controls that provide a capability and exist.
fn providing<'f>(subject: &Subject<'f>, code: &str) -> Vec<&'f Record<Control>> {
    let is_meant = |control: &&Record<Control>| {
        control.capabilities.iter().any(|capability| &*capability.value == code)
            && medward_paths::is_implemented(control)
    };
    subject.file().controls.iter().filter(is_meant).collect()
}

fn with_states(subject: &Subject<'_>, controls: &[&Record<Control>]) -> String {
    let named = controls
        .iter()
        .map(|control| format!("{} {} ({})", control.id(), &*control.title.value, subject.state(control)));
    named.collect::<Vec<_>>().join("; ")
}

/// What may help whoever answers.
pub(super) fn hint(subject: &Subject<'_>, code: &str) -> String {
    let ids: Vec<_> = providing(subject, code).iter().map(|control| control.id()).collect();
    if ids.is_empty() { String::new() } else { format!("see {}", ids.join(", ")) }
}

fn yes_if_any(found: &[String]) -> Answer {
    let shown: Vec<_> = found.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = match found.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!found.is_empty()).then(|| (YES.to_owned(), shown.join("; ") + &more))
}

fn is_personal(data: Option<&Spanned<PersonalData>>) -> bool {
    data.is_some_and(|data| data.value != PersonalData::None)
}

pub(super) fn answer(subject: &Subject<'_>, rule: &Rule, code: &str) -> Answer {
    match rule {
        Rule::Ask => None,
        Rule::Manufacturer
        | Rule::Device
        | Rule::Purpose
        | Rule::Environment
        | Rule::Document
        | Rule::Date
        | Rule::Drawing => of_device(subject, rule),
        Rule::PersonalData
        | Rule::StoresPersonalData
        | Rule::MovesPersonalData
        | Rule::FlowsPersonalData
        | Rule::Protocols
        | Rule::Tls
        | Rule::MutualTls
        | Rule::FlowsOutside
        | Rule::PersonalFlowsOutside
        | Rule::FlowsCustomer => of_architecture(subject, rule),
        Rule::Sbom | Rule::SbomFormat | Rule::SupportEnd | Rule::Ifu | Rule::ClaimsDevelopment => {
            of_records(subject, rule)
        }
        Rule::Ward(layer) => of_wards(subject, *layer),
        _ => of_controls(subject, rule, code),
    }
}

/// What the device says of itself.
fn of_device(subject: &Subject<'_>, rule: &Rule) -> Answer {
    let device = subject.file().device.as_ref().map(|(_, device)| device);
    let head = subject.device();
    let text = |text: Option<&medward_file::Text>| text.map_or("", |text| &text.value).to_owned();
    let (answer, note) = match rule {
        Rule::Manufacturer => (head.manufacturer, "device".to_owned()),
        Rule::Device => (format!("{} {}", head.name, head.version), "device".to_owned()),
        Rule::Purpose => (text(device?.intended_purpose.as_ref()), "device".to_owned()),
        Rule::Environment => (text(device?.environment.as_ref()), "device".to_owned()),
        Rule::Document => (subject.origin.stamp.clone(), "digests of what this was made of".to_owned()),
        Rule::Date => (subject.origin.day.clone(), subject.origin.at_because.to_owned()),
        Rule::Drawing if !subject.file().flows.is_empty() => {
            (YES.to_owned(), "`medward report threat-model` draws it".to_owned())
        }
        _ => return None,
    };
    (!answer.trim().is_empty()).then(|| (answer.trim().to_owned(), note))
}

/// What assets and flows say.
fn of_architecture(subject: &Subject<'_>, rule: &Rule) -> Answer {
    let file = subject.file();
    let assets = |holds: &dyn Fn(&medward_file::kinds::Asset) -> bool| -> Vec<String> {
        let found = file.assets.iter().filter(|asset| holds(&asset.body));
        found.map(|asset| format!("{} {}", asset.id(), &*asset.title.value)).collect()
    };
    let flows = |holds: &dyn Fn(&medward_file::kinds::Flow) -> bool| -> Vec<String> {
        let found = file.flows.iter().filter(|flow| holds(&flow.body));
        let shown = found.map(|flow| {
            let protocol = flow.protocol.as_ref().map_or("", |protocol| &**protocol);
            format!("{} {} to {} ({protocol})", flow.id(), flow.from.id(), flow.to.id())
        });
        shown.collect()
    };
    let speaks = |flow: &medward_file::kinds::Flow, names: &[&str]| {
        flow.protocol.as_ref().is_some_and(|protocol| names.iter().any(|name| protocol.contains(name)))
    };
    let is_customers = |asset: &Link<Asset>| {
        let zone = file.follow(asset).and_then(|asset| file.follow(asset.zone.as_ref()?));
        zone.and_then(|zone| file.follow(zone.operator.as_ref()?))
            .is_some_and(|party| matches!(party.role.value, PartyRole::Operator | PartyRole::Controller))
    };
    yes_if_any(&match rule {
        Rule::MutualTls => flows(&|flow| speaks(flow, &["mutual TLS"])),
        Rule::FlowsCustomer => flows(&|flow| is_customers(&flow.from) || is_customers(&flow.to)),
        Rule::FlowsOutside => flows(&|flow| is_customers(&flow.from) != is_customers(&flow.to)),
        Rule::PersonalFlowsOutside => flows(&|flow| {
            is_personal(flow.personal_data.as_ref()) && is_customers(&flow.from) != is_customers(&flow.to)
        }),
        Rule::PersonalData => assets(&|asset| is_personal(asset.personal_data.as_ref())),
        Rule::StoresPersonalData => assets(&|asset| {
            is_personal(asset.personal_data.as_ref())
                && asset.stores.as_ref().is_some_and(|stores| stores.value)
        }),
        Rule::Protocols => flows(&|flow| flow.protocol.is_some()),
        Rule::Tls => flows(&|flow| speaks(flow, &["TLS", "HTTPS"])),
        _ => flows(&|flow| is_personal(flow.personal_data.as_ref())),
    })
}

/// What releases, documents and claims say.
fn of_records(subject: &Subject<'_>, rule: &Rule) -> Answer {
    let file = subject.file();
    match rule {
        Rule::Sbom => {
            let listed = file
                .releases
                .iter()
                .filter_map(|release| Some(format!("{} {}", release.id(), &*release.sbom.as_ref()?.value)));
            yes_if_any(&listed.collect::<Vec<_>>())
        }
        Rule::SbomFormat => {
            let format = |release: &Record<Release>| {
                let path = release.sbom.as_ref()?.value.to_lowercase();
                let known = [(".cdx.", "CycloneDX"), (".spdx", "SPDX")];
                let (_, name) = known.iter().find(|(mark, _)| path.contains(mark))?;
                Some(format!("{name} ({})", release.id()))
            };
            yes_if_any(&file.releases.iter().filter_map(format).collect::<Vec<_>>())
        }
        Rule::SupportEnd => {
            let until = |release: &Record<Release>| {
                let until = &release.support_until.as_ref()?.value;
                Some(format!("release {} is supported until {until}", &*release.version.value))
            };
            let found: Vec<_> = file.releases.iter().filter_map(until).collect();
            (!found.is_empty()).then(|| ("See Note".to_owned(), found.join("; ")))
        }
        Rule::Ifu => {
            let is_ifu = |kind: &Spanned<DocumentType>| kind.value == DocumentType::InstructionsForUse;
            let found = file.documents.iter().filter(|document| document.kind.as_ref().is_some_and(is_ifu));
            let named = found.map(|document| format!("{} {}", document.id(), &*document.title.value));
            yes_if_any(&named.collect::<Vec<_>>())
        }
        _ => {
            let claims = file.claims.iter().filter(|claim| {
                claim.id().starts_with("IEC81001-5-1-")
                    && claim.not_applicable.is_none()
                    && claim.deviation.is_none()
            });
            let count = claims.count();
            let note =
                format!("{count} clauses of IEC 81001-5-1 are claimed as met; `medward report conformity`");
            (count > 0).then(|| ("See Note".to_owned(), note))
        }
    }
}

/// What the controls in place say.
fn of_controls(subject: &Subject<'_>, rule: &Rule, code: &str) -> Answer {
    let probed =
        |control: &Control, kind: &str| control.probes.iter().any(|probe| &*probe.kind.value == kind);
    let is_meant = |control: &Control| match rule {
        Rule::Emergency => control.emergency.is_some(),
        Rule::EnvironmentControls => control.environment.as_ref().is_some_and(|flag| flag.value),
        Rule::EmergencyLogged => control.emergency.as_ref().is_some_and(|path| path.logged_by.is_some()),
        Rule::Probe(kind) => probed(control, kind),
        _ => control.capabilities.iter().any(|capability| &*capability.value == code),
    };
    let in_place = subject.file().controls.iter().filter(|control| medward_paths::is_implemented(control));
    let controls: Vec<_> = in_place.filter(|control| is_meant(&control.body)).collect();
    (!controls.is_empty()).then(|| (YES.to_owned(), with_states(subject, &controls)))
}

/// What the wards of the file do by a layer.
fn of_wards(subject: &Subject<'_>, layer: WardLayer) -> Answer {
    let is_on = |ward: &&Record<Ward>| !ward.layers_off.iter().any(|off| off.layer.value == layer);
    let wards = subject.file().wards.iter().filter(is_on);
    yes_if_any(&wards.map(|ward| format!("{} by its layer {}", ward.id(), layer.word())).collect::<Vec<_>>())
}
