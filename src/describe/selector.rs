//! Label selectors: as kubectl writes them, and as a query takes them.

use super::fields::Fields;
use serde_json::Value;

/// A `LabelSelector` as text; empty when it selects by nothing.
pub(super) fn text(selector: &Value) -> String {
    let mut parts = pairs(selector.at("matchLabels"));
    for expression in selector.items("matchExpressions") {
        let (key, values) = (expression.text("key"), expression.texts("values").join(","));
        parts.push(match expression.text("operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            other => format!("{key} {other} ({values})"),
        });
    }
    parts.join(",")
}

/// A map of labels as a selector: `a=1,b=2`.
pub(super) fn of_map(map: &Value) -> String {
    pairs(map).join(",")
}

fn pairs(map: &Value) -> Vec<String> {
    map.entries("").into_iter().map(|(key, value)| format!("{key}={}", value.scalar(""))).collect()
}

/// Requirements of a node selector or a topology, one a line: `zone in [a, b]`.
pub(super) fn requirements(items: &[Value], always: Option<&str>) -> Vec<String> {
    let requirement = |it: &Value| {
        let operator = always.map_or_else(|| it.text("operator").to_lowercase(), ToOwned::to_owned);
        let values = it.texts("values");
        let head = format!("{} {operator}", it.text("key"));
        if values.is_empty() { head } else { format!("{head} [{}]", values.join(", ")) }
    };
    items.iter().map(requirement).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_read_as_queries_do() {
        let selector = json!({
            "matchLabels": {"b": "2", "a": "1"},
            "matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["x", "y"]},
                {"key": "old", "operator": "DoesNotExist"},
                {"key": "new", "operator": "Exists"}
            ]
        });
        assert_eq!(text(&selector), "a=1,b=2,tier in (x,y),!old,new");
        assert_eq!(text(&json!(null)), "");
        assert_eq!(requirements(selector.items("matchExpressions"), None)[0], "tier in [x, y]");
    }
}
