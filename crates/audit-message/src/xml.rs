//! Messages as XML by the schema of PS3.15 A.5.1.

use crate::code::{Code, MEDIA_URI, Outcome, SOP_CLASS_UID, STUDY_INSTANCE_UID};
use crate::event::{Event, Object, Participant, Study};
use crate::text::Text;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::Writer;
use quick_xml::events::BytesText;
use std::io;

/// `AuditSourceTypeCode`: an application server.
const APPLICATION_SERVER: &str = "4";

type Xml = Writer<Vec<u8>>;

/// The whole message, UTF-8.
pub(crate) fn message(
    event: &Event,
    outcome: Outcome,
    moment: jiff::Timestamp,
    source: &Text,
    site: Option<&Text>,
) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new(br#"<?xml version="1.0" encoding="UTF-8"?>"#.to_vec());
    xml.create_element("AuditMessage").write_inner_content(|xml| {
        identification(xml, event, outcome, moment)?;
        for participant in event.participants() {
            write_participant(xml, &participant)?;
        }
        let site = site.map(|site| ("AuditEnterpriseSiteID", site.as_str()));
        let source = site.into_iter().chain([("AuditSourceID", source.as_str())]);
        xml.create_element("AuditSourceIdentification").with_attributes(source).write_inner_content(
            |xml| {
                xml.create_element("AuditSourceTypeCode")
                    .with_attribute(("csd-code", APPLICATION_SERVER))
                    .write_empty()?;
                Ok(())
            },
        )?;
        event.objects().iter().try_for_each(|object| write_object(xml, object))
    })?;
    Ok(xml.into_inner())
}

fn identification(xml: &mut Xml, event: &Event, outcome: Outcome, moment: jiff::Timestamp) -> io::Result<()> {
    let (id, kind, action) = event.codes();
    let moment = format!("{moment:.3}");
    let attributes = [
        ("EventActionCode", action.code()),
        ("EventDateTime", moment.as_str()),
        ("EventOutcomeIndicator", outcome.code()),
    ];
    xml.create_element("EventIdentification").with_attributes(attributes).write_inner_content(|xml| {
        code(xml, "EventID", id)?;
        kind.map_or(Ok(()), |kind| code(xml, "EventTypeCode", kind))
    })?;
    Ok(())
}

fn code(xml: &mut Xml, element: &str, Code(value, meaning): Code) -> io::Result<()> {
    let attributes = [("csd-code", value), ("codeSystemName", "DCM"), ("originalText", meaning)];
    xml.create_element(element).with_attributes(attributes).write_empty()?;
    Ok(())
}

fn write_participant(xml: &mut Xml, participant: &Participant<'_>) -> io::Result<()> {
    let address = participant.address.map(|address| address.to_string());
    let mut attributes = vec![("UserID", participant.user_id)];
    attributes.extend(participant.alternative.as_deref().map(|text| ("AlternativeUserID", text)));
    attributes.push(("UserIsRequestor", if participant.is_requestor { "true" } else { "false" }));
    if let Some(address) = &address {
        // 2: an IP address.
        attributes.extend([("NetworkAccessPointID", address.as_str()), ("NetworkAccessPointTypeCode", "2")]);
    }
    xml.create_element("ActiveParticipant").with_attributes(attributes).write_inner_content(|xml| {
        for role in &participant.roles {
            code(xml, "RoleIDCode", *role)?;
        }
        if participant.is_media {
            xml.create_element("MediaIdentifier")
                .write_inner_content(|xml| code(xml, "MediaType", MEDIA_URI))?;
        }
        Ok(())
    })?;
    Ok(())
}

fn write_object(xml: &mut Xml, object: &Object<'_>) -> io::Result<()> {
    match object {
        Object::Study(study, life_cycle) => write_study(xml, study, *life_cycle),
        Object::Patient(patient) => {
            // 1, 1: a person, as patient. The code of RFC 3881 for a patient number.
            let attributes = object_attributes(patient.as_str(), "1", "1", None);
            xml.create_element(OBJECT).with_attributes(attributes).write_inner_content(|xml| {
                let kind =
                    [("csd-code", "2"), ("codeSystemName", "RFC-3881"), ("originalText", "Patient Number")];
                xml.create_element(ID_TYPE).with_attributes(kind).write_empty()?;
                name(xml, patient.as_str())
            })?;
            Ok(())
        }
        Object::Query(class, digest) => {
            // 2, 3: a system object, a report, as PS3.15 table A.5.3.10-1 has it.
            let attributes = object_attributes(class.as_str(), "2", "3", None);
            xml.create_element(OBJECT).with_attributes(attributes).write_inner_content(|xml| {
                code(xml, ID_TYPE, SOP_CLASS_UID)?;
                let digest = STANDARD.encode(digest);
                xml.create_element("ParticipantObjectQuery").write_text_content(BytesText::new(&digest))?;
                Ok(())
            })?;
            Ok(())
        }
        Object::Resource(resource, kind, role, description) => {
            let attributes = object_attributes(resource.as_str(), "2", role, None);
            xml.create_element(OBJECT).with_attributes(attributes).write_inner_content(|xml| {
                code(xml, ID_TYPE, *kind)?;
                name(xml, description.unwrap_or(resource).as_str())?;
                if let Some(description) = description {
                    // The value is in base64, by the schema.
                    let value = STANDARD.encode(description.as_str());
                    let detail = [("type", "Alert Description"), ("value", value.as_str())];
                    xml.create_element("ParticipantObjectDetail").with_attributes(detail).write_empty()?;
                }
                Ok(())
            })?;
            Ok(())
        }
    }
}

const OBJECT: &str = "ParticipantObjectIdentification";
const ID_TYPE: &str = "ParticipantObjectIDTypeCode";

fn object_attributes<'e>(
    id: &'e str,
    kind: &'e str,
    role: &'e str,
    life_cycle: Option<&'e str>,
) -> Vec<(&'e str, &'e str)> {
    let mut attributes = vec![
        ("ParticipantObjectID", id),
        ("ParticipantObjectTypeCode", kind),
        ("ParticipantObjectTypeCodeRole", role),
    ];
    attributes.extend(life_cycle.map(|code| ("ParticipantObjectDataLifeCycle", code)));
    attributes
}

fn name(xml: &mut Xml, name: &str) -> io::Result<()> {
    xml.create_element("ParticipantObjectName").write_text_content(BytesText::new(name))?;
    Ok(())
}

fn write_study(xml: &mut Xml, study: &Study, life_cycle: Option<&str>) -> io::Result<()> {
    let uid = study.study.as_str();
    // 2, 3: a system object, a report.
    let attributes = object_attributes(uid, "2", "3", life_cycle);
    xml.create_element(OBJECT).with_attributes(attributes).write_inner_content(|xml| {
        code(xml, ID_TYPE, STUDY_INSTANCE_UID)?;
        name(xml, uid)?;
        xml.create_element("ParticipantObjectDescription").write_inner_content(|xml| {
            for (class, count) in &study.classes {
                let count = count.to_string();
                let attributes = [("UID", class.as_str()), ("NumberOfInstances", count.as_str())];
                xml.create_element("SOPClass").with_attributes(attributes).write_empty()?;
            }
            xml.create_element("ParticipantObjectContainsStudy").write_inner_content(|xml| {
                xml.create_element("StudyIDs").with_attribute(("UID", uid)).write_empty()?;
                Ok(())
            })?;
            Ok(())
        })?;
        Ok(())
    })?;
    Ok(())
}
