//! `medward dicom view`: a frame as a person would see it, into a PNG without any text of the object.

use crate::files;
use crate::output::{Error, Format, print, visible};
use medward_dicom_pixel::{Picture, Pixels, Window, render};
use medward_dicom_scan::{Limits, Scanner, Source, Tag};
use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

/// Said on the terminal and inside the picture.
const PURPOSE: &str = "for looking, not for diagnosis";

/// Arguments of `dicom view`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Grey images are shown through the window or lookup table that they carry, others from their darkest to \
    their brightest value. The picture carries no name, number or overlay of the object; what is burned into the pixels \
    shows. It is for looking, not for diagnosis.\n\nExamples:\n  medward dicom view image.dcm image.png\n  \
    medward dicom view cine.dcm last.png --frame 12 --window=-600,1500\n\n\
    Exit codes: 0 the picture was written, 2 it could not be."
)]
pub(crate) struct ViewArguments {
    /// DICOM file
    file: PathBuf,
    /// PNG to write; a file that is there is never overwritten
    picture: PathBuf,
    /// Which frame, from 1
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    frame: u32,
    /// Window as CENTRE,WIDTH instead of the object's own
    #[arg(long, value_parser = window, allow_hyphen_values = true)]
    window: Option<Window>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

fn window(text: &str) -> Result<Window, String> {
    let numbers = text.split_once(',').and_then(|(centre, width)| {
        Some((centre.trim().parse::<f64>().ok()?, width.trim().parse::<f64>().ok()?))
    });
    match numbers {
        Some((centre, width)) if centre.is_finite() && width.is_finite() && width >= 1.0 => {
            Ok(Window { centre, width })
        }
        _ => Err("write CENTRE,WIDTH with a width of 1 at least, such as -600,1500".to_owned()),
    }
}

pub(super) fn view(arguments: &ViewArguments) -> Result<ExitCode, Error> {
    let path = &arguments.file;
    let failed = |error: &dyn std::fmt::Display| Error::Usage(format!("`{}`: {error}", path.display()));
    let mut file = File::open(path).map_err(Error::io("read", path))?;
    let mut scanner = Scanner::new(&Limits::default());
    scanner.scan(&mut file).map_err(|refused| failed(&refused))?;
    let data_set = scanner.data_set();
    let syntax = data_set.meta_text(Tag::TRANSFER_SYNTAX).unwrap_or_default();
    let mut pixels = Pixels::of(data_set, &syntax).map_err(|error| failed(&error))?;
    let source = Source::new(data_set, &mut file).map_err(|error| failed(&error))?;
    let picture = render(&mut pixels, source, arguments.frame - 1, arguments.window);
    let picture = picture.map_err(|error| failed(&error))?;
    let encoded = encode(&picture).map_err(|error| failed(&error))?;
    // A picture of a patient: for its owner's eyes.
    files::write_new(&arguments.picture, encoded, 0o600)?;
    let (name, frames) = (arguments.picture.display().to_string(), pixels.layout().frames);
    let Picture { columns, rows, .. } = picture;
    match arguments.format {
        Format::Human => print(&visible(&format!(
            "{name}: frame {} of {frames}, {columns} x {rows}; {PURPOSE}\n",
            arguments.frame
        )))?,
        Format::Json => {
            let said = serde_json::json!({
                "picture": name, "frame": arguments.frame, "frames": frames, "columns": columns, "rows": rows,
                "purpose": PURPOSE,
            });
            print(&format!("{said}\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn encode(picture: &Picture) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.columns, picture.rows);
    encoder.set_color(if picture.is_colour { png::ColorType::Rgb } else { png::ColorType::Grayscale });
    encoder.set_depth(png::BitDepth::Eight);
    encoder.add_text_chunk("Comment".to_owned(), PURPOSE.to_owned())?;
    encoder.write_header()?.write_image_data(&picture.bytes)?;
    Ok(bytes)
}
