//! `medward dicom view` as a user runs it.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a command that cannot be run is a failed test"
)]

use medward_dicom_scan::{Encoding, NewElement, Tag, Vr};
use std::io::Cursor;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

/// A bare data set of two frames of 4 x 2 pixels with 16 bits, as values and what else it has.
fn file(frames: [[u16; 8]; 2], more: &[NewElement]) -> Vec<u8> {
    let number = |tag, value: u16| NewElement::new(Tag(tag), Vr::US, value.to_le_bytes());
    let text = |tag, vr, value: &str| NewElement::new(Tag(tag), vr, value);
    let values: Vec<u8> = frames.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
    let mut elements = vec![
        text(0x0008_0016, Vr::UI, "1.2.840.10008.5.1.4.1.1.7.3"),
        text(0x0010_0010, Vr::PN, "Featherstone^Ann"),
        number(0x0028_0002, 1),
        text(0x0028_0004, Vr::CS, "MONOCHROME2"),
        text(0x0028_0008, Vr::IS, "2"),
        number(0x0028_0010, 2),
        number(0x0028_0011, 4),
        number(0x0028_0100, 16),
        NewElement::new(Tag::PIXEL_DATA, Vr::OW, values),
    ];
    elements.retain(|element| more.iter().all(|other| other.tag != element.tag));
    elements.extend_from_slice(more);
    elements.sort_by_key(|element| element.tag);
    NewElement::sequence(Tag::ITEM, &[elements], Encoding::ExplicitLittle).unwrap().value[8..].to_vec()
}

fn view(arguments: &[&str], place: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medward"));
    command.args(["dicom", "view"]).args(arguments).current_dir(place).output().unwrap()
}

fn pixels(path: &Path) -> (png::ColorType, Vec<u8>) {
    let mut reader = png::Decoder::new(Cursor::new(std::fs::read(path).unwrap())).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut bytes).unwrap();
    (reader.info().color_type, bytes)
}

#[test]
fn a_frame_is_shown_as_its_window_says_and_no_text_of_the_object_comes_along() {
    let place = tempfile::tempdir().unwrap();
    let frames = [[0, 100, 200, 300, 400, 500, 600, 700], [9; 8]];
    let text = |tag, value: &str| NewElement::new(Tag(tag), Vr::DS, value);
    let windowed = [text(0x0028_1050, "200"), text(0x0028_1051, "200")];
    std::fs::write(place.path().join("windowed"), file(frames, &windowed)).unwrap();
    let output = view(&["windowed", "1.png"], place.path());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said, "1.png: frame 1 of 2, 4 x 2; for looking, not for diagnosis\n");
    let (colour, bytes) = pixels(&place.path().join("1.png"));
    assert_eq!((colour, bytes), (png::ColorType::Grayscale, vec![0, 0, 128, 255, 255, 255, 255, 255]));
    let picture = place.path().join("1.png");
    let written = std::fs::read(&picture).unwrap();
    assert!(!written.windows(12).any(|part| part == b"Featherstone"));
    assert_eq!(std::fs::metadata(&picture).unwrap().permissions().mode() & 0o777, 0o600);

    // Inverse, without a window: from the darkest to the brightest value.
    let inverse = [NewElement::new(Tag(0x0028_0004), Vr::CS, "MONOCHROME1")];
    std::fs::write(place.path().join("inverse"), file(frames, &inverse)).unwrap();
    assert_eq!(view(&["inverse", "2.png"], place.path()).status.code(), Some(0));
    assert_eq!(pixels(&place.path().join("2.png")).1, [255, 219, 182, 146, 109, 73, 36, 0]);
    // A window of one's own, another frame, and never over a file that is there.
    let own = view(&["inverse", "3.png", "--frame", "2", "--window=-5,20"], place.path());
    assert_eq!(own.status.code(), Some(0));
    assert_eq!(pixels(&place.path().join("3.png")).1, [0; 8]);
    assert_eq!(view(&["inverse", "3.png"], place.path()).status.code(), Some(2));
    let none = view(&["inverse", "4.png", "--frame", "3"], place.path());
    assert!(String::from_utf8_lossy(&none.stderr).contains("there is no frame 3: the object has 2"));
    assert!(!place.path().join("4.png").exists());
}
