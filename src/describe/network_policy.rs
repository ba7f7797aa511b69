//! Network policies, said as what they let through.

use super::context::Context;
use super::fields::{Fields, first_of};
use super::inked::{Inked, dim, or_none};
use super::meta;
use super::page::Page;
use super::selector;
use super::when::moment;
use crate::model::document::Ink;
use serde_json::Value;

/// A network policy.
pub(super) fn describe(cx: &Context, page: &mut Page) {
    let spec = cx.object.at("spec");
    meta::names(cx, page);
    page.field("Created on", moment(cx.object, "metadata.creationTimestamp", cx.now));
    meta::labels(cx, page);
    meta::owners(cx, page);
    let types = spec.texts("policyTypes");
    page.section("Spec", |page| {
        let pods = selector::text(spec.at("podSelector"));
        page.field(
            "PodSelector",
            match pods.as_str() {
                "" => dim("<none> (Allowing the specific traffic to all pods in this namespace)"),
                pods => pods.into(),
            },
        );
        for (kind, word, rules, peers, field) in
            [("Ingress", "ingress", "ingress", "From", "from"), ("Egress", "egress", "egress", "To", "to")]
        {
            if types.iter().any(|it| it == kind) {
                page.section(&format!("Allowing {word} traffic"), |page| {
                    allowed(page, spec.items(rules), word, peers, field);
                });
            } else {
                page.line(dim(format!("Not affecting {word} traffic")));
            }
        }
        page.field("Policy Types", or_none(types.join(", ")));
    });
}

fn allowed(page: &mut Page, rules: &[Value], word: &str, peers: &str, field: &str) {
    if rules.is_empty() {
        let text = format!("<none> (Selected pods are isolated for {word} connectivity)");
        page.line(Inked::new(text, Ink::Warn));
    }
    for (at, rule) in rules.iter().enumerate() {
        if at > 0 {
            page.line(dim("----------"));
        }
        if rule.items("ports").is_empty() {
            page.field("To Port", dim("<any> (traffic allowed to all ports)"));
        }
        for port in rule.items("ports") {
            let protocol = first_of(port.text("protocol"), "TCP");
            let number = port.scalar("port");
            match port.int("endPort") {
                Some(end) => page.field("To Port Range", format!("{number}-{end}/{protocol}")),
                None => page.field("To Port", format!("{}/{protocol}", first_of(&number, "<any>"))),
            }
        }
        if rule.items(field).is_empty() {
            let side = if peers == "From" { "source" } else { "destination" };
            page.field(peers, dim(format!("<any> (traffic not restricted by {side})")));
        }
        for peer in rule.items(field) {
            page.section(peers, |page| self::peer(page, peer));
        }
    }
}

fn peer(page: &mut Page, peer: &Value) {
    let all = |text: String, all: &str| if text.is_empty() { dim(all) } else { text.into() };
    if peer.has("namespaceSelector") {
        let text = selector::text(peer.at("namespaceSelector"));
        page.field("NamespaceSelector", all(text, "<none> (all namespaces)"));
    }
    if peer.has("podSelector") {
        page.field("PodSelector", all(selector::text(peer.at("podSelector")), "<none> (all pods)"));
    }
    if peer.has("ipBlock") {
        page.section("IPBlock", |page| {
            page.field("CIDR", peer.text("ipBlock.cidr"));
            page.field("Except", peer.texts("ipBlock.except").join(", "));
        });
    }
}
