use super::*;

fn read(line: &str) -> Result<Args, Refusal> {
    parse(std::iter::once("skylark").chain(line.split_whitespace()))
}

fn refused(line: &str) -> String {
    let refusal = read(line).unwrap_err();
    assert_eq!(refusal.code, 2, "{line}: {}", refusal.message);
    refusal.message
}

fn kinds(line: &str) -> String {
    let Ok(Args { command: Command::Get(get), .. }) = read(line) else { return format!("{:?}", read(line)) };
    let target = |target: &Target| match &target.names {
        None => target.kind.clone(),
        Some(names) => format!("{}={}", target.kind, names.join("+")),
    };
    get.targets.iter().map(target).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_cockpit_and_its_kind() {
    for (line, kind) in
        [("", None), ("pods", Some("pods")), ("-n a deploy", Some("deploy")), ("deploy -n a", Some("deploy"))]
    {
        assert_eq!(read(line).unwrap().command, Command::Cockpit { kind: kind.map(String::from) }, "{line}");
    }
    assert_eq!(read("").unwrap().namespaces, Namespaces::All);
    assert_eq!(read("demo").unwrap().command, Command::Demo(Sizes::default()));
    assert_eq!(read("version").unwrap().command, Command::Version);
    assert_eq!(read("-- get").unwrap().command, Command::Cockpit { kind: Some("get".into()) });
}

#[test]
fn global_options_on_both_sides() {
    for line in [
        "--context a,b -n x,y --read-only --kubeconfig f get pods",
        "get pods --context a,b -n x,y --read-only --kubeconfig f",
        "--context a,b --read-only get --kubeconfig f pods -n x,y",
    ] {
        let args = read(line).unwrap();
        assert_eq!(args.contexts, Contexts::Named(vec!["a".into(), "b".into()]), "{line}");
        assert_eq!(args.namespaces, Namespaces::Only(vec!["x".into(), "y".into()]), "{line}");
        assert_eq!(args.kubeconfig, Some("f".into()), "{line}");
        assert!(args.read_only, "{line}");
    }
    assert_eq!(read("get pods").unwrap().namespaces, Namespaces::OfContext);
    assert_eq!(read("get pods -A").unwrap().namespaces, Namespaces::All);
    assert_eq!(read("-A get pods").unwrap().namespaces, Namespaces::All);
    assert_eq!(read("--all-contexts").unwrap().contexts, Contexts::All);
    assert_eq!(read("get pods --all-contexts").unwrap().contexts, Contexts::All);
    assert_eq!(read("--context a --context b,a").unwrap().contexts, Contexts::Named(vec!["a".into(), "b".into()]));
}

#[test]
fn kinds_and_names_as_kubectl_reads_them() {
    for (line, expected) in [
        ("get pods", "pods"),
        ("get pods,nodes,pods", "pods nodes"),
        ("get pod x y x", "pod=x+y"),
        ("get pod/x", "pod=x"),
        ("get pod/x deploy/y pod/z pod/x", "pod=x+z deploy=y"),
        ("get deployments.apps web", "deployments.apps=web"),
        ("get demo", "demo"),
    ] {
        assert_eq!(kinds(line), expected, "{line}");
    }
    for (line, expected) in [
        ("get pod pod/x", "there is no need to specify a resource type as a separate argument"),
        ("get pod/x y", "there is no need to specify a resource type"),
        ("get pods,nodes x", "you must specify only one resource"),
        ("get a/b/c", "may not have more than one slash"),
        ("get pod/", "must have a single resource and name"),
        ("get pods,nodes/x", "must have a single resource and name"),
        ("get pods,", "is empty"),
        ("get pod x -l a=b", "name cannot be provided when a selector is specified"),
        ("get", "required"),
    ] {
        assert!(refused(line).contains(expected), "{line}: {}", refused(line));
    }
}

#[test]
fn the_options_of_get() {
    let Command::Get(get) = read("get po -l app=web --field-selector a=b -o json -w --timeout 500ms").unwrap().command
    else {
        panic!("not get")
    };
    assert_eq!((get.labels.as_str(), get.fields.as_str()), ("app=web", "a=b"));
    assert_eq!((get.output, get.watch, get.timeout), (Output::Json, true, Duration::from_millis(500)));
    let Command::Get(get) = read("get po --watch -oyaml").unwrap().command else { panic!("not get") };
    assert_eq!((get.output, get.watch, get.timeout), (Output::Yaml, true, Duration::from_secs(10)));
    for line in ["get po -o toml", "get po --timeout soon", "get po --timeout 0", "get po --fly", "pods nodes"] {
        refused(line);
    }
}

#[test]
fn conflicts_are_usage_errors_wherever_they_stand() {
    for line in [
        "--context a --all-contexts",
        "--context a get pods --all-contexts",
        "-A -n a",
        "-A get pods -n a",
        "get pods -A -n a",
        "pods get nodes",
        "-n a,,b",
    ] {
        let message = refused(line);
        assert!(message.starts_with("error: "), "{line}: {message}");
    }
}

#[test]
fn help_is_no_error() {
    for line in ["help", "--help", "help get", "get --help", "-h"] {
        let refusal = read(line).unwrap_err();
        assert_eq!(refusal.code, 0, "{line}");
        assert!(refusal.message.contains("Usage: skylark"), "{line}: {}", refusal.message);
    }
    assert!(read("--version").unwrap_err().message.starts_with("skylark "));
}

#[test]
fn whom_to_act_as() {
    assert_eq!(read("get po").unwrap().act_as, None);
    let want = |groups: &[&str], uid: Option<&str>| {
        let groups = groups.iter().map(ToString::to_string).collect();
        Some(ActAs { user: "eve".into(), groups, uid: uid.map(String::from) })
    };
    for (line, groups, uid) in [
        ("get po --as eve", &[][..], None),
        ("--as eve --as-uid 7 get po", &[], Some("7")),
        ("--as=eve --as-group a,b --as-group c deploy", &["a,b", "c"], None),
        ("demo --as eve", &[], None),
    ] {
        assert_eq!(read(line).unwrap().act_as, want(groups, uid), "{line}");
    }
    for line in ["get po --as-group a", "--as-uid 7", "get po --as-group a --as="] {
        assert!(refused(line).contains("need --as USER"), "{line}");
    }
}

#[test]
fn keymap_and_theme_are_the_cockpits() {
    let chosen = |keymap: Option<&str>, theme: Option<&str>| Chosen {
        keymap: keymap.map(String::from),
        theme: theme.map(String::from),
    };
    assert_eq!(read("--theme light pods").unwrap().chosen, chosen(None, Some("light")));
    assert_eq!(read("demo --keymap vim --theme mine").unwrap().chosen, chosen(Some("vim"), Some("mine")));
    assert_eq!(read("--keymap vim demo").unwrap().chosen, chosen(Some("vim"), None));
    assert_eq!(read("config check").unwrap().command, Command::CheckConfig);
    assert!(refused("get po --theme light").contains("for the cockpit"));
    refused("config");
}

#[test]
fn csv_is_one_table_with_an_end() {
    let Command::Get(get) = read("get po -o csv").unwrap().command else { panic!("not get") };
    assert_eq!(get.output, Output::Csv);
    assert!(refused("get po -o csv -w").contains("-o json writes a line an event"));
    assert!(refused("get po,no -o csv").contains("takes one kind"));
    assert!(refused("get po/a svc/b -o csv").contains("takes one kind"));
}

#[test]
fn completions_know_the_shells() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(matches!(read(&format!("completions {shell}")).unwrap().command, Command::Completions(_)), "{shell}");
    }
    assert!(refused("completions tcsh").contains("powershell"));
    command().debug_assert();
}

#[test]
fn the_embedded_fleet_for_other_programs() {
    command().debug_assert();
    let Command::Serve(sizes, serve) =
        read("serve --write-kubeconfig f --clusters 1 --churn 0 --seed 7").unwrap().command
    else {
        panic!("this is no serve")
    };
    assert_eq!(sizes, Sizes { clusters: Some(1), churn: Some(0), seed: Some(7), ..Sizes::default() });
    assert_eq!((serve.listen.to_string().as_str(), serve.kubeconfig), ("127.0.0.1:0", "f".into()));
    assert!(read("serve --write-kubeconfig f --listen [::1]:6443").is_ok());
    for (line, why) in [
        ("serve", "--write-kubeconfig"),
        ("serve --write-kubeconfig f --listen 10.0.0.1:1", "only an address of this machine"),
        ("serve --write-kubeconfig f --listen here", "no address"),
        ("demo --pods many", "--pods"),
    ] {
        assert!(refused(line).contains(why), "{line}: {}", refused(line));
    }
}
