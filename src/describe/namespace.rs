//! Namespaces: their quotas and limits.

use super::conditions;
use super::context::{Context, Looked};
use super::fields::Fields;
use super::inked::{Inked, dim};
use super::known;
use super::meta;
use super::page::Page;
use super::policy;
use super::want::By;
use crate::model::document::Ink;

/// A namespace.
pub(super) fn describe(cx: &Context, page: &mut Page) {
    let name = cx.object.text("metadata.name");
    page.field("Name", name);
    meta::labels(cx, page);
    let phase = cx.object.text("status.phase");
    page.field("Status", Inked::new(phase, if phase == "Active" { Ink::Good } else { Ink::Warn }));
    meta::created(cx, page);
    meta::finalizers(cx, page);
    let finalizers = cx.object.texts("spec.finalizers");
    if phase != "Active" && !finalizers.is_empty() {
        page.list("Spec Finalizers", finalizers.into_iter().map(Inked::from));
    }
    // What still stands in the way of a deletion is in these.
    conditions::table(cx, page, cx.object.items("status.conditions"), false);
    for condition in cx.object.items("status.conditions").iter().filter(|it| it.text("status") == "True") {
        conditions::say(cx, page, condition, Ink::Warn);
    }
    let of = |plural: &str| cx.ask(known::list("", "v1", plural, Some(name), By::All));
    quotas(page, of("resourcequotas"));
    limits(page, of("limitranges"));
}

fn quotas(page: &mut Page, looked: Looked) {
    if looked.objects().is_empty() {
        page.field("Resource Quotas", looked.lack().unwrap_or_else(|| dim("No resource quota.")));
        return;
    }
    page.section("Resource Quotas", |page| {
        let mut quotas: Vec<_> = looked.objects().iter().collect();
        quotas.sort_by_key(|quota| quota.text("metadata.name"));
        for quota in quotas {
            let name = quota.text("metadata.name");
            let link = known::reference("", "ResourceQuota", quota.text("metadata.namespace"), name);
            page.field("Name", Inked::from(name).to(link));
            page.within(|page| policy::quota_body(page, quota, name));
        }
        if let Some(lack) = looked.lack() {
            page.line(lack);
        }
    });
}

fn limits(page: &mut Page, looked: Looked) {
    if looked.objects().is_empty() {
        page.field("Resource Limits", looked.lack().unwrap_or_else(|| dim("No LimitRange resource.")));
        return;
    }
    page.section("Resource Limits", |page| {
        policy::limits_table(page, &looked.objects().iter().collect::<Vec<_>>());
        if let Some(lack) = looked.lack() {
            page.line(lack);
        }
    });
}
