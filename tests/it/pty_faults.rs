//! The cockpit while gateways fail: what it says of each cluster, one of each version, and that it comes back.

use crate::api::Api;
use crate::support::gateway::{End, Fault, Gateway, Manners};
use crate::support::pty::{PATIENCE, Pty, Shot, skylark};
use crate::support::rig::{Version, require_rig};
use crate::support::server::Server;
use serde_json::json;
use std::collections::BTreeSet;

/// A cluster of the fleet, and a namespace in it.
struct Member {
    api: Api,
    namespace: String,
    gateway: Gateway,
    /// How the fleet strip calls it.
    name: String,
}

fn member(version: Version) -> Member {
    let rig = Server::Real(version).still();
    let api = Api::new(rig.kubeconfig(), None);
    let namespace = api.namespace("cockpit");
    let gateway = Gateway::start(rig, Manners::default());
    Member { namespace, gateway, name: rig.context().to_owned(), api }
}

impl Member {
    fn path(&self) -> String {
        format!("/api/v1/namespaces/{}/pods", self.namespace)
    }

    fn create(&self, name: &str) {
        let spec = json!({"containers": [{"name": "a", "image": "i"}]});
        self.api.create(&self.path(), &json!({"metadata": {"name": name, "labels": {"of": "cockpit"}}, "spec": spec}));
    }

    fn truth(&self) -> BTreeSet<String> {
        let list = self.api.get(&self.path());
        let items = list["items"].as_array().expect("a list");
        items.iter().filter_map(|item| item["metadata"]["name"].as_str().map(str::to_owned)).collect()
    }

    fn shown(&self, shot: &Shot) -> BTreeSet<String> {
        let cells = |title| shot.column(title);
        let rows = cells("CLUSTER").into_iter().zip(cells("NAMESPACE").into_iter().zip(cells("NAME")));
        let ours = rows.filter(|(cluster, (namespace, _))| *cluster == self.name && *namespace == self.namespace);
        ours.map(|(_, (_, name))| name).collect()
    }

    /// Waits until the fleet strip says this word of it; `live` is said by the glyph alone.
    #[track_caller]
    fn becomes(&self, pty: &Pty, word: &str) -> Shot {
        pty.wait_within(PATIENCE, &format!("{} {word}", self.name), |shot| match word {
            "live" => shot.lines[0].contains(&format!("● {}", self.name)),
            _ => shot.lines[0].contains(&format!("{} {word}", self.name)),
        })
    }

    /// Waits until exactly what is in its namespace is on the screen, live.
    #[track_caller]
    fn shows_the_truth(&self, pty: &Pty) {
        let truth = self.truth();
        self.becomes(pty, "live");
        let what = format!("exactly {truth:?} of {}", self.name);
        pty.wait_within(PATIENCE, &what, |shot| self.shown(shot) == truth);
    }
}

#[test]
fn what_a_gateway_does_is_a_state_on_the_screen() {
    require_rig!();
    let members = Version::ALL.map(member);
    for (at, member) in members.iter().enumerate() {
        member.create(&format!("pod-{at}-a"));
        member.create(&format!("pod-{at}-b"));
    }
    let files: Vec<_> = members.iter().map(|member| member.gateway.kubeconfig().as_os_str()).collect();
    let options = skylark(&["--all-contexts", "pods"]).size(200, 50).env("KUBECONFIG", files.join(":".as_ref()));
    let mut pty = options.open();
    pty.type_keys("/cockpit<enter>");
    for member in &members {
        member.shows_the_truth(&pty);
    }

    let faults = [
        (Fault::TooMany(2), "throttled", "Too many requests"),
        (Fault::Status(401), "expired", "401"),
        (Fault::Html(200), "stale", "login page"),
        (Fault::Status(503), "stale", "503"),
    ];
    // One member is hurt, the other goes on; and the other way round.
    for (turn, (fault, word, reason)) in faults.into_iter().enumerate() {
        let (hurt, other) = (&members[turn % 2], &members[(turn + 1) % 2]);
        let before = hurt.truth();
        hurt.gateway.when(|_| true, fault);
        hurt.gateway.end(End::Close, |asked| asked.watches("pods"));
        let shot = hurt.becomes(&pty, word);
        assert_eq!(hurt.shown(&shot), before, "its rows stay\n{}", shot.framed());
        pty.wait_within(PATIENCE, reason, |shot| shot.has(reason));
        hurt.create(&format!("while-{turn}"));
        other.create(&format!("beside-{turn}"));
        other.shows_the_truth(&pty);
        assert_eq!(hurt.shown(&pty.shot()), before, "nothing comes while it is {word}");
        hurt.gateway.heal();
        hurt.shows_the_truth(&pty);
    }
    assert_eq!(pty.quit().code, Some(0));
}
