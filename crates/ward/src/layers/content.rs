//! `content`: what an object is must be what was asked for, of a class that is taken, and within the bounds of the scan.
//!
//! The scan itself, under its limits, comes before any other reader of the bytes: what it refuses never gets this far.

use super::Layer;
use crate::configuration::Configuration;
use crate::decision::{Moment, Object, Refusal, Returning, Wanted};
use crate::facts;
use medward_dicom_scan::{DataSet, Oddity};
use medward_file::kinds::WardLayer;
use medward_sabotage::{Broken, is};
use std::sync::Arc;

pub(super) struct Content(pub(super) Arc<Configuration>);

impl Layer for Content {
    fn layer(&self) -> WardLayer {
        WardLayer::Content
    }

    fn decide(&self, moment: &Moment<'_>) -> Result<(), Refusal> {
        let reason = match moment {
            Moment::Operation(asked, Wanted::Store(class, _))
                if !self.0.classes_of(&asked.calling).contains(class) =>
            {
                "class-not-taken"
            }
            Moment::Operation(_, Wanted::Store(_, syntax)) if !self.0.transfer_syntaxes.contains(syntax) => {
                "transfer-syntax-not-taken"
            }
            Moment::Operation(asked, Wanted::Find(_) | Wanted::Get(_) | Wanted::Move(_))
                if !self.0.retrieves(&asked.calling) =>
            {
                "retrieves-nothing"
            }
            Moment::HandOut(handed) if !self.0.retrieves(&handed.asked.calling) => "retrieves-nothing",
            Moment::Object(object) => match self.object(object) {
                Ok(()) => return Ok(()),
                Err(reason) => reason,
            },
            Moment::Return(returning) => match self.returning(returning) {
                Ok(()) => return Ok(()),
                Err(reason) => reason,
            },
            _ => return Ok(()),
        };
        Err(Refusal::new(self.layer(), reason))
    }
}

impl Content {
    fn object(&self, object: &Object<'_>) -> Result<(), &'static str> {
        if object.bytes > self.0.bounds.object_bytes_max {
            return Err("too-large");
        }
        let data_set = object.data_set;
        if facts::uid(data_set, facts::SOP_CLASS).as_ref() != Some(object.sop_class) {
            return Err("class-is-not-what-was-said");
        }
        if facts::uid(data_set, facts::SOP_INSTANCE).as_ref() != Some(object.sop_instance) {
            return Err("instance-is-not-what-was-said");
        }
        if facts::uid(data_set, facts::STUDY).is_none() {
            return Err("no-study");
        }
        unambiguous(data_set)
    }

    /// What the wire promised is asked again of what is about to go back, which may have come by other ways.
    fn returning(&self, returning: &Returning<'_>) -> Result<(), &'static str> {
        let sender = self.0.senders.iter().find(|sender| sender.id == returning.sender);
        let class = facts::uid(returning.result, facts::SOP_CLASS);
        if !sender.zip(class).is_some_and(|(sender, class)| sender.result_classes.contains(&class)) {
            return Err("class-of-no-result");
        }
        unambiguous(returning.result)
    }
}

fn unambiguous(data_set: &DataSet) -> Result<(), &'static str> {
    for problem in data_set.problems() {
        match problem.oddity {
            // Two readers could see two objects.
            Oddity::DuplicateTag if is(Broken::DoubleElementsPass) => {}
            Oddity::DuplicateTag | Oddity::OutOfOrder => return Err("ambiguous-elements"),
            Oddity::MetaInDataSet | Oddity::CommandInDataSet => return Err("elements-out-of-place"),
            Oddity::OtherEncoding => return Err("other-encoding-than-agreed"),
            Oddity::Disguised(_) => return Err("preamble-of-another-format"),
            _ => {}
        }
    }
    Ok(())
}
