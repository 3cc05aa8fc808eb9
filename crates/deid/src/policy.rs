//! A site's policy: options, attributes kept or removed, safe private attributes, pixel regions; never a key.

use crate::options::{OptionError, Options, ProfileOption, nearest};
use crate::table::{Pattern, rows};
use medward_dicom_scan::{Tag, Vr};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// Days by which dates move at most, both ways, where the policy says nothing: five years.
const SHIFT_DAYS: u32 = 1_826;

/// A private attribute that identifies no one (PS3.15 section E.3.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafePrivate {
    /// Private creator, as it stands in the block's (gggg,00xx).
    pub creator: String,
    /// Group number.
    pub group: u16,
    /// Element number inside the block: the low byte.
    pub element: u8,
    /// VR that the attribute has.
    pub vr: Vr,
}

/// Part of the image, in pixels from the upper left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// First column, from 0.
    pub left: u32,
    /// First row, from 0.
    pub top: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// Where a kind of device burns text into its images.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PixelRule {
    /// Modality (0008,0060).
    pub modality: Option<String>,
    /// Manufacturer (0008,0070): a part of it, in large or small letters.
    pub manufacturer: Option<String>,
    /// Manufacturer's Model Name (0008,1090): a part of it, in large or small letters.
    pub model: Option<String>,
    /// Rows and columns of the image, both or none: regions of another size do not fit.
    pub size: Option<(u32, u32)>,
    /// What is blanked; nothing, where someone looked and found that the device burns nothing in.
    pub regions: Vec<Region>,
}

/// What a site wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Options of the basic profile.
    pub options: Options,
    /// Attributes kept against the table. The result then no longer follows the profile, and says so.
    pub keep: Vec<Tag>,
    /// Attributes removed besides the table.
    pub remove: Vec<Tag>,
    /// Days by which dates move at most.
    pub shift_days: u32,
    /// Before each pseudonym.
    pub prefix: String,
    /// Words that the second look lets pass although they are part of an identifier.
    pub harmless: Vec<String>,
    /// Safe private attributes besides the standard's.
    pub safe_private: Vec<SafePrivate>,
    /// Where text is burned in; the first that fits counts.
    pub pixels: Vec<PixelRule>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            options: Options::default(),
            keep: Vec::new(),
            remove: Vec::new(),
            shift_days: SHIFT_DAYS,
            prefix: String::new(),
            harmless: Vec::new(),
            safe_private: Vec::new(),
            pixels: Vec::new(),
        }
    }
}

/// What is wrong with a policy, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct PolicyError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Bytes of the text that it is about.
    pub span: Range<usize>,
    /// What is wrong, and what to write.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    profile: Option<Spanned<String>>,
    #[serde(default)]
    options: Vec<Spanned<String>>,
    #[serde(default)]
    keep: Vec<Spanned<String>>,
    #[serde(default)]
    remove: Vec<Spanned<String>>,
    shift_days: Option<Spanned<u32>>,
    prefix: Option<Spanned<String>>,
    #[serde(default)]
    harmless: Vec<String>,
    #[serde(default)]
    safe_private: Vec<WrittenPrivate>,
    #[serde(default)]
    pixels: Vec<WrittenPixels>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPrivate {
    creator: Spanned<String>,
    element: Spanned<String>,
    vr: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPixels {
    modality: Option<String>,
    manufacturer: Option<String>,
    model: Option<String>,
    size: Option<(u32, u32)>,
    regions: Vec<Spanned<(u32, u32, u32, u32)>>,
}

const KEYS: [&str; 17] = [
    "profile",
    "options",
    "keep",
    "remove",
    "shift_days",
    "prefix",
    "harmless",
    "safe_private",
    "pixels",
    "creator",
    "element",
    "vr",
    "modality",
    "manufacturer",
    "model",
    "size",
    "regions",
];

struct Text<'t>(&'t str);

impl Text<'_> {
    fn error(&self, span: Range<usize>, message: impl Into<String>) -> PolicyError {
        let before = self.0.get(..span.start).unwrap_or(self.0);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        PolicyError {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            span,
            message: message.into(),
        }
    }

    fn tag(&self, written: &Spanned<String>) -> Result<Tag, PolicyError> {
        parse_tag(written.as_ref()).ok_or_else(|| {
            let keywords = rows().iter().map(|row| row.keyword).filter(|keyword| !keyword.is_empty());
            let near = nearest(written.as_ref(), keywords).map(|near| format!("; did you mean `{near}`?"));
            let message = format!(
                "`{}` is no attribute: write its tag as `0008,1030`, or a keyword of PS3.15 Table E.1-1{}",
                written.as_ref(),
                near.unwrap_or_default()
            );
            self.error(written.span(), message)
        })
    }
}

/// A tag as `ggggeeee`, `gggg,eeee` or `(gggg,eeee)`, or a keyword of the table.
pub fn parse_tag(text: &str) -> Option<Tag> {
    if let Some(row) = rows().iter().find(|row| row.keyword == text && !text.is_empty())
        && let Pattern::Tag(tag) = row.pattern
    {
        return Some(tag);
    }
    let text = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
    let digits = text.replacen(',', "", 1);
    let is_tag = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_tag.then(|| u32::from_str_radix(&digits, 16).ok().map(Tag)).flatten()
}

impl Policy {
    /// The basic profile with these options.
    pub fn with_options(options: Options) -> Self {
        Self { options, ..Self::default() }
    }

    /// From TOML.
    pub fn from_toml(toml: &str) -> Result<Self, PolicyError> {
        let text = Text(toml);
        let written: Written = toml::from_str(toml).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let key = error.message().strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
            let near = key.and_then(|key| nearest(key, KEYS.into_iter()));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            text.error(span, format!("{}{near}", error.message()))
        })?;
        if let Some(profile) = written.profile.filter(|profile| profile.as_ref() != "basic") {
            let message = format!("there is no profile `{}`: `basic` is the one there is", profile.as_ref());
            return Err(text.error(profile.span(), message));
        }
        let mut options = Vec::new();
        for option in &written.options {
            let parsed = option.as_ref().parse::<ProfileOption>();
            options.push(parsed.map_err(|error| text.error(option.span(), error.to_string()))?);
        }
        let options = Options::new(options).map_err(|error: OptionError| {
            let last = written.options.last().map_or(0..0, Spanned::span);
            text.error(last, error.to_string())
        })?;
        let tags =
            |list: &[Spanned<String>]| list.iter().map(|one| text.tag(one)).collect::<Result<Vec<_>, _>>();
        let (keep, remove) = (tags(&written.keep)?, tags(&written.remove)?);
        if let Some(both) = written.keep.iter().zip(&keep).find(|(_, tag)| remove.contains(tag)) {
            return Err(
                text.error(both.0.span(), format!("{} is to be kept and removed: choose one", both.1))
            );
        }
        let shift_days = match written.shift_days {
            Some(days) if !(1..=36_500).contains(days.as_ref()) => {
                return Err(text.error(days.span(), "days from 1 to 36500 are possible"));
            }
            days => days.map_or(SHIFT_DAYS, Spanned::into_inner),
        };
        let prefix = match written.prefix {
            Some(prefix) if prefix.as_ref().len() > 16 || !prefix.as_ref().bytes().all(is_plain) => {
                return Err(text.error(prefix.span(), "at most 16 of A-Z, a-z, 0-9, - and _ are possible"));
            }
            prefix => prefix.map(Spanned::into_inner).unwrap_or_default(),
        };
        let safe_private =
            written.safe_private.iter().map(|one| private(&text, one)).collect::<Result<Vec<_>, _>>()?;
        let pixels =
            written.pixels.into_iter().map(|one| pixels(&text, one)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            options,
            keep,
            remove,
            shift_days,
            prefix,
            harmless: written.harmless,
            safe_private,
            pixels,
        })
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn private(text: &Text<'_>, written: &WrittenPrivate) -> Result<SafePrivate, PolicyError> {
    let tag = written.element.as_ref().split_once(',').and_then(|(group, element)| {
        let element = element.strip_prefix("xx").unwrap_or(element);
        Some((u16::from_str_radix(group, 16).ok()?, u8::from_str_radix(element, 16).ok()?))
    });
    let (group, element) = tag.filter(|(group, _)| group & 1 == 1).ok_or_else(|| {
        text.error(written.element.span(), "a private element is written `0019,xx0C`, with an odd group")
    })?;
    let letters = written.vr.as_ref().as_bytes().first_chunk().filter(|_| written.vr.as_ref().len() == 2);
    let vr = letters.and_then(|&letters| Vr::from_letters(letters));
    let vr = vr.filter(|vr| !matches!(vr, Vr::SQ | Vr::UN)).ok_or_else(|| {
        text.error(
            written.vr.span(),
            "a VR of two capitals is needed; sequences and UN cannot be kept as safe",
        )
    })?;
    if written.creator.as_ref().trim().is_empty() {
        return Err(text.error(written.creator.span(), "the private creator is empty"));
    }
    Ok(SafePrivate { creator: written.creator.as_ref().trim().to_owned(), group, element, vr })
}

fn pixels(text: &Text<'_>, written: WrittenPixels) -> Result<PixelRule, PolicyError> {
    let mut regions = Vec::new();
    for region in &written.regions {
        let &(left, top, width, height) = region.as_ref();
        if width == 0 || height == 0 {
            return Err(
                text.error(region.span(), "a region is [left, top, width, height], the last two above 0")
            );
        }
        regions.push(Region { left, top, width, height });
    }
    let WrittenPixels { modality, manufacturer, model, size, .. } = written;
    Ok(PixelRule { modality, manufacturer, model, size, regions })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_reads_and_its_errors_have_places_and_a_suggestion() {
        let policy = Policy::from_toml(
            "profile = \"basic\"\noptions = [\"retain-modified-dates\", \"clean-descriptors\"]\nremove = [\"0018,1160\"]\n\
             keep = [\"StationName\"]\nshift_days = 100\nprefix = \"LUNG-\"\n\
             [[safe_private]]\ncreator = \"ACME\"\nelement = \"0019,xx0C\"\nvr = \"IS\"\n\
             [[pixels]]\nmodality = \"US\"\nregions = [[0, 0, 640, 40]]\n",
        )
        .unwrap();
        assert_eq!(policy.remove, [Tag::new(0x0018, 0x1160)]);
        assert_eq!(policy.keep, [Tag::new(0x0008, 0x1010)]);
        assert_eq!(policy.pixels[0].regions[0].width, 640);
        assert_eq!((policy.safe_private[0].group, policy.safe_private[0].element), (0x19, 0x0C));
        let error = |toml: &str| Policy::from_toml(toml).unwrap_err();
        let slip = error("shift_days = 3\noptions = [\"clean-descriptor\"]\n");
        assert_eq!((slip.line, slip.column), (2, 12));
        assert!(slip.message.contains("did you mean `clean-descriptors`?"), "{slip}");
        let slip = error("option = []\n");
        assert!(slip.message.contains("did you mean `options`?") && slip.line == 1, "{slip}");
        let slip = error("keep = [\"StationNam\"]\n");
        assert!(slip.message.contains("did you mean `StationName`?"), "{slip}");
        assert!(error("keep = [\"0018,1160\"]\nremove = [\"0018,1160\"]").message.contains("choose one"));
        assert!(error("shift_days = 0").message.contains("1 to 36500"));
        assert!(error("profile = \"full\"").message.contains("`basic`"));
        assert!(
            error("[[safe_private]]\ncreator = \"A\"\nelement = \"0018,xx0C\"\nvr = \"IS\"")
                .message
                .contains("odd")
        );
    }
}
