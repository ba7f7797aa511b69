//! What extends the API server: definitions of kinds, API services, webhooks, and their like.

use super::conditions;
use super::context::{Context, Need};
use super::fields::{Fields, count, first_of};
use super::generic;
use super::inked::{Inked, dim, none, number, or_none};
use super::known;
use super::meta::{self, commas};
use super::page::Page;
use super::selector;
use super::when::{moment, stamp};
use crate::model::document::Ink;
use crate::text::catalog::Text;
use serde_json::Value;

/// A custom resource definition.
pub(super) fn definition(cx: &Context, page: &mut Page) {
    let (spec, status) = (cx.object.at("spec"), cx.object.at("status"));
    page.field("Name", cx.object.text("metadata.name"));
    meta::labels(cx, page);
    meta::created(cx, page);
    meta::finalizers(cx, page);
    meta::owners(cx, page);
    page.field("Group", spec.text("group"));
    page.field("Scope", spec.text("scope"));
    page.section("Names", |page| {
        let names = if status.has("acceptedNames.plural") { status.at("acceptedNames") } else { spec.at("names") };
        page.field("Kind", names.text("kind"));
        page.field("List Kind", names.text("listKind"));
        page.field("Plural", names.text("plural"));
        page.field("Singular", names.text("singular"));
        page.field("Short Names", commas(&names.texts("shortNames")));
        page.field("Categories", commas(&names.texts("categories")));
    });
    let conversion = spec.at("conversion");
    page.field("Conversion", first_of(conversion.text("strategy"), "None"));
    if conversion.has("webhook") {
        page.within(|page| client(cx, page, conversion.at("webhook.clientConfig")));
    }
    let stored = status.texts("storedVersions");
    page.field("Stored Versions", commas(&stored));
    page.section("Versions", |page| {
        page.table(&["NAME", "SERVED", "STORAGE", "SUBRESOURCES", "DEPRECATED", "FIELDS"], versions(spec));
    });
    for version in spec.items("versions") {
        let columns: Vec<_> = version.items("additionalPrinterColumns").iter().map(column_row).collect();
        if !columns.is_empty() {
            page.section(&format!("Printer Columns of {}", version.text("name")), |page| {
                page.table(&["NAME", "TYPE", "JSON PATH", "PRIORITY"], columns);
            });
        }
    }
    conditions::section(cx, page);
}

fn versions(spec: &Value) -> Vec<Vec<Inked>> {
    let word = |flag: bool| Inked::new(flag.to_string(), if flag { Ink::Good } else { Ink::Dim });
    let row = |version: &Value| {
        let subresources: Vec<_> = version.entries("subresources").into_iter().map(|(key, _)| key.to_owned()).collect();
        let deprecated = version.flag("deprecated");
        let warning = first_of(version.text("deprecationWarning"), "true");
        let fields = version.entries("schema.openAPIV3Schema.properties.spec.properties");
        vec![
            Inked::new(version.text("name"), Ink::Key),
            word(version.flag("served")),
            word(version.flag("storage")),
            commas(&subresources),
            if deprecated { Inked::new(warning, Ink::Warn) } else { dim("-") },
            dim(fields.into_iter().map(|(key, _)| key).collect::<Vec<_>>().join(" ")),
        ]
    };
    spec.items("versions").iter().map(row).collect()
}

fn column_row(column: &Value) -> Vec<Inked> {
    vec![
        Inked::new(column.text("name"), Ink::Key),
        column.text("type").into(),
        column.text("jsonPath").into(),
        number(count(column, "priority")),
    ]
}

/// Where a webhook or an API service is reached; whether that service is there.
fn client(cx: &Context, page: &mut Page, config: &Value) {
    let service = config.at("service");
    if service.is_null() {
        page.field("URL", or_none(config.text("url")));
    } else {
        let (namespace, name) = (service.text("namespace"), service.text("name"));
        let port = service.int("port").unwrap_or(443);
        let shown = format!("{namespace}/{name}:{port}{}", service.text("path"));
        let shown = cx.refer(page, known::reference("", "Service", namespace, name), shown, Need::Required);
        page.field("Service", shown);
    }
    let bundle = config.text("caBundle").len();
    page.field(
        "CA Bundle",
        if bundle == 0 { none() } else { dim(Text::AboutBytes.with(&[&(bundle * 3 / 4).to_string()])) },
    );
}

/// An API service.
pub(super) fn api_service(cx: &Context, page: &mut Page) {
    let spec = cx.object.at("spec");
    page.field("Name", cx.object.text("metadata.name"));
    meta::labels(cx, page);
    meta::created(cx, page);
    page.field("Group", or_none(spec.text("group")));
    page.field("Version", spec.text("version"));
    if spec.has("service") {
        client(cx, page, spec);
    } else {
        page.field("Service", "Local");
    }
    page.field("Group Priority Minimum", number(count(spec, "groupPriorityMinimum")));
    page.field("Version Priority", number(count(spec, "versionPriority")));
    if spec.flag("insecureSkipTLSVerify") {
        page.field("Insecure Skip TLS Verify", Inked::new("true", Ink::Warn));
    }
    conditions::section(cx, page);
}

/// A configuration of validating or mutating webhooks.
pub(super) fn webhooks(cx: &Context, page: &mut Page) {
    meta::head(cx, page);
    meta::created(cx, page);
    meta::owners(cx, page);
    page.section("Webhooks", |page| {
        for hook in cx.object.items("webhooks") {
            page.section(hook.text("name"), |page| webhook(cx, page, hook));
        }
    });
}

fn webhook(cx: &Context, page: &mut Page, hook: &Value) {
    client(cx, page, hook.at("clientConfig"));
    let policy = first_of(hook.text("failurePolicy"), "Fail");
    page.field("Failure Policy", policy);
    page.field("Match Policy", first_of(hook.text("matchPolicy"), "Equivalent"));
    page.field("Side Effects", hook.text("sideEffects"));
    page.field("Timeout", format!("{}s", hook.int("timeoutSeconds").unwrap_or(10)));
    page.field_if("Reinvocation Policy", hook.text("reinvocationPolicy"));
    let every = |text: String| if text.is_empty() { dim("<all>") } else { text.into() };
    page.field("Namespace Selector", every(selector::text(hook.at("namespaceSelector"))));
    page.field("Object Selector", every(selector::text(hook.at("objectSelector"))));
    let matches = hook.items("matchConditions");
    if !matches.is_empty() {
        page.section("Match Conditions", |page| {
            for it in matches {
                page.list(it.text("name"), it.text("expression").split('\n').map(Inked::from));
            }
        });
    }
    page.field("Review Versions", commas(&hook.texts("admissionReviewVersions")));
    page.section("Rules", |page| {
        page.table(&["OPERATIONS", "GROUPS", "VERSIONS", "RESOURCES", "SCOPE"], rules(hook.items("rules")));
    });
}

fn rules(rules: &[Value]) -> Vec<Vec<Inked>> {
    let row = |rule: &Value| {
        let groups: Vec<_> = rule.texts("apiGroups").iter().map(|it| first_of(it, "\"\"").to_owned()).collect();
        vec![
            commas(&rule.texts("operations")),
            commas(&groups),
            commas(&rule.texts("apiVersions")),
            commas(&rule.texts("resources")),
            first_of(rule.text("scope"), "*").into(),
        ]
    };
    rules.iter().map(row).collect()
}

/// A runtime class.
pub(super) fn runtime_class(cx: &Context, page: &mut Page) {
    page.field("Name", cx.object.text("metadata.name"));
    meta::labels(cx, page);
    meta::created(cx, page);
    page.field("Handler", cx.object.text("handler"));
    let overhead = cx.object.entries("overhead.podFixed");
    if !overhead.is_empty() {
        page.section("Overhead", |page| {
            for (name, it) in overhead {
                page.field(name, number(it.scalar("")));
            }
        });
    }
    if cx.object.has("scheduling") {
        page.section("Scheduling", |page| generic::outline(page, cx.object.at("scheduling")));
    }
}

/// An event, of either group.
pub(super) fn event(cx: &Context, page: &mut Page) {
    let it = cx.object;
    meta::names(cx, page);
    let warning = it.text("type") == "Warning";
    page.field("Type", Inked::new(it.text("type"), if warning { Ink::Warn } else { Ink::Text }));
    page.field("Reason", it.text("reason"));
    page.field_if("Action", it.text("action"));
    let message = first_of(it.text("message"), it.text("note"));
    page.list("Message", message.trim().lines().map(Inked::from));
    for (key, one, other) in [("Object", "involvedObject", "regarding"), ("Related", "related", "related")] {
        let object = if it.has(one) { it.at(one) } else { it.at(other) };
        if object.is_null() {
            continue;
        }
        let group = object.text("apiVersion").split_once('/').map_or("", |(group, _)| group);
        let (kind, name) = (object.text("kind"), object.text("name"));
        let mut reference = known::reference(group, kind, object.text("namespace"), name);
        reference.uid = crate::text::sanitize::sanitize(object.text("uid")).into_owned();
        let shown = cx.refer(page, reference, format!("{kind}/{name}"), Need::Optional);
        page.field(key, shown);
        page.within(|page| page.field_if("Field", object.text("fieldPath")));
    }
    let component =
        [it.text("source.component"), it.text("deprecatedSource.component"), it.text("reportingController")];
    let component = component.into_iter().find(|it| !it.is_empty()).unwrap_or(it.text("reportingComponent"));
    page.field("Reported By", or_none(component));
    page.field_if("Instance", first_of(it.text("reportingInstance"), it.text("source.host")));
    let seen = |paths: &[&str]| {
        let path = paths.iter().find(|path| stamp(it, path) != 0);
        path.map(|path| moment(it, path, cx.now))
    };
    if let Some(first) = seen(&["eventTime", "firstTimestamp", "deprecatedFirstTimestamp"]) {
        page.field("First Seen", first);
    }
    if let Some(last) = seen(&["series.lastObservedTime", "lastTimestamp", "deprecatedLastTimestamp", "eventTime"]) {
        page.field("Last Seen", last);
    }
    let count =
        [it.int("series.count"), it.int("count"), it.int("deprecatedCount")].into_iter().flatten().find(|it| *it > 0);
    page.field("Count", number(count.unwrap_or(1)));
    meta::labels(cx, page);
}

/// A range of service addresses.
pub(super) fn service_cidr(cx: &Context, page: &mut Page) {
    page.field("Name", cx.object.text("metadata.name"));
    meta::labels(cx, page);
    meta::finalizers(cx, page);
    page.field("CIDRs", commas(&cx.object.texts("spec.cidrs")));
    if !cx.object.items("status.conditions").is_empty() {
        page.head("Status");
    }
    conditions::section(cx, page);
}

/// An address that a service took.
pub(super) fn ip_address(cx: &Context, page: &mut Page) {
    page.field("Name", cx.object.text("metadata.name"));
    meta::labels(cx, page);
    let parent = cx.object.at("spec.parentRef");
    if !parent.is_null() {
        page.section("Parent Reference", |page| {
            page.field("Group", or_none(parent.text("group")));
            page.field("Resource", parent.text("resource"));
            page.field("Namespace", parent.text("namespace"));
            let name = parent.text("name");
            let shown = if parent.text("resource") == "services" && parent.text("group").is_empty() {
                let reference = known::reference("", "Service", parent.text("namespace"), name);
                cx.refer(page, reference, name, Need::Required)
            } else {
                name.into()
            };
            page.field("Name", shown);
        });
    }
}
