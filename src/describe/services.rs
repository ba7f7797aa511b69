//! Services, endpoints and endpoint slices.

use super::context::{Context, Looked, Need};
use super::fields::{Fields, count, first_of};
use super::inked::{Inked, more, none, number, or_none, unset};
use super::known;
use super::meta::{self, commas};
use super::page::Page;
use super::selector;
use super::want::By;
use crate::model::document::Ink;
use crate::text::catalog::Text;
use serde_json::Value;

/// The label that names a slice's service.
pub(super) const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// The most addresses on one line.
const SHOWN: usize = 6;

/// A service.
pub(super) fn service(cx: &Context, page: &mut Page) {
    let (spec, name) = (cx.object.at("spec"), cx.object.text("metadata.name"));
    meta::head(cx, page);
    meta::owners(cx, page);
    meta::finalizers(cx, page);
    page.field("Selector", or_none(selector::of_map(spec.at("selector"))));
    page.field("Type", spec.text("type"));
    page.field_if("IP Family Policy", spec.text("ipFamilyPolicy"));
    page.field("IP Families", commas(&spec.texts("ipFamilies")));
    page.field("IP", or_none(spec.text("clusterIP")));
    page.field("IPs", commas(&spec.texts("clusterIPs")));
    if !spec.items("externalIPs").is_empty() {
        page.field("External IPs", commas(&spec.texts("externalIPs")));
    }
    page.field_if("Desired LoadBalancer IP", spec.text("loadBalancerIP"));
    page.field_if("External Name", spec.text("externalName"));
    page.field_if("LoadBalancer Class", spec.text("loadBalancerClass"));
    let balancer = ingress_points(cx.object.items("status.loadBalancer.ingress"));
    page.field_if("LoadBalancer Ingress", balancer.as_str());
    if spec.text("type") == "LoadBalancer" && balancer.is_empty() {
        page.warn(Inked::new(Text::AboutNoBalancer.get(), Ink::Warn));
    }
    let slices = slices(cx, name);
    ports(page, spec, slices);
    page.field("Session Affinity", spec.text("sessionAffinity"));
    page.field_if("External Traffic Policy", spec.text("externalTrafficPolicy"));
    page.field_if("Internal Traffic Policy", spec.text("internalTrafficPolicy"));
    if count(spec, "healthCheckNodePort") != 0 {
        page.field("HealthCheck NodePort", number(count(spec, "healthCheckNodePort")));
    }
    if !spec.items("loadBalancerSourceRanges").is_empty() {
        page.field("LoadBalancer Source Ranges", commas(&spec.texts("loadBalancerSourceRanges")));
    }
    page.field_if("Traffic Distribution", spec.text("trafficDistribution"));
    if spec.flag("publishNotReadyAddresses") {
        page.field("Publish Not Ready Addresses", Inked::new("true", Ink::Word));
    }
    endpoints_table(cx, page, spec, slices);
    super::conditions::section(cx, page);
}

/// The slices of a service.
pub(super) fn slices<'a>(cx: &Context<'a>, service: &str) -> Looked<'a> {
    let by = By::Labels(format!("{SERVICE_NAME}={service}"));
    cx.ask(known::list("discovery.k8s.io", "v1", "endpointslices", Some(cx.namespace()), by))
}

fn ports(page: &mut Page, spec: &Value, slices: Looked) {
    for port in spec.items("ports") {
        let name = first_of(port.text("name"), "<unset>");
        let protocol = first_of(port.text("protocol"), "TCP");
        let value = |path: &str| Inked::new(format!("{}/{protocol}", port.scalar(path)), Ink::Number);
        page.field("Port", Inked::from(format!("{name}  ")).with(value("port")));
        page.field("TargetPort", value(if port.has("targetPort") { "targetPort" } else { "port" }));
        page.field_if("AppProtocol", port.text("appProtocol"));
        if count(port, "nodePort") != 0 {
            page.field("NodePort", Inked::from(format!("{name}  ")).with(value("nodePort")));
        }
        page.field("Endpoints", addresses(slices, Some(port.text("name"))));
    }
}

/// Ready addresses of slices with the port of this name: `10.0.0.1:80,10.0.0.2:80 + 3 more…`.
pub(super) fn addresses(slices: Looked, port_name: Option<&str>) -> Inked {
    if let (Some(lack), true) = (slices.lack(), slices.objects().is_empty()) {
        return lack;
    }
    let mut ready = Vec::new();
    let mut waiting = 0usize;
    for slice in slices.objects() {
        let ports = slice.items("ports");
        let fits = |port: &&Value| port_name.is_none_or(|name| port.text("name") == name);
        let port = ports.iter().find(fits).map(|port| port.scalar("port"));
        if port.is_none() && !ports.is_empty() {
            continue;
        }
        for endpoint in slice.items("endpoints") {
            let address = endpoint.items("addresses").first().map(|it| it.scalar("")).unwrap_or_default();
            if endpoint.at("conditions.ready").as_bool() == Some(false) {
                waiting += 1;
                continue;
            }
            let address = if address.contains(':') { format!("[{address}]") } else { address };
            ready.push(port.as_ref().map_or(address.clone(), |port| format!("{address}:{port}")));
        }
    }
    let mut inked = if ready.is_empty() {
        Inked::new("<none>", if waiting > 0 { Ink::Bad } else { Ink::Dim })
    } else {
        Inked::from(ready.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(","))
    };
    if ready.len() > SHOWN {
        inked = inked.and(format!(" + {} more…", ready.len() - SHOWN), Ink::Dim);
    }
    if waiting > 0 {
        inked = inked.and(format!(" ({})", Text::AboutSoManyNotReady.with(&[&waiting.to_string()])), Ink::Warn);
    }
    inked
}

/// Every address with what stands behind it.
fn endpoints_table(cx: &Context, page: &mut Page, spec: &Value, slices: Looked) {
    let all = || slices.objects().iter().flat_map(|slice| slice.items("endpoints"));
    let count = all().count();
    let selects = !spec.entries("selector").is_empty();
    if count == 0 {
        if selects && matches!(slices, Looked::Found(_, false)) {
            page.bad(Inked::new(Text::AboutNoEndpoints.get(), Ink::Bad));
        }
        return;
    }
    let is_ready = |endpoint: &Value| endpoint.at("conditions.ready").as_bool() != Some(false);
    if !all().any(is_ready) {
        page.bad(Inked::new(Text::AboutNoReadyEndpoints.get(), Ink::Bad));
    }
    page.section("Addresses", |page| {
        let rows = all().map(|endpoint| endpoint_row(cx, endpoint));
        page.table_of(&["ADDRESS", "STATE", "TARGET", "NODE", "ZONE"], count, rows);
        if let Some(lack) = slices.lack() {
            page.line(lack);
        }
    });
}

fn endpoint_row(cx: &Context, endpoint: &Value) -> Vec<Inked> {
    let conditions = endpoint.at("conditions");
    let state = if conditions.flag("terminating") {
        Inked::new("terminating", Ink::Warn)
    } else if conditions.at("ready").as_bool() == Some(false) {
        Inked::new("not ready", Ink::Bad)
    } else {
        Inked::new("ready", Ink::Good)
    };
    let target = endpoint.at("targetRef");
    let (kind, name) = (target.text("kind"), target.text("name"));
    let target = match name {
        "" => none(),
        name => Inked::from(format!("{kind}/{name}")).to(known::reference("", kind, cx.namespace(), name)),
    };
    vec![
        commas(&endpoint.texts("addresses")),
        state,
        target,
        or_none(endpoint.text("nodeName")),
        or_none(endpoint.text("zone")),
    ]
}

/// `10.1.2.3 (VIP), lb.example.org`.
pub(super) fn ingress_points(points: &[Value]) -> String {
    let text = |point: &Value| match (point.text("ip"), point.text("ipMode")) {
        ("", _) => point.text("hostname").to_owned(),
        (ip, "") => ip.to_owned(),
        (ip, mode) => format!("{ip} ({mode})"),
    };
    points.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// Endpoints.
pub(super) fn endpoints(cx: &Context, page: &mut Page) {
    meta::head(cx, page);
    meta::owners(cx, page);
    let service = cx.named(page, "Service", cx.object.text("metadata.name"), Need::Wished);
    page.field("Service", service);
    page.head("Subsets");
    for subset in cx.object.items("subsets") {
        page.within(|page| {
            let texts = |path: &str| subset.items(path).iter().map(|it| it.text("ip").to_owned()).collect::<Vec<_>>();
            page.field("Addresses", commas(&texts("addresses")));
            let waiting = texts("notReadyAddresses");
            let ink = if waiting.is_empty() { Ink::Dim } else { Ink::Warn };
            page.field("NotReadyAddresses", Inked::new(first_of(&waiting.join(", "), "<none>"), ink));
            port_table(page, subset.items("ports"));
        });
        page.gap();
    }
}

fn port_table(page: &mut Page, ports: &[Value]) {
    if ports.is_empty() {
        page.field("Ports", unset());
        return;
    }
    let row = |port: &Value| {
        vec![
            Inked::from(first_of(port.text("name"), "<unset>")),
            Inked::new(first_of(&port.scalar("port"), "<unset>"), Ink::Number),
            first_of(port.text("protocol"), "TCP").into(),
            port.text("appProtocol").into(),
        ]
    };
    page.section("Ports", |page| {
        page.table(&["NAME", "PORT", "PROTOCOL", "APP PROTOCOL"], ports.iter().map(row).collect());
    });
}

/// An endpoint slice.
pub(super) fn endpoint_slice(cx: &Context, page: &mut Page) {
    meta::head(cx, page);
    meta::owners(cx, page);
    let service = cx.object.at("metadata.labels").get(SERVICE_NAME).map(|it| it.scalar("")).unwrap_or_default();
    if !service.is_empty() {
        let service = cx.named(page, "Service", &service, Need::Wished);
        page.field("Service", service);
    }
    page.field("AddressType", cx.object.text("addressType"));
    port_table(page, cx.object.items("ports"));
    let endpoints = cx.object.items("endpoints");
    if endpoints.is_empty() {
        page.field("Endpoints", none());
        return;
    }
    page.section("Endpoints", |page| {
        for endpoint in endpoints.iter().take(1000) {
            page.item(|page| slice_endpoint(cx, page, endpoint));
        }
        if endpoints.len() > 1000 {
            page.line(more(endpoints.len() - 1000));
        }
    });
}

fn slice_endpoint(cx: &Context, page: &mut Page, endpoint: &Value) {
    page.field("Addresses", commas(&endpoint.texts("addresses")));
    page.section("Conditions", |page| {
        for (key, path) in [("Ready", "ready"), ("Serving", "serving"), ("Terminating", "terminating")] {
            let Some(is) = endpoint.at("conditions").at(path).as_bool() else {
                if path == "ready" {
                    page.field(key, unset());
                }
                continue;
            };
            let ink = if is == (path == "terminating") { Ink::Warn } else { Ink::Good };
            page.field(key, Inked::new(is.to_string(), ink));
        }
    });
    page.field("Hostname", super::inked::or_unset(endpoint.text("hostname")));
    let target = endpoint.at("targetRef");
    let (kind, name) = (target.text("kind"), target.text("name"));
    if !name.is_empty() {
        let link = known::reference("", kind, first_of(target.text("namespace"), cx.namespace()), name);
        page.field("TargetRef", Inked::from(format!("{kind}/{name}")).to(link));
    }
    let node = endpoint.text("nodeName");
    page.field(
        "NodeName",
        if node.is_empty() { unset() } else { Inked::from(node).to(known::reference("", "Node", "", node)) },
    );
    page.field("Zone", super::inked::or_unset(endpoint.text("zone")));
    let hints: Vec<_> = endpoint.items("hints.forZones").iter().map(|it| it.text("name").to_owned()).collect();
    if !hints.is_empty() {
        page.field("Zone Hints", commas(&hints));
    }
}
