//! The pod template of a workload.

use super::{container, scheduling, volumes};
use crate::describe::context::{Context, Need};
use crate::describe::fields::Fields;
use crate::describe::inked::unset;
use crate::describe::known;
use crate::describe::meta;
use crate::describe::page::Page;
use serde_json::Value;

/// The section.
pub(in crate::describe) fn section(cx: &Context, page: &mut Page, template: &Value) {
    if template.is_null() {
        page.field("Pod Template", unset());
        return;
    }
    let spec = template.at("spec");
    page.section("Pod Template", |page| {
        meta::label_list(page, "Labels", template.at("metadata.labels"));
        if !template.entries("metadata.annotations").is_empty() {
            meta::annotations(page, template.at("metadata.annotations"));
        }
        if spec.has("serviceAccountName") {
            let account = cx.named(page, "ServiceAccount", spec.text("serviceAccountName"), Need::Required);
            page.field("Service Account", account);
        }
        if !spec.items("imagePullSecrets").is_empty() {
            let names: Vec<_> = spec.items("imagePullSecrets").iter().map(|it| it.text("name")).collect();
            let secrets: Vec<_> = names.into_iter().map(|name| cx.named(page, "Secret", name, Need::Wished)).collect();
            page.list("Image Pull Secrets", secrets);
        }
        if !spec.items("initContainers").is_empty() {
            container::section(cx, page, "Init Containers", spec.items("initContainers"), &[]);
        }
        container::section(cx, page, "Containers", spec.items("containers"), &[]);
        volumes::section(cx, page, spec.items("volumes"));
        if spec.has("priorityClassName") {
            let name = spec.text("priorityClassName");
            let class = known::reference("scheduling.k8s.io", "PriorityClass", "", name);
            let class = cx.refer(page, class, name, Need::Required);
            page.field("Priority Class Name", class);
        }
        scheduling::section(page, spec);
    });
}
