//! The paths of printer columns: `.a.b`, `['a.b']`, `[0]`, `[*]`, `[?(@.type=="Ready")]`.

use serde_json::Value;

/// The values that a path leads to, in order; none when it is not understood.
pub fn find<'a>(object: &'a Value, path: &str) -> Vec<&'a Value> {
    let path = path.trim().trim_start_matches('{').trim_end_matches('}').trim_start_matches('$');
    walk(vec![object], path).unwrap_or_default()
}

fn walk<'a>(mut here: Vec<&'a Value>, mut path: &str) -> Option<Vec<&'a Value>> {
    while !path.is_empty() {
        if let Some(rest) = path.strip_prefix('[') {
            let (inner, after) = bracket(rest)?;
            here = here.into_iter().flat_map(|value| select(value, inner)).collect();
            path = after;
            continue;
        }
        let rest = path.strip_prefix('.').unwrap_or(path);
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name == "*" {
            here = here.into_iter().flat_map(all).collect();
        } else if !name.is_empty() {
            here = here.into_iter().filter_map(|value| value.get(name)).collect();
        }
        path = after;
    }
    Some(here)
}

/// What stands up to the bracket that closes, and what follows it.
fn bracket(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut quote) = (1, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') => {
                depth -= 1;
                if depth == 0 {
                    return Some((&text[..at], &text[at + 1..]));
                }
            }
            _ => {}
        }
    }
    None
}

fn all(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    }
}

fn select<'a>(value: &'a Value, inner: &str) -> Vec<&'a Value> {
    let inner = inner.trim();
    if inner == "*" {
        return all(value);
    }
    if let Some(test) = inner.strip_prefix("?(").and_then(|rest| rest.strip_suffix(')')) {
        return all(value).into_iter().filter(|item| holds(item, test)).collect();
    }
    if let Some(name) = unquoted(inner) {
        return value.get(name).into_iter().collect();
    }
    match inner.parse::<i64>() {
        Ok(at) => {
            let length = value.as_array().map_or(0, Vec::len) as i64;
            let at = if at < 0 { at + length } else { at };
            usize::try_from(at).ok().and_then(|at| value.get(at)).into_iter().collect()
        }
        Err(_) => Vec::new(),
    }
}

fn unquoted(text: &str) -> Option<&str> {
    ['\'', '"'].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
}

/// Whether an item passes `@.path`, `@.path=="text"` or `@.path!="text"`.
fn holds(item: &Value, test: &str) -> bool {
    let (path, equal, wanted) = match (test.split_once("=="), test.split_once("!=")) {
        (Some((path, wanted)), _) => (path, true, Some(wanted)),
        (None, Some((path, wanted))) => (path, false, Some(wanted)),
        (None, None) => (test, true, None),
    };
    let found = walk(vec![item], path.trim().trim_start_matches('@')).unwrap_or_default();
    let Some(wanted) = wanted.map(str::trim) else { return !found.is_empty() };
    let is = |value: &&Value| match unquoted(wanted) {
        Some(text) => **value == text,
        None => serde_json::from_str(wanted).is_ok_and(|wanted: Value| wanted == **value),
    };
    !found.is_empty() && found.iter().any(is) == equal
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_of_printer_columns() {
        let object =
            json!({"a": {"b.c": 1, "list": [{"type": "Ready", "s": "True"}, {"type": "Other", "s": "False"}]}});
        let found = |path: &str| find(&object, path).into_iter().cloned().collect::<Vec<_>>();
        assert_eq!(found(".a['b.c']"), [json!(1)]);
        assert_eq!(found(".a.list[?(@.type==\"Ready\")].s"), [json!("True")]);
        assert_eq!(found(".a.list[?(@.type!='Ready')].s"), [json!("False")]);
        assert_eq!(found(".a.list[*].type"), [json!("Ready"), json!("Other")]);
        assert_eq!(found("{.a.list[-1].type}"), [json!("Other")]);
        for odd in ["[", ".a[?(", ".a.list[x]", ".nothing"] {
            assert_eq!(found(odd), [] as [Value; 0], "{odd}");
        }
    }
}
