use super::*;
use crate::server::resource::{DEPLOYMENTS, PODS, built_in};
use crate::server::store::Texts;

#[test]
fn labels() {
    let have = [("app", "web"), ("tier", "2"), ("empty", "")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    for yes in [
        "",
        "app",
        "!gone",
        "app=web",
        "app==web",
        "app!=db",
        "gone!=x",
        "app in (web, db)",
        "app notin (db)",
        "gone notin (x)",
        "tier>1,tier<3",
        " app = web , tier ",
        "empty=",
        "empty in ()",
        "empty in (a,)",
    ] {
        assert!(Labels::parse(yes).unwrap().matches(&have), "{yes}");
    }
    for no in ["!app", "gone", "app=db", "app!=web", "app in (db)", "app notin (web)", "tier>2", "app<3", "app="] {
        assert!(!Labels::parse(no).unwrap().matches(&have), "{no}");
    }
    for bad in ["app in", "app in web", "app in (web", "=x", "app,,b", "app,", "app=a b", "a>x", "-a", "!a=b"] {
        assert!(Labels::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn fields() {
    let all = built_in();
    let have = |name: &str| {
        let mut values = vec![String::new(); all[PODS].fields.len()];
        values[0] = name.to_owned();
        Texts::new(values.iter().map(String::as_str))
    };
    let parse = |text| Fields::parse(&all[PODS], text);
    assert!(parse("metadata.name=a,metadata.namespace!=x").unwrap().matches(&have("a")));
    assert!(!parse("metadata.name!=a").unwrap().matches(&have("a")));
    assert!(parse(r"metadata.name==a\,b").unwrap().matches(&have("a,b")));
    assert_eq!(parse("spec.color=red").unwrap_err(), "field label not supported: spec.color");
    assert!(parse("metadata.name").is_err());
    assert!(Fields::parse(&all[DEPLOYMENTS], "spec.replicas=1").unwrap_err().contains("not a known field selector"));
}
