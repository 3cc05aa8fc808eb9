//! What a reader that was taken over answers: a data set that can be looked at all over, or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use medward_dicom_scan::DataSet;

fuzz_target!(|bytes: &[u8]| {
    let Ok(data_set) = DataSet::carried(bytes) else { return };
    for element in data_set.elements() {
        let _ = (data_set.value(element), data_set.text(element), data_set.character_set(element));
        let _ = data_set.children(element.parent()).count();
    }
    let _ = data_set.element_of_kept(&(0..data_set.kept().len().min(1)));
});
