//! QIDO-RS (PS3.18 section 10.6): a search is a query of C-FIND, and answered of the same objects.

use super::{Body, Call, header, said, unable, whole};
use crate::facts;
use crate::query::{Found, Match, Query};
use crate::retrieve::NotDone;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, HOST, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};
use medward_dicom_scan::{Tag, Vr, standard_vr};
use medward_dicomweb::{DICOM_JSON, Level, Names, Search, accepts, attribute, attribute_of, data_set, key};
use medward_upper_layer::Operation;
use medward_ward_ledger::Event;
use serde_json::{Map, Value};
use std::sync::Arc;

const AVAILABILITY: Tag = Tag::new(0x0008, 0x0056);
const RETRIEVE_URL: Tag = Tag::new(0x0008, 0x1190);
const WARNING: HeaderName = HeaderName::from_static("warning");

/// What is returned of each level without being asked for (PS3.18 tables 10.6.3-3 to 10.6.3-5).
const OF_STUDY: [Tag; 12] = [
    Tag::new(0x0008, 0x0020),
    Tag::new(0x0008, 0x0030),
    Tag::new(0x0008, 0x0050),
    Tag::new(0x0008, 0x0061),
    Tag::new(0x0008, 0x0090),
    facts::PATIENT_NAME,
    facts::PATIENT_ID,
    Tag::new(0x0010, 0x0030),
    Tag::new(0x0010, 0x0040),
    Tag::new(0x0020, 0x0010),
    Tag::new(0x0020, 0x1206),
    Tag::new(0x0020, 0x1208),
];
const OF_SERIES: [Tag; 6] = [
    Tag::new(0x0008, 0x0060),
    Tag::new(0x0008, 0x103E),
    Tag::new(0x0020, 0x0011),
    Tag::new(0x0020, 0x1209),
    Tag::new(0x0040, 0x0244),
    Tag::new(0x0040, 0x0245),
];
const OF_INSTANCE: [Tag; 6] = [
    facts::SOP_CLASS,
    Tag::new(0x0020, 0x0013),
    Tag::new(0x0028, 0x0008),
    Tag::new(0x0028, 0x0010),
    Tag::new(0x0028, 0x0011),
    Tag::new(0x0028, 0x0100),
];

/// Answers a search.
pub(super) async fn search(
    call: Call,
    level: Level,
    names: Names,
    request: Request<Incoming>,
) -> Response<Body> {
    if accepts(header(request.headers(), ACCEPT), DICOM_JSON).is_empty()
        && accepts(header(request.headers(), ACCEPT), "application/json").is_empty()
    {
        return said(StatusCode::NOT_ACCEPTABLE, "the answer is application/dicom+json");
    }
    let search = match Search::read(request.uri().query().unwrap_or_default()) {
        Ok(search) => search,
        Err(error) => return said(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    if let Err(response) = call.may(Operation::Find).await {
        return *response;
    }
    let root = root(header(request.headers(), HOST));
    let query = Query::of_search(level, &names, &search);
    let (retrieval, is_fuzzy) = (&call.service.retrieval, search.is_fuzzy);
    let word = query.level.word().to_owned();
    let canaries = Arc::clone(&retrieval.canaries);
    let found = retrieval.on_disk(&call.asked, move |catalogue| {
        let found = catalogue.find(&query, |found| Some(answer(found, level, &search, root.as_deref())))?;
        Ok((catalogue.touches(&query, &canaries)?, found))
    });
    let (canary, Found { answers, is_cut }) = match found.await {
        Ok(found) => found,
        Err(not_done) => return unable(&not_done),
    };
    let (sender, count) = (call.counted.sender.clone(), answers.len() as u64);
    let written = retrieval.record(Event::Queried { sender, level: word, answers: count, canary }).await;
    if let Err(not_done) = written {
        return unable(&not_done);
    }
    match serde_json::to_vec(&answers) {
        Ok(bytes) => {
            let mut response = whole(StatusCode::OK, DICOM_JSON, bytes);
            for (is_so, text) in [
                (is_cut, r#"299 ward "There are additional results that can be requested""#),
                (
                    is_fuzzy,
                    r#"299 ward "The fuzzymatching parameter is not supported. Only literal matching has been performed.""#,
                ),
            ] {
                if is_so {
                    response.headers_mut().append(WARNING, HeaderValue::from_static(text));
                }
            }
            response
        }
        Err(error) => unable(&NotDone(0, error.to_string())),
    }
}

/// Where the service is for whoever asks, by the name that they call it.
fn root(host: Option<&str>) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    let host = host.filter(|host| !host.is_empty() && host.bytes().all(is_plain))?;
    Some(format!("https://{host}{}", super::ROOT))
}

/// One answer in the JSON model.
fn answer(found: &Match<'_>, level: Level, search: &Search, root: Option<&str>) -> Value {
    let first = &found.first.data_set;
    let mut out = Map::new();
    if search.include_all {
        out = data_set(first);
        for other in found.about.iter().skip(1) {
            // Of a study or series is what all its objects say.
            let other = data_set(&other.data_set);
            out.retain(|tag, value| other.get(tag) == Some(value));
        }
    }
    let names = [facts::STUDY, facts::SERIES, facts::SOP_INSTANCE];
    let levels: [(Level, &[Tag]); 3] =
        [(Level::Study, &OF_STUDY), (Level::Series, &OF_SERIES), (Level::Instance, &OF_INSTANCE)];
    let depth = levels.iter().position(|(one, _)| *one == level).unwrap_or_default();
    let own = levels.into_iter().filter(|(one, _)| *one == level).flat_map(|(_, tags)| tags);
    let wanted = names.iter().take(depth.saturating_add(1)).chain(own);
    let wanted = wanted.chain(&search.include).chain(search.keys.iter().map(|key| &key.tag));
    for tag in wanted.filter(|tag| **tag != AVAILABILITY && **tag != RETRIEVE_URL) {
        let vr = standard_vr(*tag);
        let value = match found.computed(*tag) {
            Some(text) => attribute(vr, &text),
            None => attribute_of(first, *tag).unwrap_or_else(|| attribute(vr, "")),
        };
        out.insert(key(*tag), value);
    }
    out.insert(key(AVAILABILITY), attribute(Vr::CS, "ONLINE"));
    if let Some(root) = root {
        let words = ["studies", "series", "instances"];
        let segments = words.iter().zip(names).take(depth.saturating_add(1)).map(|(word, tag)| {
            let uid = facts::uid(first, tag).map(|uid| uid.to_string()).unwrap_or_default();
            format!("/{word}/{uid}")
        });
        let url = root.to_owned() + &segments.collect::<String>();
        out.insert(key(RETRIEVE_URL), attribute(Vr::UR, &url));
    }
    out.sort_keys();
    Value::Object(out)
}
