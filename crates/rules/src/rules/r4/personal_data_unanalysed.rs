//! R4-003: personal data at rest that no privacy threat is aimed at.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::{PersonalData, Threat};
use medward_file::{Kind, RecordRef};

rule! {
    /// An asset keeps personal data, pseudonymised or not, and no threat with a privacy class (LINDDUN) is aimed at it.
    ///
    /// Why: pseudonymised data are personal data still, and what can happen to persons is another question than what can
    /// happen to the system (GDPR Art. 4(5), 35(7)(c)).
    ///
    /// Mend: aim a threat with `linddun = [...]` at the asset.
    ///
    /// Example:
    ///
    /// ```toml
    /// [asset.pseudonym-map]
    /// title = "Map of pseudonyms"
    /// stores = true
    /// personal_data = "identified"   # no privacy threat names it
    /// ```
    "R4-003" "personal-data-unanalysed" Error
    clauses: ["GDPR Art. 35(7)(c)"],
    why: "what can happen to persons has to be asked wherever their data rest",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for (index, asset) in (0u32..).zip(&context.file.assets) {
        let keeps = asset.stores.as_ref().is_some_and(|stores| stores.value);
        let personal = asset.personal_data.as_ref().is_some_and(|data| data.value != PersonalData::None);
        if !keeps || !personal {
            continue;
        }
        let at = RecordRef { kind: Kind::Asset, index };
        let analysed = context
            .incoming(at)
            .iter()
            .filter_map(|from| context.file.typed::<Threat>(*from))
            .any(|threat| !threat.linddun.is_empty());
        if !analysed {
            let message =
                format!("`asset.{}` keeps personal data and no privacy threat is aimed at it", asset.id());
            let mend = format!("add `{}` to the `targets` of a threat with `linddun = [...]`", asset.id());
            report.find(asset.span(), message, mend);
        }
    }
}
