//! Which kinds a server serves.

use super::super::open::Resolution;
use super::server::{JSON, Reply, Seen};
use super::*;

const PLAIN_CORE: &str = r#"{"kind":"APIVersions","versions":["v1"]}"#;
const PLAIN_V1: &str = r#"{"kind":"APIResourceList","groupVersion":"v1","resources":[
 {"name":"pods","singularName":"pod","namespaced":true,"kind":"Pod","verbs":["get","list","watch"],"shortNames":["po"]},
 {"name":"pods/log","singularName":"","namespaced":true,"kind":"Pod","verbs":["get","list"]},
 {"name":"secrets","singularName":"","namespaced":true,"kind":"Secret","verbs":["get","list","watch"]}]}"#;
const PLAIN_GROUPS: &str = r#"{"kind":"APIGroupList","groups":[
 {"name":"example.com","versions":[{"groupVersion":"example.com/v1beta1","version":"v1beta1"},{"groupVersion":"example.com/v1","version":"v1"}],
  "preferredVersion":{"groupVersion":"example.com/v1","version":"v1"}},
 {"name":"broken.io","versions":[{"groupVersion":"broken.io/v1","version":"v1"}]},
 {"name":"gone.io","versions":[{"groupVersion":"gone.io/v1","version":"v1"}]}]}"#;

fn resources(name: &str) -> String {
    format!(
        r#"{{"kind":"APIResourceList","resources":[{{"name":"{name}","namespaced":true,"kind":"Widget","verbs":["list","watch"]}}]}}"#
    )
}

/// A server whose `/api`, `/apis` or both are plain.
fn plain(rig: &Rig, core: bool, groups: bool) {
    rig.server.rule(move |seen: &Seen| {
        let text = match seen.path.as_str() {
            "/api" if core => PLAIN_CORE.to_owned(),
            "/api/v1" => PLAIN_V1.to_owned(),
            "/apis" if groups => PLAIN_GROUPS.to_owned(),
            "/apis/example.com/v1" | "/apis/example.com/v1beta1" => resources("widgets"),
            "/apis/broken.io/v1" => return Some(Reply::status(403, "Forbidden", "not for you")),
            "/apis/gone.io/v1" => return Some(Reply::text(404, "text/plain", "404 page not found")),
            _ => return None,
        };
        Some(Reply::text(200, JSON, &text))
    });
}

fn named(kinds: &super::super::discovery::Kinds) -> Vec<String> {
    kinds.kinds.iter().map(|kind| format!("{}/{}", kind.id(), kind.version)).collect()
}

#[tokio::test(start_paused = true)]
async fn aggregated_takes_two_requests() {
    let rig = Rig::new();
    let kinds = rig.cluster.kinds().await.unwrap();
    assert_eq!(named(&kinds), ["pods/v1", "widgets.example.com/v1", "gauges.example.com/v1"]);
    assert!(kinds.problems.is_empty());
    rig.cluster.kinds().await.unwrap();
    let asked = rig.server.asked(|_| true);
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|seen| seen.accept.contains("as=APIGroupDiscoveryList")));
}

#[tokio::test(start_paused = true)]
async fn each_half_falls_back_by_itself() {
    let rig = Rig::new();
    plain(&rig, true, false);
    let kinds = rig.cluster.kinds().await.unwrap();
    let mut names = named(&kinds);
    names.sort();
    assert_eq!(names, ["gauges.example.com/v1", "pods/v1", "secrets/v1", "widgets.example.com/v1"]);
    assert_eq!(names.len(), 4, "subresources are no kinds");
    // The core group is named first, whichever way it came.
    assert_eq!(named(&kinds)[0], "pods/v1");

    let rig = Rig::new();
    plain(&rig, false, true);
    let kinds = rig.cluster.kinds().await.unwrap();
    assert_eq!(named(&kinds), ["pods/v1", "widgets.example.com/v1"]);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_cannot_be_read_spoils_no_other() {
    let rig = Rig::new();
    plain(&rig, true, true);
    let kinds = rig.cluster.kinds().await.unwrap();
    assert_eq!(named(&kinds), ["pods/v1", "secrets/v1", "widgets.example.com/v1"], "the preferred version wins");
    let problems = kinds.problems.join("\n");
    assert!(problems.contains("broken.io/v1: not for you (HTTP 403)"), "{problems}");
    assert!(problems.contains("gone.io/v1: 404 page not found"), "{problems}");
    let said = kinds.resolve("wodget").unwrap_err();
    assert!(said.contains("widgets") && said.contains("broken.io/v1"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_of_one_half_spoils_not_the_other() {
    for code in [403, 404] {
        let rig = Rig::new();
        rig.server
            .rule(move |seen| (seen.path == "/apis").then(|| Reply::status(code, "Forbidden", "no groups for you")));
        let kinds = rig.cluster.kinds().await.unwrap();
        assert_eq!(named(&kinds), ["pods/v1"]);
        assert!(kinds.problems.join("").contains("no groups for you"), "{:?}", kinds.problems);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stale_group_is_named() {
    let rig = Rig::new();
    rig.server.rule(|seen| {
        (seen.path == "/apis").then(|| {
            Reply::text(
                200,
                JSON,
                r#"{"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":"metrics.k8s.io"},
             "versions":[{"version":"v1beta1","freshness":"Stale"}]}]}"#,
            )
        })
    });
    let kinds = rig.cluster.kinds().await.unwrap();
    assert_eq!(named(&kinds), ["pods/v1"]);
    assert!(kinds.problems[0].contains("metrics.k8s.io/v1beta1"), "{:?}", kinds.problems);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_kind_is_looked_for_again() {
    let rig = Rig::new();
    let opened = Opened::new(&rig.cluster, "gadgets", vec![None], Options::default());
    until(|| matches!(opened.resolution(), Resolution::Unknown(_))).await;
    let Resolution::Unknown(said) = opened.resolution() else { unreachable!() };
    assert!(said.contains("doesn't have a resource type \"gadgets\"; did you mean"), "{said}");
    assert_eq!(rig.phase(), Phase::Live);
    rig.server.rule(|seen| match seen.path.as_str() {
        "/apis" => Some(Reply::text(200, JSON, PLAIN_GROUPS)),
        "/apis/example.com/v1" => Some(Reply::text(200, JSON, &resources("gadgets"))),
        "/apis/example.com/v1/gadgets" => Some(Reply::status(403, "Forbidden", "new and forbidden")),
        _ => None,
    });
    until(|| matches!(opened.resolution(), Resolution::Found(_))).await;
}

#[tokio::test(start_paused = true)]
async fn discovery_that_fails_says_so_and_comes_back() {
    let rig = Rig::holding("widgets", 3);
    rig.server.cut(true);
    let opened = Opened::new(&rig.cluster, "widgets", vec![None], Options::default());
    until(|| matches!(opened.resolution(), Resolution::Failed(_))).await;
    assert_eq!(rig.phase(), Phase::Unreachable);
    rig.server.revive();
    until(|| opened.sources().first().is_some_and(|source| source.len() == 3)).await;

    // Refused once is no refusal: the credentials are renewed.
    let rig = Rig::holding("widgets", 3);
    rig.server.next(2, |_| true, || Reply::status(401, "Unauthorized", "Unauthorized"));
    let opened = Opened::new(&rig.cluster, "widgets", vec![None], Options::default());
    until(|| opened.sources().first().is_some_and(|source| source.len() == 3)).await;
}
