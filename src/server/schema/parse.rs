//! Reads the table of types.

use super::{Field, Form, Merge, Type};
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

const TABLE: &str = include_str!("kinds.txt");

/// Every type.
pub struct Types {
    /// The types, in the order of the table.
    pub all: Vec<Type>,
    /// A form for each type that may be a whole object, with the type's name.
    pub roots: Vec<(Form, &'static str)>,
}

/// The table, read when it is first needed.
pub fn types() -> &'static Types {
    static TYPES: OnceLock<Types> = OnceLock::new();
    TYPES.get_or_init(|| read(TABLE))
}

fn read(table: &'static str) -> Types {
    let lines = || table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let names = lines().filter(|line| !line.starts_with(' '));
    let places: FxHashMap<&str, usize> = names.enumerate().map(|(at, name)| (name, at)).collect();
    let mut all: Vec<Type> = Vec::with_capacity(places.len());
    for line in lines() {
        match line.strip_prefix(' ') {
            None => all.push(Type { name: line, fields: Vec::new() }),
            Some(field) => {
                if let (Some(of), Some(field)) = (all.last_mut(), read_field(field, &places)) {
                    of.fields.push(field);
                }
            }
        }
    }
    let is_root = |of: &Type| ["apiVersion", "kind"].iter().all(|name| of.field(name).is_some());
    let roots =
        all.iter().enumerate().filter(|(_, of)| is_root(of)).map(|(at, of)| (Form::Type(at), of.name)).collect();
    Types { all, roots }
}

fn read_field(line: &'static str, places: &FxHashMap<&str, usize>) -> Option<Field> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let form = read_form(words.next()?, places)?;
    let mut field = Field {
        name,
        form,
        set: false,
        keys: Vec::new(),
        atomic: false,
        merge: Merge::Replace,
        retain: false,
        default: None,
    };
    for word in words {
        match word.split_once('=') {
            Some(("key", keys)) => field.keys = keys.split(',').collect(),
            Some(("merge", key)) => field.merge = Merge::By(key),
            Some(("default", value)) => field.default = Some(value),
            None if word == "set" => field.set = true,
            None if word == "atomic" => field.atomic = true,
            None if word == "merge" => field.merge = Merge::Unite,
            None if word == "retain" => field.retain = true,
            _ => {}
        }
    }
    Some(field)
}

fn read_form(text: &str, places: &FxHashMap<&str, usize>) -> Option<Form> {
    let mut rest = text.chars();
    Some(match rest.next()? {
        's' => Form::Text,
        'i' => Form::Integer,
        'n' => Form::Number,
        'b' => Form::Boolean,
        'q' => Form::Quantity,
        '@' => Form::Type(*places.get(rest.as_str())?),
        '{' => Form::Map(Box::new(read_form(rest.as_str(), places)?)),
        '[' => Form::List(Box::new(read_form(rest.as_str(), places)?)),
        _ => Form::Any,
    })
}
