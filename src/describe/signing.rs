//! Certificate signing requests: what the request asks for, read out of its DER.

use super::conditions;
use super::context::Context;
use super::fields::Fields;
use super::inked::{Inked, dim};
use super::meta::{self, commas};
use super::page::Page;
use super::pkcs10::{self, Request};
use super::when::duration;
use crate::model::document::Ink;
use crate::text::catalog::Text;
use serde_json::Value;

/// A request.
pub(super) fn describe(cx: &Context, page: &mut Page) {
    let (spec, status) = (cx.object.at("spec"), cx.object.at("status"));
    page.field("Name", cx.object.text("metadata.name"));
    meta::labels(cx, page);
    meta::created(cx, page);
    page.field("Requesting User", spec.text("username"));
    if !spec.items("groups").is_empty() {
        page.field("Groups", commas(&spec.texts("groups")));
    }
    page.field_if("Signer", spec.text("signerName"));
    if let Some(seconds) = spec.int("expirationSeconds") {
        page.field("Requested Duration", duration(seconds));
    }
    page.field("Usages", commas(&spec.texts("usages")));
    let (text, ink) = state(status);
    page.field("Status", Inked::new(&text, ink));
    if text == "Pending" {
        page.warn(Inked::new(Text::AboutUnapproved.get(), Ink::Warn));
    }
    match pkcs10::read(spec.text("request")) {
        Some(request) => subject(page, &request),
        None => page.field("Subject", dim(Text::AboutNoRequest.get())),
    }
    conditions::table(cx, page, status.items("conditions"), false);
    for condition in status.items("conditions") {
        if matches!(condition.text("type"), "Denied" | "Failed") {
            conditions::say(cx, page, condition, Ink::Bad);
        }
    }
}

fn subject(page: &mut Page, request: &Request) {
    page.section("Subject", |page| {
        let all =
            |key: &str| request.subject.iter().filter(|it| it.0 == key).map(|it| it.1.clone()).collect::<Vec<_>>();
        page.field("Common Name", all("Common Name").join(", "));
        page.field("Serial Number", all("Serial Number").join(", "));
        for key in
            ["Organization", "Organizational Unit", "Country", "Locality", "Province", "StreetAddress", "PostalCode"]
        {
            let values = all(key);
            if !values.is_empty() {
                page.list(key, values.into_iter().map(Inked::from));
            }
        }
    });
    if request.names.is_empty() {
        return;
    }
    page.section("Subject Alternative Names", |page| {
        for key in ["DNS Names", "Email Addresses", "URIs", "IP Addresses"] {
            let values: Vec<_> = request.names.iter().filter(|it| it.0 == key).map(|it| Inked::from(&it.1)).collect();
            if !values.is_empty() {
                page.list(key, values);
            }
        }
    });
}

/// As kubectl says it: `Approved,Issued`.
fn state(status: &Value) -> (String, Ink) {
    let has = |kind: &str| status.items("conditions").iter().any(|it| it.text("type") == kind);
    let (mut text, mut ink) = match (has("Denied"), has("Approved")) {
        (true, _) => ("Denied".to_owned(), Ink::Bad),
        (false, true) => ("Approved".to_owned(), Ink::Good),
        (false, false) => ("Pending".to_owned(), Ink::Warn),
    };
    if has("Failed") {
        text.push_str(",Failed");
        ink = Ink::Bad;
    }
    if !status.text("certificate").is_empty() {
        text.push_str(",Issued");
    }
    (text, ink)
}
