//! The few values of an object that decide how it is treated; never more than was read anyway.

use medward_dicom_scan::DataSet;

/// Values at the top of one object, without padding; empty where absent.
#[derive(Debug)]
pub(crate) struct Facts<'d> {
    pub sop_class: &'d [u8],
    pub instance: &'d [u8],
    pub study: &'d [u8],
    pub patient_id: &'d [u8],
    pub modality: &'d [u8],
    pub manufacturer: &'d [u8],
    pub model: &'d [u8],
    pub burned_in: &'d [u8],
    pub is_directory: bool,
}

pub(crate) fn padding_off(value: &[u8]) -> &[u8] {
    let end = value.iter().rposition(|&byte| byte != 0 && byte != b' ').map_or(0, |last| last + 1);
    value.get(..end).unwrap_or_default().trim_ascii_start()
}

impl<'d> Facts<'d> {
    pub fn of(data_set: &'d DataSet) -> Self {
        let mut facts = Self {
            sop_class: &[],
            instance: &[],
            study: &[],
            patient_id: &[],
            modality: &[],
            manufacturer: &[],
            model: &[],
            burned_in: &[],
            is_directory: false,
        };
        for (_, element) in data_set.children(None) {
            let field = match element.tag.0 {
                0x0004_1130 | 0x0004_1200 | 0x0004_1220 => {
                    facts.is_directory = true;
                    continue;
                }
                0x0008_0016 => &mut facts.sop_class,
                0x0008_0018 => &mut facts.instance,
                0x0008_0060 => &mut facts.modality,
                0x0008_0070 => &mut facts.manufacturer,
                0x0008_1090 => &mut facts.model,
                0x0010_0020 => &mut facts.patient_id,
                0x0020_000D => &mut facts.study,
                0x0028_0301 => &mut facts.burned_in,
                _ => continue,
            };
            *field = padding_off(data_set.value(element).unwrap_or_default());
        }
        facts
    }

    /// What a patient is recognised by: the ID; where there is none the study, or at last the object, so that two
    /// persons are never taken for one.
    pub fn patient(&self) -> &'d [u8] {
        let known = [self.patient_id, self.study, self.instance];
        known.into_iter().find(|value| !value.is_empty()).unwrap_or_default()
    }
}
