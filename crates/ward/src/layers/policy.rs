//! `policy`: Cedar decides who may do what; what no policy permits is refused, and policies that do not fit the schema are not loaded.

use super::Layer;
use crate::configuration::Configuration;
use crate::decision::{
    Asked, Door, HandedOut, Leaving, Moment, Refusal, Returning, Shown, Wanted, sender_by_title,
};
use crate::facts;
use crate::nodes::KnownSender;
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression, Schema, ValidationMode, Validator,
};
use medward_file::kinds::{WardLayer, WebIdentity};
use medward_sabotage::{Broken, is};
use medward_upper_layer::VERIFICATION;
use std::collections::{HashMap, HashSet};
use std::str::FromStr as _;

/// What policies can be about.
pub const SCHEMA: &str = include_str!("policy.cedarschema");

/// Why there are no policies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Not in the language, or not about what there is.
    #[error("the policies cannot be used: {0}")]
    Unusable(String),
    /// Something in the file that Cedar does not take.
    #[error("the senders cannot be made known to the policies: {0}")]
    Entities(String),
}

/// Policies, and who they are about.
#[derive(Debug, Clone)]
pub struct Policies {
    known: Vec<KnownSender>,
    authorizer: Authorizer,
    set: PolicySet,
    senders: Entities,
    schema: Schema,
    ward: EntityUid,
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, PolicyError> {
    let name = EntityTypeName::from_str(kind).map_err(|error| PolicyError::Entities(error.to_string()))?;
    Ok(EntityUid::from_type_name_and_id(name, EntityId::new(id)))
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

impl Policies {
    /// Reads policies and holds them against the schema; the senders come from the file.
    pub fn new(text_of_policies: &str, configuration: &Configuration) -> Result<Self, PolicyError> {
        let unusable = |error: &dyn std::fmt::Display| PolicyError::Unusable(error.to_string());
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).map_err(|error| unusable(&error))?;
        let policies = PolicySet::from_str(text_of_policies).map_err(|error| unusable(&error))?;
        let validated = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        if !validated.validation_passed() {
            let problems: Vec<_> = validated.validation_errors().map(ToString::to_string).collect();
            return Err(PolicyError::Unusable(problems.join("; ")));
        }
        let mut entities = Vec::new();
        for sender in &configuration.senders {
            let certificates = sender.certificates.iter().map(|digits| text(digits));
            let attributes = HashMap::from([
                ("record".to_owned(), text(&sender.id)),
                ("certificates".to_owned(), RestrictedExpression::new_set(certificates)),
                ("retrieves".to_owned(), RestrictedExpression::new_bool(sender.retrieves)),
                ("results".to_owned(), RestrictedExpression::new_bool(!sender.result_classes.is_empty())),
                ("tls_1_2".to_owned(), RestrictedExpression::new_bool(sender.may_use_tls_1_2)),
                ("web".to_owned(), text(sender.web.map_or("", WebIdentity::word))),
            ]);
            let of = uid("Sender", sender.title.as_str())?;
            let entity = Entity::new(of, attributes, HashSet::new());
            entities.push(entity.map_err(|error| PolicyError::Entities(error.to_string()))?);
        }
        for person in &configuration.people {
            let roles = RestrictedExpression::new_set(person.roles.iter().map(|role| text(role)));
            let attributes = HashMap::from([("roles".to_owned(), roles)]);
            let entity = Entity::new(uid("Person", &person.id)?, attributes, HashSet::new());
            entities.push(entity.map_err(|error| PolicyError::Entities(error.to_string()))?);
        }
        let senders = Entities::from_entities(entities, Some(&schema));
        let senders = senders.map_err(|error| PolicyError::Entities(error.to_string()))?;
        let ward = uid("Ward", &configuration.id)?;
        let known = configuration.senders.clone();
        Ok(Self { known, authorizer: Authorizer::new(), set: policies, senders, schema, ward })
    }

    fn permits(
        &self,
        principal: EntityUid,
        action: &str,
        resource: EntityUid,
        context: Vec<(String, RestrictedExpression)>,
    ) -> Result<bool, PolicyError> {
        let failed = |error: &dyn std::fmt::Display| PolicyError::Entities(error.to_string());
        let action = uid("Action", action)?;
        let context = Context::from_pairs(context).map_err(|error| failed(&error))?;
        let request = Request::new(principal, action, resource, context, Some(&self.schema));
        let request = request.map_err(|error| failed(&error))?;
        let answer = self.authorizer.is_authorized(&request, &self.set, &self.senders);
        // A policy that fails while it is read says nothing, and must not let anybody in by its silence.
        Ok(answer.decision() == Decision::Allow && answer.diagnostics().errors().next().is_none())
    }

    fn asked(&self, asked: &Asked, action: &str, resource: EntityUid) -> Result<bool, PolicyError> {
        let secured = asked.peer.secured.as_ref();
        let tls = secured.map_or("none", |secured| if secured.is_tls_1_3 { "1.3" } else { "1.2" });
        let own_network = sender_by_title(&self.known, &asked.calling)
            .is_some_and(|sender| sender.networks.iter().any(|network| network.contains(asked.peer.address)));
        let context = vec![
            ("own_network".to_owned(), RestrictedExpression::new_bool(own_network)),
            ("certificate".to_owned(), text(secured.map_or("", |secured| secured.fingerprint.as_str()))),
            ("tls".to_owned(), text(tls)),
            ("called".to_owned(), text(asked.called.as_str())),
            ("web".to_owned(), RestrictedExpression::new_bool(asked.peer.door == Door::Web)),
            ("token".to_owned(), text(asked.token.as_ref().map_or("", Shown::of))),
        ];
        self.permits(uid("Sender", asked.calling.as_str())?, action, resource, context)
    }

    fn leaving(&self, leaving: &Leaving<'_>) -> Result<bool, PolicyError> {
        let is_renamed = [facts::SOP_INSTANCE, facts::STUDY].iter().all(|tag| {
            let after = facts::uid(leaving.result, *tag);
            after.is_some() && after != facts::uid(leaving.original, *tag)
        });
        let context = vec![
            (
                "deidentified".to_owned(),
                RestrictedExpression::new_bool(facts::is_deidentified(leaving.result)),
            ),
            ("renamed".to_owned(), RestrictedExpression::new_bool(is_renamed)),
        ];
        let class = facts::uid(leaving.result, facts::SOP_CLASS);
        let class = uid("Class", class.as_ref().map_or("", AsRef::as_ref))?;
        self.permits(self.ward.clone(), "release", class, context)
    }

    fn handed_out(&self, handed: &HandedOut<'_>) -> Result<bool, PolicyError> {
        let is_deidentified = facts::is_deidentified(handed.object);
        let context = vec![
            ("deidentified".to_owned(), RestrictedExpression::new_bool(is_deidentified)),
            ("destination".to_owned(), text(handed.destination.unwrap_or_default())),
        ];
        let class = facts::uid(handed.object, facts::SOP_CLASS);
        let class = uid("Class", class.as_ref().map_or("", AsRef::as_ref))?;
        self.permits(uid("Sender", handed.asked.calling.as_str())?, "hand_out", class, context)
    }

    fn returning(&self, returning: &Returning<'_>) -> Result<bool, PolicyError> {
        let Some(sender) = self.known.iter().find(|sender| sender.id == returning.sender) else {
            return Ok(false);
        };
        let Returning { received, result, original, .. } = returning;
        let own_name = facts::uid(result, facts::SOP_INSTANCE) == facts::uid(received, facts::SOP_INSTANCE);
        let flag = |name: &str, value| (name.to_owned(), RestrictedExpression::new_bool(value));
        let context = vec![
            flag("answers", returning.strays == 0),
            flag("of_patient", facts::is_of(result, original)),
            flag("own_name", own_name),
        ];
        let class = facts::uid(result, facts::SOP_CLASS);
        let class = uid("Class", class.as_ref().map_or("", AsRef::as_ref))?;
        self.permits(uid("Sender", sender.title.as_str())?, "reidentify", class, context)
    }

    /// Whether a person may ask for an action in a role, with others who signed the same in theirs.
    pub(crate) fn person(
        &self,
        person: &str,
        action: &str,
        role: &str,
        others: &[&str],
    ) -> Result<bool, PolicyError> {
        let others = RestrictedExpression::new_set(others.iter().map(|role| text(role)));
        let context = vec![("role".to_owned(), text(role)), ("others".to_owned(), others)];
        self.permits(uid("Person", person)?, action, self.ward.clone(), context)
    }

    fn decide(&self, moment: &Moment<'_>) -> Result<bool, PolicyError> {
        match moment {
            Moment::Association(asked) => self.asked(asked, "associate", self.ward.clone()),
            Moment::Operation(asked, Wanted::Echo) => self.asked(asked, "echo", uid("Class", VERIFICATION)?),
            Moment::Operation(asked, Wanted::Store(class, _)) => {
                self.asked(asked, "store", uid("Class", class.as_str())?)
            }
            Moment::Operation(asked, Wanted::Find(model)) => {
                self.asked(asked, "find", uid("Class", model.as_str())?)
            }
            Moment::Operation(asked, Wanted::Get(model)) => {
                self.asked(asked, "get", uid("Class", model.as_str())?)
            }
            Moment::Operation(asked, Wanted::Move(model)) => {
                self.asked(asked, "move", uid("Class", model.as_str())?)
            }
            Moment::HandOut(handed) => self.handed_out(handed),
            Moment::Release(leaving) => self.leaving(leaving),
            Moment::Return(returning) => self.returning(returning),
            Moment::Connection(_) | Moment::Handshake(_) | Moment::Object(_) => Ok(true),
        }
    }
}

pub(super) struct Policy(pub(super) Policies);

impl Layer for Policy {
    fn layer(&self) -> WardLayer {
        WardLayer::Policy
    }

    fn decide(&self, moment: &Moment<'_>) -> Result<(), Refusal> {
        match self.0.decide(moment) {
            Ok(true) => Ok(()),
            Ok(false) if is(Broken::PolicyPermitsAll) => Ok(()),
            Ok(false) => Err(Refusal::new(self.layer(), "no-policy-permits-it")),
            Err(_) => Err(Refusal::new(self.layer(), "policies-cannot-tell")),
        }
    }
}
