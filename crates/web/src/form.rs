//! Forms: what one brings, and how its fields are drawn, with what was written and what is wrong beside it. All of them work without
//! script.

use crate::pages::View;
use crate::rights::{self, Right};
use crate::words;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use medward_acting::{ActError, when};
use zeroize::{Zeroize as _, Zeroizing};

/// Field of the passphrase of the signer's own key; never drawn again.
pub(crate) const PASSPHRASE: &str = "sign";
/// Field of the role that acts.
pub(crate) const ROLE: &str = "as";
/// Field that makes a form count once.
pub(crate) const ONCE: &str = "once";

/// What a form brings. Wiped when it is dropped: there may be a passphrase in it.
#[derive(Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Drop for Form {
    fn drop(&mut self) {
        for (_, value) in &mut self.0 {
            value.zeroize();
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let bytes = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        Ok(Self(form_urlencoded::parse(&bytes).into_owned().collect()))
    }
}

impl Form {
    /// The same without what must not be kept or drawn again.
    pub(crate) fn public(&self) -> Self {
        Self(self.0.iter().filter(|(name, _)| name != PASSPHRASE && name != "csrf").cloned().collect())
    }

    /// The text of a field, without spaces around it; empty where absent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    /// The text of a field that may be left out.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// The texts of a field that may be there several times, those with commas apart.
    pub(crate) fn several(&self, name: &str) -> Vec<String> {
        let texts = self.0.iter().filter(|(known, _)| known == name).flat_map(|(_, value)| value.split(','));
        texts.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }

    /// The names of the fields that begin in some way, with their texts.
    pub(crate) fn beginning<'f>(&'f self, begin: &'f str) -> impl Iterator<Item = (&'f str, &'f str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(begin)?, value.trim())))
    }

    /// A point in time, where one is given.
    pub(crate) fn when(&self, name: &'static str) -> Result<Option<jiff::Timestamp>, ActError> {
        self.given(name).map(when).transpose().map_err(|reason| ActError::of(name, reason))
    }

    /// A point in time that has to be given.
    pub(crate) fn needed(&self, name: &'static str) -> Result<jiff::Timestamp, ActError> {
        self.when(name)?.ok_or_else(|| ActError::of(name, words::DAY_NEEDED))
    }

    /// The passphrase of a key, as written.
    pub(crate) fn passphrase(&self) -> Zeroizing<String> {
        let found = self.0.iter().find(|(known, _)| known == PASSPHRASE);
        Zeroizing::new(found.map_or_else(String::new, |(_, value)| value.clone()))
    }
}

/// Why a form changed nothing.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) field: &'static str,
    pub(crate) reason: String,
    /// Whether it lies with this machine, not with what was asked.
    pub(crate) is_ours: bool,
}

impl From<ActError> for Wrong {
    fn from(error: ActError) -> Self {
        let is_ours = error.is_of_system();
        Self { field: error.field(), reason: error.to_string(), is_ours }
    }
}

impl Wrong {
    pub(crate) fn new(field: &'static str, reason: impl Into<String>) -> Self {
        Self { field, reason: reason.into(), is_ours: false }
    }

    /// Nothing is wrong with what was asked.
    pub(crate) fn ours(reason: impl Into<String>) -> Self {
        Self { is_ours: true, ..Self::new("", reason) }
    }
}

/// A form that came back: where it was sent, what it brought, what is wrong.
pub(crate) struct Back {
    pub(crate) to: &'static str,
    pub(crate) form: Form,
    pub(crate) wrong: Wrong,
}

/// Says which roles do what those of the person do not.
pub(crate) fn not_yours(view: &View, right: Right) -> Markup {
    let holders = rights::holders(&view.snapshot.file, right);
    html! {
        p.calm {
            (words::NOT_YOURS) " "
            @if holders.is_empty() { "No role of the file may " (rights::words(right)) "." }
            @else { "These may " (rights::words(right)) ": " (holders.join(", ")) ". " a href="/people" { "Who holds them" } }
        }
    }
}

/// Draws the fields of one form.
pub(crate) struct Fields<'v> {
    view: &'v View,
    to: &'static str,
    back: Option<&'v Back>,
}

/// What a field is called, how it is asked for, and what helps.
pub(crate) struct Ask<'a> {
    pub(crate) name: &'static str,
    pub(crate) label: &'a str,
    pub(crate) hint: &'a str,
    pub(crate) needed: bool,
}

/// A field that has to be filled.
pub(crate) const fn needed<'a>(name: &'static str, label: &'a str, hint: &'a str) -> Ask<'a> {
    Ask { name, label, hint, needed: true }
}

/// A field that may be left empty.
pub(crate) const fn may<'a>(name: &'static str, label: &'a str, hint: &'a str) -> Ask<'a> {
    Ask { name, label, hint, needed: false }
}

impl<'v> Fields<'v> {
    /// The fields of the form that is sent to a path; filled again where it came back.
    pub(crate) fn of(view: &'v View, to: &'static str, back: Option<&'v Back>) -> Self {
        Self { view, to, back: back.filter(|back| back.to == to) }
    }

    /// What was written into a field before.
    fn before(&self, name: &str) -> &str {
        self.back.map_or("", |back| back.form.text(name))
    }

    fn wrong(&self, name: &str) -> Option<&str> {
        self.back.filter(|back| back.wrong.field == name).map(|back| back.wrong.reason.as_str())
    }

    /// A label around a control, the hint before and what is wrong after it.
    fn labelled(&self, ask: &Ask<'_>, control: &Markup) -> Markup {
        html! {
            label.field {
                span { (ask.label) @if !ask.needed { " " span.hint { "if any" } } }
                @if !ask.hint.is_empty() { span.hint { (ask.hint) } }
                (control)
                (self.said(ask.name))
            }
        }
    }

    /// What is wrong with a field.
    fn said(&self, name: &str) -> Markup {
        html! { @if let Some(reason) = self.wrong(name) { span.wrong role="alert" { (reason) } } }
    }

    /// A line of text.
    pub(crate) fn text(&self, ask: &Ask<'_>) -> Markup {
        self.input(ask, "text")
    }

    /// A line of text of a kind.
    fn input(&self, ask: &Ask<'_>, kind: &str) -> Markup {
        let is_wrong = self.wrong(ask.name).map(|_| "true");
        let control = html! {
            input type=(kind) name=(ask.name) value=(self.before(ask.name)) required[ask.needed] maxlength="500" aria-invalid=[is_wrong];
        };
        self.labelled(ask, &control)
    }

    /// A day.
    pub(crate) fn day(&self, ask: &Ask<'_>) -> Markup {
        self.input(ask, "date")
    }

    /// A point in time, to the minute.
    pub(crate) fn moment(&self, ask: &Ask<'_>) -> Markup {
        self.input(ask, "datetime-local")
    }

    /// Several lines of text.
    pub(crate) fn area(&self, ask: &Ask<'_>, longest: usize) -> Markup {
        let is_wrong = self.wrong(ask.name).map(|_| "true");
        let control = html! {
            textarea name=(ask.name) rows="3" required[ask.needed] maxlength=(longest) aria-invalid=[is_wrong] { (self.before(ask.name)) }
        };
        self.labelled(ask, &control)
    }

    /// One of several: value and words.
    pub(crate) fn choice(&self, ask: &Ask<'_>, choices: &[(String, String)]) -> Markup {
        let before = self.before(ask.name);
        let control = html! {
            select name=(ask.name) required[ask.needed] {
                @if !ask.needed { option value="" { "–" } }
                @for (value, shown) in choices {
                    option value=(value) selected[value == before] { (shown) }
                }
            }
        };
        self.labelled(ask, &control)
    }

    /// The form itself: hidden fields, what is wrong with it as a whole, its fields, its button.
    pub(crate) fn form(&self, fields: &Markup, button: &str) -> Markup {
        let whole = self.back.filter(|_| !fields.0.contains("class=\"wrong\""));
        html! {
            form.fields method="post" action=(self.to) {
                input type="hidden" name="csrf" value=(self.view.reader.csrf);
                input type="hidden" name=(ONCE) value=(crate::session::random().unwrap_or_default());
                @if let Some(back) = whole { p.alert role="alert" { (back.wrong.reason) } }
                (fields)
                div.row { button { (button) } }
            }
        }
    }

    /// A form that is signed: the role that acts and the passphrase of the person's key. Where somebody cannot sign here, it says why,
    /// and how it is done instead.
    pub(crate) fn signed(&self, right: Right, fields: &Markup, button: &str, by_hand: &str) -> Markup {
        let file = &self.view.snapshot.file;
        let roles = rights::by(file, &self.view.reader.person, right);
        if roles.is_empty() {
            return not_yours(self.view, right);
        }
        if let Some(reason) = self.view.gate.desk.cannot_sign(&self.view.reader.person) {
            return html! { p.hint { (reason) } pre { code { (by_hand) } } };
        }
        let roles: Vec<_> = roles.iter().map(|role| (role.id().to_owned(), role.title.to_string())).collect();
        let whole = html! {
            (fields)
            div.signed {
                @match &roles[..] {
                    [(id, title)] => { input type="hidden" name=(ROLE) value=(id); p.hint { "As " (title) (self.said(ROLE)) } },
                    _ => (self.choice(&needed(ROLE, "As", ""), &roles)),
                }
                label.field {
                    span { "Passphrase of your key" }
                    input type="password" name=(PASSPHRASE) required maxlength="1024" autocomplete="off";
                    (self.said(PASSPHRASE))
                }
            }
        };
        self.form(&whole, button)
    }
}
