//! The JSON Schema of the format, so that editors complete keys and show their meaning.

use crate::kinds::{Device, Policy};
use crate::{Kind, Shape, TableShape};
use serde_json::{Map, Value, json};

/// JSON Schema (draft 2020-12) of one TOML file of a security file's directory.
pub fn json_schema() -> Value {
    let mut kinds = Map::new();
    kinds.insert("device".into(), table(&Device::table_shape(), false));
    kinds.insert("policy".into(), table(&Policy::table_shape(), false));
    for kind in Kind::ALL {
        let shape = kind.table_shape();
        let records = json!({
            "type": "object",
            "description": shape.doc.trim(),
            "additionalProperties": table(&shape, true),
        });
        kinds.insert(kind.word().into(), records);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Medward security file",
        "type": "object",
        "properties": kinds,
        "additionalProperties": false,
    })
}

fn table(shape: &TableShape, is_record: bool) -> Value {
    let mut properties = Map::new();
    for field in &shape.fields {
        let mut value = of(&field.shape);
        if let Value::Object(object) = &mut value {
            object.insert("description".into(), field.doc.trim().into());
        }
        properties.insert(field.name.into(), value);
    }
    if is_record {
        let text = json!({"type": "string"});
        properties.insert(
            "note".into(),
            json!({"type": "string", "description": "A remark without meaning for the check."}),
        );
        properties.insert(
            "reviewed".into(),
            json!({"type": "object", "additionalProperties": text,
                "description": "Fingerprints of linked records at the time of review, by id; written by `medward review`."}),
        );
    }
    let required: Vec<_> =
        shape.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    json!({
        "type": "object",
        "description": shape.doc.trim(),
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn of(shape: &Shape) -> Value {
    match shape {
        Shape::Text => json!({"type": "string"}),
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Number => json!({"type": "integer"}),
        Shape::Date => json!({"type": "string", "format": "date"}),
        Shape::Words(words) => json!({"enum": words.iter().map(|(word, _)| *word).collect::<Vec<_>>()}),
        Shape::Link(kinds) => {
            let kinds: Vec<_> = kinds.iter().map(|kind| kind.word()).collect();
            json!({"type": "string", "x-links-to": kinds})
        }
        Shape::List(item) => json!({"type": "array", "items": of(item)}),
        Shape::Table(of_table) => table(&of_table(), false),
        Shape::Map(value) => json!({"type": "object", "additionalProperties": of(value)}),
        Shape::Either(shapes) => json!({"anyOf": shapes.iter().map(of).collect::<Vec<_>>()}),
    }
}
