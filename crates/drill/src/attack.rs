//! What an attack is: what it tries, at what, and how it tells whether it got there.

use crate::{Client, DrillError, Running, Site};
use aho_corasick::AhoCorasick;
use serde::Serialize;
use std::pin::Pin;

/// What an attack is after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// To learn of patients.
    PatientData,
    /// To have a false image taken for a true one.
    ImageIntegrity,
    /// To keep others from being served.
    Service,
}

/// The ward that is attacked, and the site around it.
#[derive(Debug, Clone, Copy)]
pub struct Field<'f> {
    /// The site.
    pub site: &'f Site,
    /// Its ward.
    pub ward: &'f Running,
    /// Apart from all other attacks of a drill.
    pub number: u32,
}

/// Whether the attack got what it wanted.
pub type Got = Result<bool, DrillError>;
/// An attack that runs.
pub type Run = for<'f> fn(Field<'f>) -> Pin<Box<dyn Future<Output = Got> + Send + 'f>>;

/// An attack.
#[derive(Debug, Clone, Copy)]
pub struct Attack {
    /// Short and stable.
    pub id: &'static str,
    /// What it does.
    pub title: &'static str,
    /// What it is after.
    pub target: Target,
    /// Does it.
    pub run: Run,
}

impl<'f> Field<'f> {
    /// The honest sender.
    pub fn honest(&self) -> Client<'f> {
        Client::honest(self.site, self.ward.address)
    }

    /// Waits until the ward has dealt with an image that it took, and tells whether any result holds a text.
    pub async fn leaves_with(&self, instance: &str, text: &str) -> Got {
        self.ward.dealt_with(instance).await?;
        self.results_hold(text)
    }

    /// Whether any result holds a text.
    pub fn results_hold(&self, text: &str) -> Got {
        for file in self.ward.results()? {
            if hold_any(&file, &[text])? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether an image is among the originals.
    pub fn is_kept(&self, instance: &str) -> Got {
        let id = instance.parse().map_err(|_| DrillError::Control("no UID".to_owned()))?;
        Ok(self.ward.state.originals.find(&id)?.is_some())
    }
}

/// Whether bytes hold any of some texts, in large or small letters.
pub(crate) fn hold_any(bytes: &[u8], texts: &[&str]) -> Got {
    let search = AhoCorasick::builder().ascii_case_insensitive(true).build(texts);
    Ok(search.map_err(|error| DrillError::Control(error.to_string()))?.is_match(bytes))
}
