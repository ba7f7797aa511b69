//! Gateways that take something away, and servers that fail: on each version the rows are the server's all the same.

use crate::api::Api;
use crate::cli::{PATIENCE, Stream, eventually, get};
use crate::support::gateway::{Asked, End, Fault, Gateway, Manners, Streaming};
use crate::support::server::{Server, on_each};
use crate::support::tunnel::Tunnel;
use crate::watch::settle;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A kind of each sort: computed here from protobuf, and as the server's own table, found by discovery.
const KINDS: &str = "pods,podtemplates";

/// A namespace with a few objects of each of [`KINDS`], and a gateway in front of its server.
struct Scene {
    api: Api,
    namespace: String,
    gateway: Gateway,
}

impl Scene {
    fn new(server: Server, name: &str, manners: Manners) -> Scene {
        let place = server.still();
        let api = Api::new(place.kubeconfig(), None);
        let scene = Scene { namespace: api.namespace(name), api, gateway: Gateway::start(place, manners) };
        for at in 0..7 {
            scene.create(&format!("first-{at}"));
        }
        scene
    }

    fn path(&self, plural: &str) -> String {
        format!("/api/v1/namespaces/{}/{plural}", self.namespace)
    }

    /// A pod and a pod template of this name.
    fn create(&self, name: &str) {
        let spec = json!({"containers": [{"name": "a", "image": "i"}]});
        self.api.create(&self.path("pods"), &json!({"metadata": {"name": name}, "spec": spec}));
        let template = json!({"metadata": {"name": name}, "template": {"spec": spec}});
        self.api.create(&self.path("podtemplates"), &template);
    }

    /// Some of each kind come, some change, some go.
    fn change(&self, turn: &str) {
        self.create(&format!("{turn}-one"));
        self.create(&format!("{turn}-two"));
        for plural in ["pods", "podtemplates"] {
            let path = self.path(plural);
            self.api.merge(&format!("{path}/{turn}-one"), &json!({"metadata": {"labels": {"turn": turn}}}));
            self.api.delete(&format!("{path}/{turn}-two?gracePeriodSeconds=0"));
        }
    }

    /// `get … --watch -o json` by way of the gateway.
    fn stream(&self) -> Stream {
        Stream::get(self.gateway.kubeconfig(), &[KINDS, "-n", &self.namespace])
    }

    /// A stream whose lists are complete.
    fn synced(&self) -> Stream {
        let stream = self.stream();
        stream.synced(2);
        stream
    }

    /// Waits until the stream's rows are those of the server, asked directly.
    #[track_caller]
    fn settle(&self, stream: &Stream) {
        let paths = [("Pod", self.path("pods")), ("PodTemplate", self.path("podtemplates"))];
        let paths: Vec<(&str, &str)> = paths.iter().map(|(kind, path)| (*kind, path.as_str())).collect();
        settle(stream, &self.api, &paths);
    }

    /// The lists that were begun, of both kinds.
    fn lists(&self) -> usize {
        self.gateway.count(|asked| asked.begins("pods") || asked.begins("podtemplates"))
    }

    /// Cuts the watches of both kinds.
    fn cut(&self, end: End) {
        self.gateway.end(end, |asked| asked.watches("pods") || asked.watches("podtemplates"));
    }
}

/// Lists, watches and finds kinds by way of a gateway, and gives what the gateway was asked.
#[track_caller]
fn works(server: Server, name: &str, manners: &Manners) -> Vec<Asked> {
    let scene = Scene::new(server, name, manners.clone());
    let stream = scene.synced();
    scene.settle(&stream);
    scene.change("again");
    scene.settle(&stream);
    stream.now(|seen| assert_eq!(seen.count("synced"), 2, "{name}: listed once"));
    let asked = scene.gateway.asked();
    assert!(asked.iter().all(|asked| asked.status != 404), "{name}: {asked:#?}");
    asked
}

fn is_json(asked: &Asked) -> bool {
    asked.content_type.starts_with("application/json") && !asked.content_type.contains("as=Table")
}

#[test]
fn gateways_that_take_something_away() {
    on_each(|server| {
        let plain = works(server, "plain", &Manners::default());
        assert!(plain.iter().all(|asked| asked.http == http::Version::HTTP_2));
        assert!(plain.iter().any(|asked| asked.lists("pods") || asked.streams("pods")));
        let protobuf = plain.iter().any(|asked| asked.watches("pods") && asked.content_type.contains("protobuf"));
        assert_eq!(protobuf, server.speaks_protobuf(), "{plain:#?}");
        assert!(plain.iter().any(|asked| asked.content_type.contains("apidiscovery")), "{plain:#?}");
        // What the older server refuses is asked of it once a kind at most, and never again.
        let (streamed, paged) =
            (plain.iter().filter(|asked| asked.streams("pods")).count(), plain.iter().any(|asked| asked.lists("pods")));
        assert!(streamed <= 1 && paged != server.streams_lists(), "{plain:#?}");

        let http1 = works(server, "http1", &Manners { http1: true, ..Manners::default() });
        assert!(http1.iter().all(|asked| asked.http == http::Version::HTTP_11));

        let json = works(server, "json", &Manners { json_only: true, ..Manners::default() });
        let rows = |asked: &&Asked| asked.status == 200 && (asked.path.contains("/namespaces/"));
        assert!(json.iter().filter(rows).all(is_json) && json.iter().filter(rows).count() >= 2, "{json:#?}");

        let old = works(server, "old", &Manners { plain_discovery: true, ..Manners::default() });
        assert!(
            old.iter().any(|asked| asked.path == "/api/v1") && old.iter().any(|asked| asked.path == "/apis/apps/v1")
        );
        assert!(old.iter().all(|asked| !asked.content_type.contains("apidiscovery")));

        for status in [400, 422] {
            let manners = Manners { streaming: Streaming::Refused(status), page: 2, ..Manners::default() };
            let asked = works(server, "pages", &manners);
            assert!(asked.iter().any(|asked| asked.lists("pods") && asked.query.contains("continue=")), "{asked:#?}");
            let refused = asked.iter().filter(|asked| asked.status == status).count();
            assert!((1..=2).contains(&refused), "asked {refused} times: {asked:#?}");
        }

        // All at once, under a path.
        let worst = Manners {
            http1: true,
            json_only: true,
            plain_discovery: true,
            streaming: Streaming::Refused(422),
            page: 3,
            no_gzip: true,
            prefix: "/clusters/one",
        };
        works(server, "worst", &worst);
    });
}

#[test]
fn a_streaming_list_that_nobody_knows_of() {
    on_each(|server| {
        let scene = Scene::new(server, "ignored", Manners { streaming: Streaming::Ignored, ..Manners::default() });
        let begun = Instant::now();
        let stream = scene.synced();
        scene.settle(&stream);
        assert!(begun.elapsed() < Duration::from_mins(1), "after {:?}", begun.elapsed());
        scene.change("again");
        scene.settle(&stream);
        assert!(
            scene.gateway.count(|asked| asked.lists("pods")) >= 1,
            "it fell back to pages: {:#?}",
            scene.gateway.asked()
        );
    });
}

#[test]
fn a_server_far_away_compresses_where_it_can() {
    on_each(|server| {
        for (distance, no_gzip) in [(5, false), (5, true), (40, false)] {
            let tunnel = Tunnel::start(Duration::from_millis(distance)).expect("a tunnel");
            let scene = Scene::new(server, "far", Manners { no_gzip, ..Manners::default() });
            let text = std::fs::read_to_string(scene.gateway.kubeconfig()).expect("a kubeconfig");
            let mut config: Value = serde_json::from_str(&text).expect("JSON");
            config["clusters"][0]["cluster"]["proxy-url"] = json!(tunnel.url());
            let dir = tempfile::tempdir().expect("a directory");
            let path = dir.path().join("kubeconfig");
            std::fs::write(&path, config.to_string()).expect("a kubeconfig");
            // A list of some size: a server does not compress small answers.
            let stream = Stream::get(&path, &["pods", "-A"]);
            stream.synced(1);
            scene.change("again");
            settle(&stream, &scene.api, &[("Pod", "/api/v1/pods")]);
            assert!(tunnel.opened() > 0);
            // Streams are not compressed; over a slow link pages are asked for.
            let pages = scene.gateway.count(|asked| asked.lists("pods")) > 0;
            let gzip = scene.gateway.count(|asked| asked.gzip && asked.lists("pods")) > 0;
            assert_eq!(gzip, pages && !no_gzip && server.compresses(), "{:#?}", scene.gateway.asked());
            if distance >= 20 || !server.streams_lists() {
                assert!(pages, "{:#?}", scene.gateway.asked());
            }
            if distance >= 20 {
                assert_eq!(scene.gateway.count(|asked| asked.streams("pods")), 0, "{:#?}", scene.gateway.asked());
            }
        }
    });
}

#[test]
fn a_server_that_is_asked_too_much() {
    on_each(|server| {
        let scene = Scene::new(server, "throttled", Manners::default());
        // A script waits as it is asked to, within its patience.
        scene.gateway.times(2, |asked| asked.begins("pods"), Fault::TooMany(1));
        let pods =
            || get(scene.gateway.kubeconfig(), &["pods", "-n", &scene.namespace, "-o", "json", "--timeout", "9s"]);
        let ended = pods();
        assert_eq!((ended.code, ended.rows().len()), (0, 7), "{ended:?}");
        assert!(ended.took >= Duration::from_secs(2), "{ended:?}");
        scene.gateway.when(|_| true, Fault::TooMany(60));
        let ended = pods();
        assert_eq!((ended.code, ended.rows().len()), (3, 0), "{ended:?}");
        assert!(ended.err.contains("Too many requests") && ended.took < Duration::from_secs(30), "{ended:?}");
        scene.gateway.heal();

        let stream = scene.synced();
        let lists = scene.lists();
        let mark = stream.mark();
        let from = scene.gateway.asked().len();
        scene.gateway.when(|_| true, Fault::TooMany(3));
        scene.cut(End::Close);
        stream.line("throttled", mark, PATIENCE, |line| line.says("throttled"));
        scene.change("meanwhile");
        let refused = |gateway: &Gateway| -> Vec<Instant> {
            gateway.asked()[from..].iter().filter(|asked| asked.status == 429).map(|asked| asked.at).collect()
        };
        // Both watches were refused at first; from then on one probe at a time, as late as the server wants it.
        eventually(PATIENCE, || match refused(&scene.gateway).len() {
            4.. => Ok(()),
            few => Err(format!("{few} were refused")),
        });
        let times = refused(&scene.gateway);
        let waits: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let obeyed = waits.iter().filter(|wait| **wait >= Duration::from_millis(2900)).count();
        assert!(obeyed >= waits.len() - 1, "{waits:?}");
        scene.gateway.heal();
        let mark = stream.mark();
        stream.line("live", mark, PATIENCE, |line| line.says("live"));
        scene.settle(&stream);
        assert_eq!(scene.lists(), lists, "the watches go on from where they were");
    });
}

#[test]
fn credentials_that_expire_in_mid_session() {
    on_each(|server| {
        let scene = Scene::new(server, "expired", Manners::default());
        let stream = scene.synced();
        let lists = scene.lists();
        let mark = stream.mark();
        scene.gateway.when(|_| true, Fault::Status(401));
        let lost = Instant::now();
        scene.cut(End::Close);
        stream.line("expired", mark, PATIENCE, |line| {
            line.says("expired") && line.value["reason"].as_str().is_some_and(|reason| reason.contains("401"))
        });
        scene.change("meanwhile");
        let asked = scene.gateway.count(|asked| asked.status == 401);
        // Each watch twice, once with fresh credentials; then one probe at a time.
        let few = 5 + 2 * usize::try_from(lost.elapsed().as_secs()).unwrap_or_default();
        assert!(asked <= few, "{asked} requests with credentials that are refused");
        scene.gateway.heal();
        let mark = stream.mark();
        stream.line("live", mark, PATIENCE, |line| line.says("live"));
        scene.settle(&stream);
        assert_eq!(scene.lists(), lists, "the watches go on from where they were");
    });
}

const EXPIRED: &str = r#"{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 1 (2)","reason":"Expired","code":410}}
"#;

#[test]
fn versions_that_a_gateway_expires() {
    on_each(|server| {
        // In the middle of a list in pages: it begins anew, and at last it is asked for whole.
        let manners = Manners { streaming: Streaming::Refused(422), page: 3, ..Manners::default() };
        let scene = Scene::new(server, "gone", manners);
        let next = |asked: &Asked| asked.lists("pods") && asked.query.contains("continue=");
        scene.gateway.when(next, Fault::Status(410));
        let stream = scene.synced();
        scene.settle(&stream);
        let whole = |asked: &Asked| asked.lists("pods") && !asked.query.contains("limit=");
        assert_eq!(scene.gateway.count(whole), 1, "{:#?}", scene.gateway.asked());
        assert!(scene.gateway.count(next) <= 3);
        scene.gateway.heal();

        // As an answer to a watch, and as an event in it.
        for fault in [Fault::Status(410), Fault::Body("application/json", EXPIRED.into())] {
            let synced = stream.now(|seen| seen.count("synced"));
            scene.gateway.times(1, |asked| asked.watches("pods"), fault.clone());
            scene.gateway.times(1, |asked| asked.watches("podtemplates"), fault);
            scene.cut(End::Close);
            scene.change(&format!("gone-{synced}"));
            stream.synced(synced + 2);
            scene.settle(&stream);
            stream.now(|seen| assert_eq!(seen.count("synced"), synced + 2, "listed once more, not again and again"));
        }
        stream.now(|seen| assert!(!seen.lines.iter().any(|line| line.says("stale")), "410 is no outage"));
    });
}

#[test]
fn errors_of_the_server() {
    on_each(|server| {
        let scene = Scene::new(server, "errors", Manners::default());
        for plural in ["pods", "podtemplates"] {
            scene.gateway.times(2, move |asked| asked.begins(plural), Fault::Status(500));
        }
        let stream = scene.synced();
        scene.settle(&stream);
        let lists = scene.lists();
        let mark = stream.mark();
        scene.gateway.when(|asked| asked.path.contains("/namespaces/"), Fault::Status(503));
        scene.cut(End::Close);
        // The server answers: not the cluster is lost, these kinds are.
        for kind in ["Pod", "PodTemplate"] {
            stream.line(kind, mark, PATIENCE, |line| {
                line.is("state") && line.value["state"] == "stale" && line.value["kind"] == kind
            });
        }
        scene.change("meanwhile");
        let refused = |gateway: &Gateway| gateway.count(|asked| asked.status == 503);
        let (before, begun) = (refused(&scene.gateway), Instant::now());
        eventually(PATIENCE, || if refused(&scene.gateway) >= before + 4 { Ok(()) } else { Err("few tries".into()) });
        assert!(begun.elapsed() >= Duration::from_millis(450), "four tries within {:?}", begun.elapsed());
        scene.gateway.heal();
        scene.settle(&stream);
        assert_eq!(scene.lists(), lists, "the watches go on from where they were");
        stream.now(|seen| assert!(!seen.lines[mark..].iter().any(|line| line.says("stale")), "the server was there"));
    });
}

#[test]
fn answers_that_break_off() {
    on_each(|server| {
        for http1 in [false, true] {
            let scene = Scene::new(server, "broken", Manners { http1, ..Manners::default() });
            for plural in ["pods", "podtemplates"] {
                for fault in [
                    Fault::CutAfter(700),
                    Fault::EndAfter(700),
                    Fault::CutAfter(0),
                    Fault::Trickle(64, Duration::from_millis(1)),
                ] {
                    let answered = move |asked: &Asked| {
                        if server.streams_lists() { asked.begins(plural) } else { asked.lists(plural) }
                    };
                    scene.gateway.times(1, answered, fault);
                }
            }
            let stream = scene.synced();
            scene.settle(&stream);
            // And in the middle of an event, or of what is none.
            let lists = scene.lists();
            for (turn, fault) in
                [Fault::CutAfter(50), Fault::EndAfter(50), Fault::Trickle(7, Duration::ZERO)].into_iter().enumerate()
            {
                for plural in ["pods", "podtemplates"] {
                    scene.gateway.times(1, move |asked| asked.watches(plural), fault.clone());
                }
                scene.cut(if turn == 0 { End::Cut } else { End::Close });
                scene.change(&format!("broken-{turn}"));
                scene.settle(&stream);
            }
            assert!(scene.lists() <= lists + 4, "{} lists more", scene.lists() - lists);
        }
    });
}

#[test]
fn an_answer_without_end() {
    on_each(|server| {
        let scene = Scene::new(server, "huge", Manners::default());
        let length = bytes::Bytes::from(vec![0xff; 1 << 20]);
        let protobuf = "application/vnd.kubernetes.protobuf;stream=watch";
        scene.gateway.times(1, |asked| asked.watches("pods"), Fault::Body(protobuf, length));
        let text = bytes::Bytes::from([b"[\"".to_vec(), vec![b'x'; 66 << 20]].concat());
        scene.gateway.times(1, |asked| asked.path == "/apis", Fault::Body("application/json", text));
        let stream = scene.synced();
        scene.settle(&stream);
    });
}

#[test]
fn an_answer_that_stalls() {
    on_each(|server| {
        let scene = Scene::new(server, "stalls", Manners { streaming: Streaming::Refused(422), ..Manners::default() });
        scene.gateway.times(1, |asked| asked.lists("pods"), Fault::StallAfter(700));
        scene.gateway.times(1, |asked| asked.lists("podtemplates"), Fault::Silence);
        let stream = scene.stream();
        let reason = |line: &crate::cli::Line| line.value["reason"].as_str().unwrap_or_default().to_owned();
        stream.line("it says so", 0, PATIENCE, |line| {
            line.says("unreachable") || reason(line).contains("stalled") || reason(line).contains("no answer")
        });
        stream.synced(2);
        scene.settle(&stream);
    });
}

#[test]
fn a_page_where_a_server_should_be() {
    on_each(|server| {
        let scene = Scene::new(server, "page", Manners::default());
        for status in [200, 404, 502] {
            scene.gateway.when(|_| true, Fault::Html(status));
            // A kind that is known, and one that only discovery knows.
            for kind in ["pods", "podtemplates"] {
                let ended = get(scene.gateway.kubeconfig(), &[kind, "-n", &scene.namespace, "--timeout", "9s"]);
                assert_eq!((ended.code, ended.out.as_str()), (3, ""), "{status}: {ended:?}");
                assert!(ended.err.contains("text/html"), "{status}: {ended:?}");
                let stream = Stream::get(scene.gateway.kubeconfig(), &[kind, "-n", &scene.namespace]);
                stream.line("unreachable", 0, PATIENCE, |line| line.says("unreachable"));
                stream.now(|seen| assert!(!seen.lines.iter().any(|line| line.says("live")), "{status} {kind}"));
            }
            scene.gateway.heal();
        }
        // In mid-session it is an outage, too; what was there stays, and goes on.
        let stream = scene.synced();
        let lists = scene.lists();
        let mark = stream.mark();
        scene.gateway.when(|_| true, Fault::Html(200));
        scene.cut(End::Close);
        stream.line("stale", mark, PATIENCE, |line| line.says("stale"));
        scene.change("meanwhile");
        scene.gateway.heal();
        let mark = stream.mark();
        stream.line("live", mark, PATIENCE, |line| line.says("live"));
        scene.settle(&stream);
        assert_eq!(scene.lists(), lists, "the watches go on from where they were");
    });
}
