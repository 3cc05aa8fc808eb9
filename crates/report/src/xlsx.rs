//! A spreadsheet: a sheet on the document itself, then one for each table. Every cell is a text, so that nothing in it is run.

use crate::ReportError;
use crate::model::{Block, Cell, Report, Table, Tone};
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, DocProperties, ExcelDateTime, Format, FormatAlign,
    FormatBorder, Workbook, Worksheet,
};

/// Characters that Excel keeps in a cell.
const CELL_CHARACTERS_MAX: usize = 32_767;
/// Characters that Excel allows in the name of a sheet.
const NAME_CHARACTERS_MAX: usize = 31;
/// Width of a column in characters, a share of the page.
const CHARACTERS_PER_SHARE: f64 = 1.1;
/// Answers of the form MDS2.
const ANSWERS: [&str; 4] = ["Yes", "No", "N/A", "See Note"];

/// The document as a spreadsheet. The same report gives the same bytes.
pub fn xlsx(report: &Report) -> Result<Vec<u8>, ReportError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::parse_from_str(&report.origin.day)?;
    let properties = DocProperties::new()
        .set_title(report.title)
        .set_company(text(&report.device.manufacturer))
        .set_comment(format!("{}; {}", report.origin.at, report.origin.stamp))
        .set_creation_datetime(&created);
    workbook.set_properties(&properties);
    about(workbook.add_worksheet(), report)?;
    let mut names = vec!["About".to_owned()];
    let tables =
        report.sections.iter().flat_map(|section| section.blocks.iter().map(|block| (section.title, block)));
    for (section, block) in tables {
        if let Block::Table(table) = block {
            let sheet = workbook.add_worksheet();
            sheet.set_name(name(section, &table.title, &mut names))?;
            fill(sheet, table, report)?;
        }
    }
    Ok(workbook.save_to_buffer()?)
}

/// What a format can hold of a text.
fn text(text: &str) -> String {
    text.chars().take(CELL_CHARACTERS_MAX).collect()
}

/// A name that no other sheet has, of characters that a name may have.
fn name(section: &str, table: &str, names: &mut Vec<String>) -> String {
    let is_allowed = |character: &char| !['[', ']', ':', '*', '?', '/', '\\', '\''].contains(character);
    let plain: String = format!("{table} {section}").chars().filter(is_allowed).collect();
    let plain = plain.trim();
    for number in 1_u32.. {
        let suffix = if number == 1 { String::new() } else { format!(" {number}") };
        let room = NAME_CHARACTERS_MAX.saturating_sub(suffix.len());
        let kept: String = plain.chars().take(room).collect();
        let candidate = format!("{}{suffix}", kept.trim());
        if names.iter().all(|known| known.to_lowercase() != candidate.to_lowercase()) {
            names.push(candidate.clone());
            return candidate;
        }
    }
    plain.to_owned()
}

fn wrapped() -> Format {
    Format::new().set_text_wrap().set_align(FormatAlign::Top)
}

fn format(tone: Tone) -> Format {
    match tone {
        Tone::Plain => wrapped(),
        Tone::Lead => wrapped().set_bold(),
        Tone::Good => wrapped().set_font_color(Color::RGB(0x001B_5E3B)),
        Tone::Warn => wrapped().set_font_color(Color::RGB(0x007A_5200)),
        Tone::Bad => wrapped().set_bold().set_font_color(Color::RGB(0x009B_1C25)),
    }
}

fn about(sheet: &mut Worksheet, report: &Report) -> Result<(), ReportError> {
    sheet.set_name("About")?;
    sheet.set_column_width(0, 26)?;
    sheet.set_column_width(1, 110)?;
    let ledger = report.origin.ledger.as_ref().map_or_else(
        || "none: controls are shown as declared".to_owned(),
        |head| format!("{}, {} entries, root {}", head.origin, head.size, head.root),
    );
    let head = [
        ("Document", report.title.to_owned()),
        ("For", report.purpose.to_owned()),
        ("Asked for by", report.basis.to_owned()),
        ("Device", format!("{} {}", report.device.name, report.device.version)),
        ("Manufacturer", report.device.manufacturer.clone()),
        ("UDI-DI", report.device.udi_di.clone()),
        ("Stands for", format!("{} ({})", report.origin.at, report.origin.at_because)),
        ("Security file", format!("SHA-256 {}", report.origin.file)),
        ("Ledger", ledger),
    ];
    let mut row = 0;
    for (term, said) in head.iter().filter(|(_, said)| !said.trim().is_empty()) {
        sheet.write_string_with_format(row, 0, *term, &format(Tone::Lead))?;
        sheet.write_string_with_format(row, 1, text(said), &wrapped())?;
        row = row.saturating_add(1);
    }
    let status = if report.open.is_empty() {
        "No open point is left. The document is finished when it is signed.".to_owned()
    } else {
        format!(
            "OPEN: {} points that only a person can conclude. This document is not finished.",
            report.open.len()
        )
    };
    sheet.write_string_with_format(row, 0, "State", &format(Tone::Lead))?;
    sheet.write_string_with_format(
        row,
        1,
        status,
        &format(if report.open.is_empty() { Tone::Plain } else { Tone::Warn }),
    )?;
    for point in &report.open {
        row = row.saturating_add(1);
        sheet.write_string_with_format(row, 0, "OPEN", &format(Tone::Warn))?;
        let said = format!("{} ({}; section {})", point.what, point.who, point.section);
        sheet.write_string_with_format(row, 1, text(&said), &wrapped())?;
    }
    for section in &report.sections {
        for block in &section.blocks {
            if let Block::Text { text: said } = block {
                row = row.saturating_add(1);
                sheet.write_string_with_format(row, 0, section.title, &format(Tone::Lead))?;
                sheet.write_string_with_format(row, 1, text(said), &wrapped())?;
            }
        }
    }
    Ok(())
}

fn fill(sheet: &mut Worksheet, table: &Table, report: &Report) -> Result<(), ReportError> {
    let source = format!("{}. From {}; {}", table.title, table.source, report.origin.stamp);
    sheet.write_string_with_format(0, 0, text(&source), &Format::new().set_italic())?;
    let heading = wrapped()
        .set_bold()
        .set_background_color(Color::RGB(0x00E6_E9ED))
        .set_border_bottom(FormatBorder::Thin);
    for (at, column) in (0_u16..).zip(&table.columns) {
        sheet.set_column_width(at, f64::from(column.share) * CHARACTERS_PER_SHARE)?;
        sheet.write_string_with_format(1, at, column.title, &heading)?;
    }
    let formats =
        [Tone::Plain, Tone::Lead, Tone::Good, Tone::Warn, Tone::Bad].map(|tone| (tone, format(tone)));
    let mut row = 1_u32;
    for cells in &table.rows {
        row = row.saturating_add(1);
        for (at, cell) in (0_u16..).zip(cells) {
            let format = formats.iter().find(|(tone, _)| *tone == cell.tone()).map(|(_, format)| format);
            match (cell, format) {
                // Written as a string whatever it begins with: `=`, `+`, `-` and `@` start no formula.
                (Cell::Text(_) | Cell::Toned { .. }, Some(format)) => {
                    sheet.write_string_with_format(row, at, text(cell.text()), format)?;
                }
                _ => {
                    sheet.write_blank(row, at, &wrapped())?;
                }
            }
        }
    }
    let last = u16::try_from(table.columns.len()).unwrap_or(1).saturating_sub(1);
    sheet.set_freeze_panes(2, 1)?;
    if row > 1 {
        sheet.autofilter(1, 0, row, last)?;
        let answer = (0_u16..).zip(&table.columns).find(|(_, column)| column.title == "Answer");
        if let Some((column, _)) = answer.filter(|_| report.name == "mds2") {
            // An answer out of the file may be a longer text: the list helps and does not bind.
            let choice = DataValidation::new()
                .allow_list_strings(&ANSWERS)?
                .set_error_style(DataValidationErrorStyle::Information);
            sheet.add_data_validation(2, column, row, column, &choice)?;
        }
    }
    sheet.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(1, 1)?;
    Ok(())
}
