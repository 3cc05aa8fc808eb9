//! What is assessed: the device, what must not fail, who has to do with it. Opens most documents.

use super::{ids, said, section, yes};
use crate::model::{Block, Cell, Facts, Section, Table};
use crate::subject::Subject;

/// The section on the device.
pub(super) fn device(subject: &Subject<'_>) -> Section {
    let file = subject.file();
    let mut blocks = Vec::new();
    match &file.device {
        None => blocks.push(Block::open("Describe the device", "manufacturer", "[device]")),
        Some((_, device)) => {
            let facts = Facts::new("", "device")
                .with("Name", &*device.name.value)
                .with("Version", said(device.version.as_ref()))
                .with("Manufacturer", subject.device().manufacturer)
                .with("UDI-DI", said(device.udi_di.as_ref()))
                .with(
                    "Risk class (MDR Annex VIII)",
                    device.class.as_ref().map_or("", |class| class.value.word()),
                )
                .with("Classification rule", said(device.rule.as_ref()))
                .with(
                    "Software safety class (IEC 62304)",
                    device.software_class.as_ref().map_or("", |class| class.value.word()),
                )
                .with(
                    "Intended users",
                    device.users.iter().map(|user| &*user.value).collect::<Vec<_>>().join("; "),
                )
                .with("Operating environment", said(device.environment.as_ref()))
                .with(
                    "Data processed",
                    device.data_categories.iter().map(|data| &*data.value).collect::<Vec<_>>().join("; "),
                );
            blocks.push(Block::Facts(facts));
            blocks.push(Block::concluded(
                device.intended_purpose.as_ref().map(|text| &*text.value),
                "State the intended purpose",
                "manufacturer",
                "[device] intended_purpose",
            ));
        }
    }
    section("device", "The device", blocks)
}

/// The section on essential functions.
pub(super) fn functions(subject: &Subject<'_>) -> Section {
    let file = subject.file();
    let mut table = Table::new(
        "Functions and what clinical use tolerates",
        "function.*",
        &[
            ("Function", 12),
            ("What it does", 40),
            ("Essential", 10),
            ("Delay tolerated", 12),
            ("Emergency path", 26),
        ],
    );
    for function in &file.functions {
        let essential = function.essential.as_ref().is_some_and(|essential| essential.value);
        let delay =
            function.delay_seconds_max.as_ref().map_or(String::new(), |delay| format!("{} s", delay.value));
        let emergency = function
            .emergency
            .as_ref()
            .map_or_else(|| said(function.no_emergency.as_ref()), |link| link.id());
        table.row([
            Cell::lead(function.id()),
            (&*function.title.value).into(),
            yes(essential).into(),
            delay.into(),
            emergency.into(),
        ]);
    }
    let blocks = if table.rows.is_empty() {
        vec![Block::open("Name the essential functions", "manufacturer", "[function.*]")]
    } else {
        vec![Block::Table(table)]
    };
    section("functions", "Essential functions", blocks)
}

/// A table of the organisations around the device.
pub(super) fn parties(subject: &Subject<'_>) -> Table {
    let mut table = Table::new(
        "Organisations and their parts",
        "party.*",
        &[("Party", 18), ("Name", 34), ("Part", 18), ("Country", 10), ("Agreement", 20)],
    );
    for party in &subject.file().parties {
        table.row([
            Cell::lead(party.id()),
            (&*party.name.value).into(),
            party.role.value.word().into(),
            said(party.country.as_ref()).into(),
            party.agreement.as_ref().map_or("", |link| link.id()).into(),
        ]);
    }
    table
}

/// A table of roles.
pub(super) fn roles(subject: &Subject<'_>) -> Table {
    let mut table = Table::new(
        "Roles",
        "role.*, person.*",
        &[("Role", 18), ("Title", 32), ("Approves", 30), ("Held by", 20)],
    );
    let file = subject.file();
    for role in &file.roles {
        let holders =
            file.people.iter().filter(|person| person.roles.iter().any(|link| link.id() == role.id()));
        let holders: Vec<_> = holders.map(medward_file::Record::id).collect();
        let approves: Vec<_> = role.approves.iter().map(|kind| &*kind.value).collect();
        table.row([
            Cell::lead(role.id()),
            (&*role.title.value).into(),
            approves.join(", ").into(),
            holders.join(", ").into(),
        ]);
    }
    table
}

/// A table of the documents of some kinds; of every kind where none is named.
pub(super) fn documents(subject: &Subject<'_>, title: &str, kinds: &[&str]) -> Table {
    let mut table = Table::new(
        title,
        "document.*",
        &[("Document", 24), ("Title", 34), ("Kind", 12), ("Version", 10), ("Date", 12), ("Kept at", 24)],
    );
    for document in &subject.file().documents {
        let kind = document.kind.as_ref().map_or("", |kind| kind.value.word());
        if !kinds.is_empty() && !kinds.contains(&kind) {
            continue;
        }
        let place = document.path.as_ref().or(document.location.as_ref());
        table.row([
            Cell::lead(document.id()),
            (&*document.title.value).into(),
            kind.into(),
            said(document.version.as_ref()).into(),
            document.date.as_ref().map_or(String::new(), |date| date.value.to_string()).into(),
            said(place).into(),
        ]);
    }
    table
}

/// A table of releases with the end of their security support.
pub(super) fn releases(subject: &Subject<'_>) -> Table {
    let mut table = Table::new(
        "Releases and their security support",
        "release.*",
        &[
            ("Release", 18),
            ("Version", 14),
            ("State", 14),
            ("Released", 14),
            ("Supported until", 16),
            ("Bill of materials", 32),
        ],
    );
    for release in &subject.file().releases {
        let date =
            |date: Option<&medward_file::Date>| date.map_or(String::new(), |date| date.value.to_string());
        table.row([
            Cell::lead(release.id()),
            (&*release.version.value).into(),
            release.state.as_ref().map_or("", |state| state.value.word()).into(),
            date(release.date.as_ref()).into(),
            date(release.support_until.as_ref()).into(),
            said(release.sbom.as_ref()).into(),
        ]);
    }
    table
}

/// A table of assets, all or those for which something holds.
pub(super) fn assets(
    subject: &Subject<'_>,
    title: &str,
    holds: impl Fn(&medward_file::kinds::Asset) -> bool,
) -> Table {
    let mut table = Table::new(
        title,
        "asset.*",
        &[
            ("Asset", 18),
            ("Title", 30),
            ("Zone", 14),
            ("Critical", 9),
            ("Personal data", 16),
            ("Need C / I / A", 20),
            ("Guarded by", 24),
        ],
    );
    for asset in subject.file().assets.iter().filter(|asset| holds(&asset.body)) {
        let need = |need: Option<&medward_file::Spanned<medward_file::kinds::Need>>| {
            need.map_or("-", |need| need.value.word())
        };
        table.row([
            Cell::lead(asset.id()),
            (&*asset.title.value).into(),
            asset.zone.as_ref().map_or("", |zone| zone.id()).into(),
            yes(asset.critical.as_ref().is_some_and(|critical| critical.value)).into(),
            asset.personal_data.as_ref().map_or("", |data| data.value.word()).into(),
            format!(
                "{} / {} / {}",
                need(asset.confidentiality.as_ref()),
                need(asset.integrity.as_ref()),
                need(asset.availability.as_ref())
            )
            .into(),
            ids(&asset.guards).into(),
        ]);
    }
    table
}

/// A table of flows, all or those for which something holds.
pub(super) fn flows(
    subject: &Subject<'_>,
    title: &str,
    holds: impl Fn(&medward_file::kinds::Flow) -> bool,
) -> Table {
    let mut table = Table::new(
        title,
        "flow.*",
        &[
            ("Flow", 18),
            ("What moves", 30),
            ("From", 18),
            ("To", 18),
            ("Protocol", 24),
            ("Personal data", 16),
            ("Guarded by", 18),
        ],
    );
    for flow in subject.file().flows.iter().filter(|flow| holds(&flow.body)) {
        table.row([
            Cell::lead(flow.id()),
            said(flow.title.as_ref()).into(),
            flow.from.id().into(),
            flow.to.id().into(),
            said(flow.protocol.as_ref()).into(),
            flow.personal_data.as_ref().map_or("", |data| data.value.word()).into(),
            ids(&flow.guards).into(),
        ]);
    }
    table
}
