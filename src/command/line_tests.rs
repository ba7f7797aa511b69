use super::*;
use crate::model::state::Phase;
use crate::view::snapshot::{ClusterLine, Names};

fn world() -> (Names, Vec<ClusterLine>) {
    let kinds = [("pods", "po"), ("nodes", "no"), ("deployments", "deploy"), ("services", "svc")];
    let names = Names {
        complete: true,
        kinds: kinds.map(|(plural, short)| (plural.to_owned(), vec![short.to_owned()])).into(),
        namespaces: ["default", "team-a", "team-b"].map(ToOwned::to_owned).into(),
    };
    let clusters = ["live", "edge-1", "edge-2", "admin@kind", "a b"].map(|name| {
        let mut line = ClusterLine { name: name.into(), ..ClusterLine::default() };
        line.state.phase = if name == "live" { Phase::Live } else { Phase::Idle };
        line
    });
    (names, clusters.into())
}

fn read(text: &str) -> Result<Line, String> {
    let (names, clusters) = world();
    parse(text, &Known { names: &names, clusters: &clusters, columns: &[] }).map_err(|error| error.to_string())
}

/// `kind|namespaces|clusters|filter`
fn opened(text: &str) -> String {
    let open = match read(text) {
        Ok(Line::Open(open)) => open,
        other => return format!("{other:?}"),
    };
    let pane = match open.pane {
        None => "same".to_owned(),
        Some(Pane::Clusters) => "CLUSTERS".to_owned(),
        Some(Pane::Kind(kind)) => kind,
        Some(Pane::Object(object)) => object.name,
    };
    let namespaces = match open.namespaces {
        None => "same".to_owned(),
        Some(Namespaces::Only(names)) => names.join(","),
        Some(other) => format!("{other:?}").to_lowercase(),
    };
    let clusters = match open.clusters {
        Clusters::Same => "same".to_owned(),
        Clusters::All => "all".to_owned(),
        Clusters::Only(ids) => ids.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(","),
    };
    format!("{pane}|{namespaces}|{clusters}|{}", open.filter)
}

#[test]
fn kinds_with_scope_and_filter_in_any_order() {
    for (text, expected) in [
        ("pods", "pods|same|same|"),
        (":po", "po|same|same|"),
        ("  Deploy  ", "Deploy|same|same|"),
        ("deployments.apps", "deployments.apps|same|same|"),
        ("po team-a", "po|team-a|same|"),
        ("team-a po", "po|team-a|same|"),
        ("po team-a,team-b", "po|team-a,team-b|same|"),
        ("po -n pods", "po|pods|same|"),
        ("po -A", "po|all|same|"),
        ("-A po", "po|all|same|"),
        ("po all", "po|all|same|"),
        ("po @live", "po|same|0|"),
        ("@live po team-a", "po|team-a|0|"),
        ("po @edge-1,live", "po|same|1,0|"),
        ("po @admin@kind", "po|same|3|"),
        ("po @kind", "po|same|3|"),
        ("po @\"a b\"", "po|same|4|"),
        ("po @all", "po|same|all|"),
        ("po @*", "po|same|all|"),
        ("po /Web Front", "po|same|same|Web Front"),
        ("po /!web @live -A", "po|all|0|!web"),
        ("po team-a @live /web", "po|team-a|0|web"),
        ("po /-l App=Foo", "po|same|same|-l App=Foo"),
        ("po App=Foo,tier!=db", "po|same|same|-l App=Foo,tier!=db"),
        ("po 'env in (a,b)' team-a", "po|team-a|same|-l env in (a,b)"),
        ("po -l app=web", "po|same|same|-l app=web"),
        ("@live", "same|same|0|"),
        ("-A", "same|all|same|"),
        ("/web", "same|same|same|web"),
        ("ns", "namespaces|same|same|"),
        ("ns team-a", "pods|team-a|same|"),
        ("namespace team-a,team-b @live", "pods|team-a,team-b|0|"),
        ("ns all", "pods|all|same|"),
        ("ns @live", "namespaces|same|0|"),
        ("ns /team", "namespaces|same|same|team"),
        ("clusters", "CLUSTERS|same|same|"),
        ("ctx /edge", "CLUSTERS|same|same|edge"),
        ("ctx live", "same|same|0|"),
        ("ctx @live", "same|same|0|"),
        ("ctx edge-1,edge-2", "same|same|1,2|"),
        ("contexts *", "same|same|all|"),
    ] {
        assert_eq!(opened(text), expected, "{text}");
    }
}

#[test]
fn commands_with_their_arguments() {
    for (text, id, argument) in [
        ("q", Id::Quit, ""),
        (":q!", Id::Quit, ""),
        ("sort -age", Id::Sort, "-age"),
        ("filter  a b ", Id::Filter, "a b"),
        ("?", Id::Help, ""),
        ("retry live", Id::Retry, "live"),
    ] {
        assert_eq!(read(text), Ok(Line::Call(Call { id, argument: argument.into() })), "{text}");
    }
    assert_eq!(read(" : "), Ok(Line::Empty));
}

#[test]
fn errors_say_what_to_write_instead() {
    for (text, expected) in [
        ("pdos", "There is no kind and no command `pdos`: pods?"),
        ("xyzzy", "There is no kind and no command `xyzzy`"),
        ("qiut", "There is no kind and no command `qiut`: quit?"),
        ("po @lvie", "There is no cluster `lvie`: live?"),
        ("po @edge", "`edge` may mean edge-1 or edge-2"),
        ("po @", "There is no cluster ``"),
        ("ctx nowhere", "There is no cluster `nowhere`"),
        ("quit now", "`quit` takes no argument"),
        ("po a b", "`b` is one word too many"),
        ("po team-a -A", "There is more than one namespace: write them with commas, `a,b`"),
        ("po @live @edge-1", "There is more than one @cluster: write them with commas, `@a,b`"),
        ("po a=b /web", "There is more than one filter"),
        ("po -x", "There is no option `-x`: -A, -n NAMESPACE and -l SELECTOR are understood"),
        ("po -n", "`-n` needs a value"),
        ("po 'a", "A quote is not closed"),
    ] {
        assert_eq!(read(text), Err(expected.to_owned()), "{text}");
    }
}

#[test]
fn what_is_not_known_yet_is_left_to_the_view() {
    let known = Known { names: &Names::default(), clusters: &[], columns: &[] };
    let Ok(Line::Open(open)) = parse("widgets", &known) else { panic!("not opened") };
    assert_eq!(open.pane, Some(Pane::Kind("widgets".into())));
}

proptest::proptest! {
    #[test]
    fn no_line_panics(text in "\\PC{0,40}") {
        let _ = read(&text);
    }

    #[test]
    fn no_line_of_lines_own_words_panics(words in proptest::collection::vec(
        proptest::sample::select(vec!["po", "@live", "@", "-A", "-n", "-l", "/x", "'", "ns", "ctx", "a=b", ",", "*", ":"]), 0..7)
    ) {
        let _ = read(&words.join(" "));
    }
}
