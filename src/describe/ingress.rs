//! Ingresses and ingress classes.

use super::context::{Context, Looked, Need};
use super::fields::{Fields, first_of};
use super::inked::{Inked, none, or_none};
use super::known;
use super::meta;
use super::page::Page;
use super::services::{SERVICE_NAME, addresses, ingress_points};
use super::want::By;
use crate::model::document::Ink;
use crate::text::catalog::Text;
use serde_json::Value;
use std::collections::BTreeSet;

/// More services than these are looked up in a list.
const FEW: usize = 6;
/// More names than these do not fit a query.
const MOST_NAMES: usize = 60;

/// What is known of the services behind an ingress.
struct Backends<'a> {
    services: Vec<(String, Looked<'a>)>,
    slices: Looked<'a>,
}

/// An ingress.
pub(super) fn ingress(cx: &Context, page: &mut Page) {
    let spec = cx.object.at("spec");
    meta::names(cx, page);
    meta::label_list(page, "Labels", cx.object.at("metadata.labels"));
    meta::owners(cx, page);
    page.field("Address", or_none(ingress_points(cx.object.items("status.loadBalancer.ingress"))));
    let class = spec.text("ingressClassName");
    let class = if class.is_empty() {
        none()
    } else {
        cx.refer(page, known::reference("networking.k8s.io", "IngressClass", "", class), class, Need::Required)
    };
    page.field("Ingress Class", class);
    let backends = backends(cx, spec);
    let default = match spec.at("defaultBackend") {
        Value::Null => Inked::new("<default>", Ink::Dim),
        backend => backend_text(cx, page, &backends, backend),
    };
    page.field("Default backend", default.clone());
    tls(cx, page, spec);
    page.section("Rules", |page| {
        let mut rows = Vec::new();
        for rule in spec.items("rules") {
            for path in rule.items("http.paths") {
                let backend = backend_text(cx, page, &backends, path.at("backend"));
                rows.push(vec![
                    Inked::new(first_of(rule.text("host"), "*"), Ink::Key),
                    first_of(path.text("path"), "/").into(),
                    Inked::new(path.text("pathType"), Ink::Dim),
                    backend,
                ]);
            }
        }
        if rows.is_empty() {
            rows.push(vec!["*".into(), "*".into(), Inked::default(), default]);
        }
        page.table(&["HOST", "PATH", "TYPE", "BACKENDS"], rows);
    });
    meta::annotations(page, cx.object.at("metadata.annotations"));
}

fn tls(cx: &Context, page: &mut Page, spec: &Value) {
    if spec.items("tls").is_empty() {
        return;
    }
    page.section("TLS", |page| {
        for tls in spec.items("tls") {
            let hosts = tls.texts("hosts").join(",");
            let line = match tls.text("secretName") {
                "" => format!("SNI routes {hosts}").into(),
                secret => {
                    let secret = cx.named(page, "Secret", secret, Need::Required);
                    secret.and(" terminates ", Ink::Dim).and(hosts, Ink::Text)
                }
            };
            page.line(line);
        }
    });
}

/// Asks for the services behind an ingress and for their slices, each at once.
fn backends<'a>(cx: &Context<'a>, spec: &Value) -> Backends<'a> {
    let rules = spec.items("rules").iter().flat_map(|rule| rule.items("http.paths")).map(|path| path.at("backend"));
    let names = rules.chain([spec.at("defaultBackend")]).map(|backend| backend.text("service.name").to_owned());
    let names: BTreeSet<_> = names.filter(|name| !name.is_empty()).collect();
    let few = names.len() <= FEW;
    let all = || cx.ask(known::list("", "v1", "services", Some(cx.namespace()), By::All));
    let all = (!few).then(all);
    let look = |name: &String| match all {
        Some(Looked::Found(services, more)) => {
            match services.iter().position(|service| service.text("metadata.name") == name) {
                Some(at) => services.get(at..=at).map_or(Looked::Missing, |found| Looked::Found(found, false)),
                None if more => Looked::Unasked,
                None => Looked::Missing,
            }
        }
        Some(other) => other,
        None => known::want_of(&known::reference("", "Service", cx.namespace(), name)).map_or(
            Looked::Missing,
            |mut want| {
                want.heads = false; // its ports are read
                cx.ask(want)
            },
        ),
    };
    let services = names.iter().map(|name| (name.clone(), look(name))).collect();
    let slices = if names.is_empty() {
        Looked::Found(&[], false)
    } else {
        let listed: Vec<_> = names.iter().take(MOST_NAMES).map(String::as_str).collect();
        let by = if names.len() > MOST_NAMES {
            By::All
        } else {
            By::Labels(format!("{SERVICE_NAME} in ({})", listed.join(",")))
        };
        cx.ask(known::list("discovery.k8s.io", "v1", "endpointslices", Some(cx.namespace()), by))
    };
    Backends { services, slices }
}

/// `web:80 (10.0.0.1:8080)`, or what is wrong with it.
fn backend_text(cx: &Context, page: &mut Page, backends: &Backends, backend: &Value) -> Inked {
    let resource = backend.at("resource");
    if !resource.is_null() {
        let (group, kind, name) = (resource.text("apiGroup"), resource.text("kind"), resource.text("name"));
        let shown = format!("APIGroup: {}, Kind: {kind}, Name: {name}", first_of(group, "<none>"));
        return cx.refer(page, known::reference(group, kind, cx.namespace(), name), shown, Need::Required);
    }
    let name = backend.text("service.name");
    if name.is_empty() {
        return none();
    }
    let port = match backend.scalar("service.port.number") {
        number if number.is_empty() => backend.text("service.port.name").to_owned(),
        number => number,
    };
    let reference = known::reference("", "Service", cx.namespace(), name);
    let inked = Inked::from(format!("{name}:{port}")).to(reference.clone());
    let looked = backends.services.iter().find(|(known, _)| known == name).map_or(Looked::Unasked, |(_, it)| *it);
    match looked {
        Looked::Missing => {
            let line = Inked::new(format!("Service {name}: "), Ink::Plain).and(Text::AboutMissing.get(), Ink::Bad);
            page.bad(line.to(reference));
            inked.and(format!(" {}", Text::AboutMissing), Ink::Bad)
        }
        Looked::Found([service, ..], _) => {
            let fits = |it: &&Value| it.scalar("port") == port || it.text("name") == port;
            match service.items("spec.ports").iter().find(fits) {
                None => {
                    let line = Text::AboutNoPort.with(&[name, &port]);
                    page.bad(Inked::new(&line, Ink::Bad).to(reference));
                    inked.and(format!(" {line}"), Ink::Bad)
                }
                Some(_) if service.text("spec.type") == "ExternalName" => {
                    inked.and(format!(" ({})", service.text("spec.externalName")), Ink::Dim)
                }
                Some(found) => endpoints(inked, backends.slices, name, found.text("name")),
            }
        }
        other => match other.lack() {
            Some(lack) => inked.and(" (", Ink::Dim).with(lack).and(")", Ink::Dim),
            None => inked,
        },
    }
}

fn endpoints(inked: Inked, slices: Looked, name: &str, port: &str) -> Inked {
    let of_service =
        |slice: &&Value| slice.at("metadata.labels").get(SERVICE_NAME).and_then(Value::as_str) == Some(name);
    let found: Vec<_> = slices.objects().iter().filter(of_service).cloned().collect();
    let text = match slices {
        Looked::Found(_, more) => addresses(Looked::Found(&found, more), Some(port)),
        other => addresses(other, Some(port)),
    };
    inked.and(" (", Ink::Dim).with(text).and(")", Ink::Dim)
}

/// An ingress class.
pub(super) fn class(cx: &Context, page: &mut Page) {
    meta::head(cx, page);
    let default = cx.object.at("metadata.annotations").get("ingressclass.kubernetes.io/is-default-class");
    if default.and_then(Value::as_str) == Some("true") {
        page.field("Default", Inked::new("true", Ink::Word));
    }
    page.field("Controller", cx.object.text("spec.controller"));
    let parameters = cx.object.at("spec.parameters");
    if !parameters.is_null() {
        page.section("Parameters", |page| {
            page.field_if("APIGroup", parameters.text("apiGroup"));
            page.field("Kind", parameters.text("kind"));
            let (group, kind, name) = (parameters.text("apiGroup"), parameters.text("kind"), parameters.text("name"));
            let reference = known::reference(group, kind, parameters.text("namespace"), name);
            let name = cx.refer(page, reference, name, Need::Required);
            page.field("Name", name);
            page.field_if("Namespace", parameters.text("namespace"));
        });
    }
}
