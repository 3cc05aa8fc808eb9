//! What a request is for, by its path (PS3.18 section 10.3 and tables 10.4.1-1, 10.5.1-1, 10.6.1-1): names are UIDs and nothing else, so
//! that no path leads out of the tree.

use Level::{Instance, Series, Study};
use medward_upper_layer::Uid;

/// Longest path that is read, in bytes: three UIDs and the words between.
const BYTES_MAX: usize = 512;

/// Where in the hierarchy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Studies.
    Study,
    /// Series.
    Series,
    /// Instances.
    Instance,
}

/// Names in a path, from the study downwards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Study Instance UID.
    pub study: Option<Uid>,
    /// Series Instance UID.
    pub series: Option<Uid>,
    /// SOP Instance UID.
    pub instance: Option<Uid>,
}

/// A resource of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// All there is at a level, below what is named: searched (QIDO-RS), and studies stored into (STOW-RS).
    All(Level, Names),
    /// One study, series or instance, which is named last: retrieved (WADO-RS), and a study stored into.
    One(Level, Names),
    /// The same, without its bulk (section 10.4.1.1.2).
    Metadata(Level, Names),
}

/// Nothing of the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no resource of the service has this path")]
pub struct NotAResource;

impl Resource {
    /// Of a path below the root of the service, without its query. Nothing in it is decoded: a name that had to be is no UID.
    pub fn of(path: &str) -> Result<Self, NotAResource> {
        if path.len() > BYTES_MAX {
            return Err(NotAResource);
        }
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let uid = |text: &str| text.parse::<Uid>().map(Some).map_err(|_| NotAResource);
        let names = |study: &str, series: &str, instance: &str| {
            let named = |text: &str| if text.is_empty() { Ok(None) } else { uid(text) };
            Ok::<_, NotAResource>(Names {
                study: named(study)?,
                series: named(series)?,
                instance: named(instance)?,
            })
        };
        Ok(match *segments.as_slice() {
            ["studies"] => Self::All(Study, Names::default()),
            ["series"] => Self::All(Series, Names::default()),
            ["instances"] => Self::All(Instance, Names::default()),
            ["studies", "", ..] | ["studies", _, "series", "", ..] => return Err(NotAResource),
            ["studies", study] => Self::One(Study, names(study, "", "")?),
            ["studies", study, "metadata"] => Self::Metadata(Study, names(study, "", "")?),
            ["studies", study, "series"] => Self::All(Series, names(study, "", "")?),
            ["studies", study, "instances"] => Self::All(Instance, names(study, "", "")?),
            ["studies", study, "series", series] => Self::One(Series, names(study, series, "")?),
            ["studies", study, "series", series, "metadata"] => {
                Self::Metadata(Series, names(study, series, "")?)
            }
            ["studies", study, "series", series, "instances"] => {
                Self::All(Instance, names(study, series, "")?)
            }
            ["studies", study, "series", series, "instances", instance] => {
                Self::One(Instance, Names { instance: uid(instance)?, ..names(study, series, "")? })
            }
            ["studies", study, "series", series, "instances", instance, "metadata"] => {
                Self::Metadata(Instance, Names { instance: uid(instance)?, ..names(study, series, "")? })
            }
            _ => return Err(NotAResource),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_resources_and_lead_nowhere_else() {
        let of = |path: &str| Resource::of(path);
        assert_eq!(of("/studies").unwrap(), Resource::All(Level::Study, Names::default()));
        let Resource::Metadata(Level::Instance, names) =
            of("/studies/1.2/series/1.3/instances/1.4/metadata").unwrap()
        else {
            unreachable!()
        };
        assert_eq!(names.instance.unwrap().as_str(), "1.4");
        assert!(matches!(of("/studies/1.2/instances"), Ok(Resource::All(Level::Instance, _))));
        for path in [
            "",
            "/",
            "/studies/",
            "/studies//series",
            "/studies/..",
            "/studies/../../etc/passwd",
            "/studies/%2e%2e",
            "/studies/1.2%2f..%2f1.3",
            "/studies/1.2/series//instances/1.4",
            "/studies/1.2/../1.3",
            "/studies/1..2",
            "/studies/1.2/frames/1",
            "/studies/1.2\\1.3",
            "/Studies",
        ] {
            assert_eq!(of(path), Err(NotAResource), "{path}");
        }
        assert_eq!(of(&format!("/studies/{}", "1".repeat(65))), Err(NotAResource));
    }
}
