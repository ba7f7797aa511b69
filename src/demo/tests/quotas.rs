//! What a cluster's own objects say of new ones: quotas, limits, accounts and priorities.
#![allow(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]

use super::client::{get, send_body};
use super::controllers::{APPS, DEFAULT, create, delete, items, living, merge, pods, until, workload};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

fn pod(name: &str, resources: Value) -> Value {
    let container = json!({"name": "main", "image": "example.com/main:1", "resources": resources});
    json!({"metadata": {"name": name}, "spec": {"containers": [container]}})
}

fn asking(name: &str, cpu: &str) -> Value {
    pod(name, json!({"requests": {"cpu": cpu}}))
}

#[tokio::test(start_paused = true)]
async fn a_quota_refuses_what_goes_beyond_it() {
    let cluster = living();
    let hard = json!({"requests.cpu": "1", "pods": "3", "count/configmaps": "50"});
    create(&cluster, &format!("{DEFAULT}/resourcequotas"), json!({"metadata": {"name": "q"}, "spec": {"hard": hard}}))
        .await;
    let path = format!("{DEFAULT}/resourcequotas/q");
    // The company's own pod there is counted, too.
    let first = until(&cluster, &path, |it| it["status"]["used"]["pods"] == "1").await;
    assert_eq!(first["status"]["used"]["requests.cpu"], "100m", "{first:#}");
    assert!(first["status"]["used"]["count/configmaps"].as_str().unwrap().parse::<u32>().unwrap() > 0);

    let pods = format!("{DEFAULT}/pods");
    assert_eq!(create(&cluster, &pods, asking("a", "600m")).await["kind"], "Pod");
    let refused = create(&cluster, &pods, asking("b", "500m")).await;
    assert_eq!((&refused["code"], &refused["reason"]), (&json!(403), &json!("Forbidden")));
    assert_eq!(
        refused["message"],
        "pods \"b\" is forbidden: exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=700m, \
         limited: requests.cpu=1"
    );
    let silent = create(&cluster, &pods, pod("b", json!({}))).await;
    assert_eq!(silent["message"], "pods \"b\" is forbidden: failed quota: q: must specify requests.cpu for: main");
    assert_eq!(create(&cluster, &pods, asking("b", "300m")).await["kind"], "Pod");
    let refused = create(&cluster, &pods, asking("c", "1m")).await["message"].as_str().unwrap().to_owned();
    assert!(
        refused.ends_with(
            "requested: pods=1,requests.cpu=1m, used: pods=3,requests.cpu=1, limited: pods=3,requests.cpu=1"
        ),
        "{refused}"
    );
    let there = create(&cluster, &pods, asking("b", "1m")).await;
    assert_eq!(there["reason"], "AlreadyExists");
    delete(&cluster, &format!("{DEFAULT}/pods/b"), "Background").await;
    until(&cluster, &path, |it| it["status"]["used"]["requests.cpu"] == "700m").await;
    assert_eq!(create(&cluster, &pods, asking("c", "300m")).await["kind"], "Pod");
}

#[tokio::test(start_paused = true)]
async fn a_deployment_is_short_of_its_quota_until_it_is_raised() {
    let cluster = living();
    let hard = |pods: &str| json!({"spec": {"hard": {"pods": pods}}});
    let mut quota = hard("3");
    quota["metadata"] = json!({"name": "q"});
    create(&cluster, &format!("{DEFAULT}/resourcequotas"), quota).await;
    until(&cluster, &format!("{DEFAULT}/resourcequotas/q"), |it| it["status"]["used"]["pods"] == "1").await;
    create(&cluster, &format!("{APPS}/deployments"), workload("web", json!({"replicas": 4}))).await;
    let path = format!("{APPS}/deployments/web");
    let failing = |it: &Value| {
        let all = it["status"]["conditions"].as_array().cloned().unwrap_or_default();
        all.into_iter().find(|it| it["type"] == "ReplicaFailure")
    };
    let short = until(&cluster, &path, |it| it["status"]["availableReplicas"] == 2 && failing(it).is_some()).await;
    let why = failing(&short).unwrap();
    assert_eq!(why["reason"], "FailedCreate");
    assert!(why["message"].as_str().unwrap().contains("exceeded quota: q, requested: pods=1, used: pods=3"), "{why}");
    let events = get(&cluster, &format!("{DEFAULT}/events?fieldSelector=reason%3DFailedCreate")).await.json();
    let told = items(&events)[0]["message"].as_str().unwrap().to_owned();
    assert!(told.starts_with("Error creating: pods \"web-"), "{told}");

    merge(&cluster, &format!("{DEFAULT}/resourcequotas/q"), hard("9")).await;
    until(&cluster, &path, |it| it["status"]["availableReplicas"] == 4 && failing(it).is_none()).await;
    assert_eq!(items(&get(&cluster, &pods("web")).await.json()).len(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_deployment_that_is_short_of_quota_stays_so() {
    let cluster = living();
    let path = "/apis/apps/v1/namespaces/risk-control/deployments/case-backfill";
    let before = get(&cluster, path).await.json();
    merge(&cluster, path, json!({"metadata": {"annotations": {"example.com/seen": "yes"}}})).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    let after = get(&cluster, path).await.json();
    assert_eq!(after["status"]["readyReplicas"], before["status"]["readyReplicas"]);
    let reasons: Vec<&Value> =
        after["status"]["conditions"].as_array().unwrap().iter().map(|it| &it["reason"]).collect();
    assert!(reasons.contains(&&json!("FailedCreate")), "{reasons:?}");
    // With room, it gets its pods.
    let quota = "/api/v1/namespaces/risk-control/resourcequotas/risk-control-quota";
    merge(&cluster, quota, json!({"spec": {"hard": {"requests.cpu": "40"}}})).await;
    until(&cluster, path, |it| it["status"]["availableReplicas"] == it["spec"]["replicas"]).await;
}

#[tokio::test(start_paused = true)]
async fn limit_ranges_complete_and_refuse() {
    let cluster = living();
    let limits = json!([{
        "type": "Container", "max": {"memory": "1Gi"}, "defaultRequest": {"cpu": "50m"}, "min": {"cpu": "10m"},
    }]);
    let range = json!({"metadata": {"name": "r"}, "spec": {"limits": limits}});
    let range = create(&cluster, &format!("{DEFAULT}/limitranges"), range).await;
    assert_eq!(range["spec"]["limits"][0]["default"], json!({"memory": "1Gi"}));
    let pods = format!("{DEFAULT}/pods");
    let made = create(&cluster, &pods, pod("a", json!({}))).await;
    let resources = &made["spec"]["containers"][0]["resources"];
    assert_eq!(resources["requests"], json!({"cpu": "50m", "memory": "1Gi"}));
    assert_eq!(resources["limits"], json!({"memory": "1Gi"}));
    assert_eq!(
        made["metadata"]["annotations"]["kubernetes.io/limit-ranger"],
        "LimitRanger plugin set: cpu, memory request for container main; memory limit for container main"
    );
    assert_eq!(made["status"]["qosClass"], "Burstable");
    let large = create(&cluster, &pods, pod("b", json!({"limits": {"memory": "2Gi"}}))).await;
    assert_eq!(
        large["message"],
        "pods \"b\" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi"
    );
    let small = create(&cluster, &pods, asking("b", "5m")).await;
    assert_eq!(small["message"], "pods \"b\" is forbidden: minimum cpu usage per Container is 10m, but request is 5m");
}

#[tokio::test(start_paused = true)]
async fn accounts_and_priorities_must_be_there() {
    let cluster = living();
    let pods = format!("{DEFAULT}/pods");
    let mut wanted = pod("a", json!({}));
    wanted["spec"]["serviceAccountName"] = "nobody".into();
    assert_eq!(
        create(&cluster, &pods, wanted.clone()).await["message"],
        "pods \"a\" is forbidden: error looking up service account default/nobody: serviceaccount \"nobody\" not found"
    );
    wanted["spec"]["serviceAccountName"] = "default".into();
    wanted["spec"]["priorityClassName"] = "urgent".into();
    assert_eq!(
        create(&cluster, &pods, wanted.clone()).await["message"],
        "pods \"a\" is forbidden: no PriorityClass with name urgent was found"
    );
    wanted["spec"]["priorityClassName"] = "business-critical".into();
    let made = create(&cluster, &pods, wanted).await;
    assert_eq!(made["spec"]["priority"], 100_000, "{made:#}");
}

#[tokio::test(start_paused = true)]
async fn every_owner_could_create_its_pods_again() {
    let cluster = living();
    let mut seen = 0;
    for kind in ["replicasets", "statefulsets", "daemonsets"] {
        let sets = get(&cluster, &format!("/apis/apps/v1/{kind}")).await.json();
        for set in items(&sets) {
            let namespace = set["metadata"]["namespace"].as_str().unwrap();
            let mut pod = set["spec"]["template"].clone();
            pod["metadata"]["generateName"] = "again-".into();
            let path = format!("/api/v1/namespaces/{namespace}/pods?dryRun=All");
            let answer = send_body(&cluster, Method::POST, &path, "application/json", &pod.to_string()).await;
            let message = answer.json()["message"].as_str().unwrap_or_default().to_owned();
            let full = namespace == "risk-control" && message.contains("exceeded quota");
            assert!(answer.status == 201 || full, "{namespace}: {message}");
            seen += 1;
        }
    }
    assert!(seen > 60);
}

#[tokio::test(start_paused = true)]
async fn what_grows_is_counted_and_what_shrinks_or_goes_is_given_back() {
    let cluster = living();
    let hard = json!({"requests.storage": "10Gi", "services.loadbalancers": "1", "services.nodeports": "3"});
    create(&cluster, &format!("{DEFAULT}/resourcequotas"), json!({"metadata": {"name": "q"}, "spec": {"hard": hard}}))
        .await;
    let quota = format!("{DEFAULT}/resourcequotas/q");
    let uses = |storage: &'static str, balancers: &'static str, ports: &'static str| {
        move |it: &Value| {
            let used = &it["status"]["used"];
            used["requests.storage"] == storage
                && used["services.loadbalancers"] == balancers
                && used["services.nodeports"] == ports
        }
    };
    until(&cluster, &quota, uses("0", "0", "0")).await;
    let claims = format!("{DEFAULT}/persistentvolumeclaims");
    let size = |size: &str| json!({"resources": {"requests": {"storage": size}}});
    let mut claim = json!({"metadata": {"name": "c"}, "spec": size("4Gi")});
    claim["spec"]["accessModes"] = json!(["ReadWriteOnce"]);
    create(&cluster, &claims, claim).await;
    let user = json!({"name": "data", "persistentVolumeClaim": {"claimName": "c"}});
    let mut pod = pod("p", json!({}));
    pod["spec"]["volumes"] = json!([user]);
    create(&cluster, &format!("{DEFAULT}/pods"), pod).await;
    until(&cluster, &format!("{claims}/c"), |it| it["status"]["phase"] == "Bound").await;
    let grown = merge(&cluster, &format!("{claims}/c"), json!({"spec": size("9Gi")})).await;
    assert_eq!(grown["spec"]["resources"]["requests"]["storage"], "9Gi", "{grown:#}");
    let refused = merge(&cluster, &format!("{claims}/c"), json!({"spec": size("11Gi")})).await;
    assert_eq!(
        refused["message"],
        "persistentvolumeclaims \"c\" is forbidden: exceeded quota: q, requested: requests.storage=2Gi, used: \
         requests.storage=9Gi, limited: requests.storage=10Gi"
    );

    let services = format!("{DEFAULT}/services");
    let service = |name: &str| json!({"metadata": {"name": name}, "spec": {"ports": [{"port": 80}]}});
    for name in ["a", "b"] {
        create(&cluster, &services, service(name)).await;
    }
    let of_type = |kind: &str| json!({"spec": {"type": kind}});
    let made = merge(&cluster, &format!("{services}/a"), of_type("LoadBalancer")).await;
    assert_eq!(made["spec"]["type"], "LoadBalancer", "{made:#}");
    let refused = merge(&cluster, &format!("{services}/b"), of_type("LoadBalancer")).await;
    assert!(
        refused["message"].as_str().unwrap().ends_with(
            "requested: services.loadbalancers=1, used: services.loadbalancers=1, limited: services.loadbalancers=1"
        ),
        "{refused:#}"
    );
    // What changes nothing of it is not counted again.
    merge(&cluster, &format!("{services}/a"), json!({"metadata": {"labels": {"x": "y"}}})).await;
    until(&cluster, &quota, uses("9Gi", "1", "1")).await;
    let more =
        json!({"spec": {"ports": [{"port": 80, "name": "a"}, {"port": 81, "name": "b"}, {"port": 82, "name": "c"}]}});
    merge(&cluster, &format!("{services}/a"), more).await;
    until(&cluster, &quota, uses("9Gi", "1", "3")).await;
    let refused = merge(&cluster, &format!("{services}/b"), of_type("NodePort")).await;
    assert_eq!(refused["reason"], "Forbidden", "{refused:#}");

    merge(&cluster, &format!("{services}/a"), of_type("ClusterIP")).await;
    until(&cluster, &quota, uses("9Gi", "0", "0")).await;
    merge(&cluster, &format!("{services}/b"), of_type("LoadBalancer")).await;
    until(&cluster, &quota, uses("9Gi", "1", "1")).await;
    for path in [format!("{services}/b"), format!("{DEFAULT}/pods/p"), format!("{claims}/c")] {
        delete(&cluster, &path, "Background").await;
    }
    until(&cluster, &quota, uses("0", "0", "0")).await;
}
