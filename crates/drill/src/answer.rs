//! What an AI has in hand of a study, and the report that it answers with, true or false.

use crate::attack::Field;
use crate::client::CT;
use crate::object::element;
use crate::{Ct, DrillError};
use medward_dicom_scan::{Limits, Tag, scan_bytes};

/// Basic Text SR.
pub const TEXT_REPORT: &str = "1.2.840.10008.5.1.4.1.1.88.11";

/// Names of an image as the AI knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pseudonymous {
    /// Pseudonym of the patient.
    pub patient: String,
    /// Study Instance UID.
    pub study: String,
    /// Series Instance UID.
    pub series: String,
    /// SOP Instance UID.
    pub instance: String,
}

impl Pseudonymous {
    /// Of an image that was made into a file.
    pub fn of(file: &[u8]) -> Result<Self, DrillError> {
        let data_set = scan_bytes(file, &Limits::default());
        let data_set = data_set.map_err(|refused| DrillError::Control(refused.to_string()))?;
        let text = |tag| {
            let found = data_set.find(None, Tag(tag)).and_then(|(_, element)| data_set.text(element));
            found.map(|text| text.trim_matches([' ', '\0']).to_owned()).unwrap_or_default()
        };
        Ok(Self {
            patient: text(0x0010_0020),
            study: text(0x0020_000D),
            series: text(0x0020_000E),
            instance: text(0x0008_0018),
        })
    }
}

/// A report on one image.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What it says it is about.
    pub about: Pseudonymous,
    /// Its own SOP Instance UID.
    pub instance: String,
    /// The image that it refers to.
    pub refers_to: String,
    /// What it says it found.
    pub finding: Option<String>,
}

fn item(inside: &[u8]) -> Vec<u8> {
    let mut item = vec![0xFE, 0xFF, 0x00, 0xE0];
    item.extend(u32::try_from(inside.len()).unwrap_or(u32::MAX).to_le_bytes());
    item.extend(inside);
    item
}

/// An element of text, padded.
pub(crate) fn text(out: &mut Vec<u8>, tag: u32, vr: [u8; 2], value: &str) {
    let mut value = value.as_bytes().to_vec();
    if value.len() % 2 == 1 {
        value.push(if &vr == b"UI" { 0 } else { b' ' });
    }
    element(out, tag, vr, &value);
}

impl Answer {
    /// An honest one.
    pub fn to(about: &Pseudonymous, number: u32) -> Self {
        let instance = format!("1.2.826.0.1.3680043.9.7790.{number}");
        Self { about: about.clone(), instance, refers_to: about.instance.clone(), finding: None }
    }

    /// Its data set in explicit VR little endian.
    pub fn data_set(&self) -> Vec<u8> {
        let mut image = Vec::new();
        text(&mut image, 0x0008_1150, *b"UI", CT);
        text(&mut image, 0x0008_1155, *b"UI", &self.refers_to);
        let mut series = Vec::new();
        element(&mut series, 0x0008_1199, *b"SQ", &item(&image));
        text(&mut series, 0x0020_000E, *b"UI", &self.about.series);
        let mut study = Vec::new();
        element(&mut study, 0x0008_1115, *b"SQ", &item(&series));
        text(&mut study, 0x0020_000D, *b"UI", &self.about.study);
        let mut out = Vec::new();
        text(&mut out, 0x0008_0016, *b"UI", TEXT_REPORT);
        text(&mut out, 0x0008_0018, *b"UI", &self.instance);
        text(&mut out, 0x0008_0060, *b"CS", "SR");
        text(&mut out, 0x0010_0010, *b"PN", &self.about.patient);
        text(&mut out, 0x0010_0020, *b"LO", &self.about.patient);
        text(&mut out, 0x0012_0062, *b"CS", "YES");
        text(&mut out, 0x0020_000D, *b"UI", &self.about.study);
        text(&mut out, 0x0020_000E, *b"UI", &format!("{}.1", self.instance));
        text(&mut out, 0x0040_A040, *b"CS", "CONTAINER");
        element(&mut out, 0x0040_A375, *b"SQ", &item(&study));
        if let Some(finding) = &self.finding {
            let mut content = Vec::new();
            text(&mut content, 0x0040_A010, *b"CS", "CONTAINS");
            text(&mut content, 0x0040_A040, *b"CS", "TEXT");
            text(&mut content, 0x0040_A160, *b"UT", finding);
            element(&mut out, 0x0040_A730, *b"SQ", &item(&content));
        }
        out
    }
}

impl Field<'_> {
    /// An image that went through the ward, as the AI knows it; `None` where none leaves.
    pub(crate) async fn sent(&self, ct: &Ct) -> Result<Option<Pseudonymous>, DrillError> {
        let results = &self.ward.state.results;
        let had: Vec<_> = results.studies()?.into_iter().map(|study| (study.study, study.objects)).collect();
        if self.honest().store(&ct.instance, &ct.data_set()).await? != Some(0) {
            return Err(DrillError::Control("the honest sender is not served".to_owned()));
        }
        self.leaves_with(&ct.instance, "-").await?;
        for study in results.studies()? {
            if had.contains(&(study.study.clone(), study.objects)) {
                continue;
            }
            let Some(last) = results.objects(&study.study)?.pop() else { continue };
            let (mut reader, mut bytes) = (results.get(&last.object)?, Vec::new());
            while let Some(chunk) = reader.next_chunk()? {
                bytes.extend_from_slice(chunk);
            }
            return Pseudonymous::of(&bytes).map(Some);
        }
        Ok(None)
    }
}
