//! People and roles, as the file says.

use super::View;
use crate::rights;
use crate::words;
use axum::response::Html;
use maud::html;

pub(crate) async fn show(view: View) -> Html<String> {
    let file = &view.snapshot.file;
    let accounts = view.gate.accounts.people().unwrap_or_default();
    let body = html! {
        section.card aria-labelledby="people" {
            h2 #people { "People" }
            @if file.people.is_empty() { p.calm { (words::PEOPLE_NONE) } }
            div.scroll tabindex="0" role="group" aria-labelledby="people" {
                table {
                    thead { tr { th scope="col" { "Person" } th scope="col" { "Roles" } th scope="col" { "Keys" } th scope="col" { "Account" } th scope="col" { "Until" } } }
                    tbody {
                        @for person in &file.people {
                            tr {
                                th scope="row" { (person.id()) }
                                td { @for role in &person.roles { span.item { (role.id()) } } }
                                td { (person.keys.len()) }
                                td { @if accounts.iter().any(|it| it == person.id()) { "yes" } @else { "no" } }
                                td { @if let Some(until) = &person.until { (until.value) } }
                            }
                        }
                    }
                }
            }
        }
        section.card aria-labelledby="roles" {
            h2 #roles { "Roles" }
            div.scroll tabindex="0" role="group" aria-labelledby="roles" {
                table {
                    thead { tr { th scope="col" { "Role" } th scope="col" { "Approves" } th scope="col" { "Held by" } } }
                    tbody {
                        @for role in &file.roles {
                            tr {
                                th scope="row" { span.id { (role.id()) } (**role.title) }
                                td { @for kind in &role.approves { span.item { (***kind) } } }
                                td { @for person in file.people.iter().filter(|person| person.roles.iter().any(|link| link.id() == role.id())) { span.item { (person.id()) } } }
                            }
                        }
                    }
                }
            }
        }
    };
    let body = html! {
        (body)
        section.card aria-labelledby="rights" {
            h2 #rights { "What the roles allow here" }
            p.hint { "By what a role answers for and approves in the file. What stands in no line is allowed to nobody; every refusal stands in the ledger." }
            div.scroll tabindex="0" role="group" aria-labelledby="rights" {
                table {
                    thead { tr { th scope="col" { "May" } @for role in &file.roles { th scope="col" { (role.id()) } } } }
                    tbody {
                        @for (right, words) in rights::all() {
                            tr {
                                th scope="row" { (words) }
                                @for role in &file.roles { td { @if rights::has(role, right) { span.yes aria-hidden="true" { "●" } span.unseen { "yes" } } @else { span.unseen { "no" } } } }
                            }
                        }
                    }
                }
            }
        }
    };
    view.page("/people", "People and roles", words::PEOPLE_LEAD, &body)
}
