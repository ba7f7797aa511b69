//! Config maps, secrets and service accounts.

use super::context::{Context, Need};
use super::fields::Fields;
use super::inked::{Inked, dim, grouped, more, none};
use super::known;
use super::meta;
use super::page::Page;
use super::want::By;
use crate::model::document::Ink;
use crate::text::catalog::Text;
use serde_json::Value;

/// The most lines of a config map's values together.
const MOST_LINES: usize = 20_000;
/// Names the account of a token secret.
const ACCOUNT: &str = "kubernetes.io/service-account.name";

/// A config map: its texts whole, its bytes counted.
pub(super) fn config_map(cx: &Context, page: &mut Page) {
    meta::head(cx, page);
    meta::owners(cx, page);
    if cx.object.has("immutable") {
        page.field("Immutable", Inked::new(cx.object.scalar("immutable"), Ink::Word));
    }
    page.gap();
    page.head("Data");
    let data = cx.object.entries("data");
    if data.is_empty() {
        page.within(|page| page.line(none()));
    }
    let mut left = MOST_LINES;
    for (key, value) in data {
        let text = value.scalar("");
        page.within(|page| {
            let size = Inked::new(format!(" {}", bytes(text.len())), Ink::Dim);
            page.line(Inked::new(key, Ink::Key).and(":", Ink::Punctuation).with(size));
            page.within(|page| {
                let lines: Vec<_> = text.trim_end_matches('\n').split('\n').collect();
                let shown = lines.len().min(left);
                left -= shown;
                lines.iter().take(shown).for_each(|line| page.line(keep_indent(line)));
                if shown < lines.len() {
                    page.line(more(lines.len() - shown));
                }
            });
        });
    }
    page.gap();
    page.head("BinaryData");
    let binary = cx.object.entries("binaryData");
    page.within(|page| {
        if binary.is_empty() {
            page.line(none());
        }
        for (key, value) in binary {
            page.field(key, size(value));
        }
    });
    page.gap();
}

/// A line of a text with its tabs as spaces, so that it keeps its shape.
fn keep_indent(line: &str) -> Inked {
    Inked::from(line.replace('\t', "    "))
}

/// How many bytes a base64 text stands for.
fn decoded_len(text: &str) -> usize {
    let digits = text.bytes().filter(|byte| !matches!(byte, b'=' | b'\n' | b'\r')).count();
    digits * 3 / 4
}

fn bytes(count: usize) -> String {
    let count = grouped(count);
    if count == "1" { Text::AboutByte.get().to_owned() } else { Text::AboutBytes.with(&[&count]) }
}

fn size(value: &Value) -> Inked {
    Inked::new(bytes(decoded_len(value.as_str().unwrap_or_default())), Ink::Number)
}

/// A secret: sizes, never a value.
pub(super) fn secret(cx: &Context, page: &mut Page) {
    let secret = cx.object;
    meta::head(cx, page);
    meta::owners(cx, page);
    page.field("Type", secret.text("type"));
    if secret.has("immutable") {
        page.field("Immutable", Inked::new(secret.scalar("immutable"), Ink::Word));
    }
    let account = secret.at("metadata.annotations").get(ACCOUNT).and_then(Value::as_str).unwrap_or_default();
    if !account.is_empty() {
        let account = cx.named(page, "ServiceAccount", account, Need::Required);
        page.field("Service Account", account);
    }
    page.gap();
    page.head("Data");
    page.within(|page| {
        let data = secret.entries("data");
        if data.is_empty() {
            page.line(none());
        }
        for (key, value) in data {
            page.field(key, size(value));
        }
    });
}

/// A service account: its secrets, and what is bound to it.
pub(super) fn service_account(cx: &Context, page: &mut Page) {
    let account = cx.object;
    meta::head(cx, page);
    meta::owners(cx, page);
    for (key, path) in [("Image pull secrets", "imagePullSecrets"), ("Mountable secrets", "secrets")] {
        let names = account.items(path).iter().map(|it| it.text("name"));
        let lines: Vec<_> = names.map(|name| cx.named(page, "Secret", name, Need::Wished)).collect();
        page.list(key, lines);
    }
    if account.has("automountServiceAccountToken") {
        page.field("Automount Token", Inked::new(account.scalar("automountServiceAccountToken"), Ink::Word));
    }
    tokens(cx, page);
    bindings(cx, page);
}

/// Secrets that hold tokens of the account.
fn tokens(cx: &Context, page: &mut Page) {
    let mut want = known::list(
        "",
        "v1",
        "secrets",
        Some(cx.namespace()),
        By::Fields("type=kubernetes.io/service-account-token".to_owned()),
    );
    want.heads = true;
    let looked = cx.ask(want);
    let name = cx.object.text("metadata.name");
    let is_ours =
        |secret: &&Value| secret.at("metadata.annotations").get(ACCOUNT).and_then(Value::as_str) == Some(name);
    let names = looked.objects().iter().filter(is_ours).map(|secret| secret.text("metadata.name"));
    let mut lines: Vec<_> =
        names.map(|name| Inked::from(name).to(known::reference("", "Secret", cx.namespace(), name))).collect();
    lines.extend(looked.lack());
    page.list("Tokens", lines);
}

/// Role bindings of the namespace and cluster role bindings that name the account or a group that it is in.
fn bindings(cx: &Context, page: &mut Page) {
    const GROUP: &str = "rbac.authorization.k8s.io";
    let here = cx.ask(known::list(GROUP, "v1", "rolebindings", Some(cx.namespace()), By::All));
    let everywhere = cx.ask(known::list(GROUP, "v1", "clusterrolebindings", None, By::All));
    let mut lines = Vec::new();
    for (looked, kind) in [(here, "RoleBinding"), (everywhere, "ClusterRoleBinding")] {
        for binding in looked.objects().iter().filter(|binding| names_account(cx, binding)) {
            let name = binding.text("metadata.name");
            let role = binding.at("roleRef");
            let namespace = if kind == "RoleBinding" { cx.namespace() } else { "" };
            lines.push(
                Inked::from(format!("{kind}/{name}"))
                    .and(" to ", Ink::Dim)
                    .and(format!("{}/{}", role.text("kind"), role.text("name")), Ink::Text)
                    .to(known::reference(GROUP, kind, namespace, name)),
            );
        }
        if let Some(lack) = looked.lack() {
            lines.push(dim(format!("{kind}: ")).with(lack));
        }
    }
    page.list("Bindings", lines);
}

fn names_account(cx: &Context, binding: &Value) -> bool {
    let (namespace, name) = (cx.namespace(), cx.object.text("metadata.name"));
    binding.items("subjects").iter().any(|subject| match subject.text("kind") {
        "ServiceAccount" => {
            let of = super::fields::first_of(subject.text("namespace"), binding.text("metadata.namespace"));
            subject.text("name") == name && of == namespace
        }
        "Group" => {
            let group = subject.text("name");
            group == "system:serviceaccounts"
                || group.strip_prefix("system:serviceaccounts:").is_some_and(|of| of == namespace)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_what_base64_stands_for() {
        assert_eq!(["", "YQ==", "YWI=", "YWJj", "YWJjZA"].map(decoded_len), [0, 1, 2, 3, 4]);
        assert_eq!([bytes(1), bytes(0), bytes(12_345)], ["1 byte", "0 bytes", "12 345 bytes"]);
    }
}
