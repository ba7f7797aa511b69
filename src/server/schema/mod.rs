//! The fields of kinds: what patches, server-side apply and field checks need to know of them.

mod parse;
#[cfg(test)]
mod tests;
pub mod wire;

use parse::types;
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::sync::LazyLock;

/// All but the metadata of an object that says nothing, as the server writes it.
pub fn blank(group: &str, plural: &str) -> &'static Value {
    static BLANKS: LazyLock<FxHashMap<String, Value>> = LazyLock::new(|| {
        let lines = include_str!("blank.txt").lines().filter(|line| !line.starts_with('#'));
        let read = |line: &'static str| {
            let (kind, text) = line.split_at(line.find(" {")?);
            Some((kind.trim_start_matches('-').to_owned(), serde_json::from_str(text).ok()?))
        };
        lines.filter_map(read).collect()
    });
    static NOTHING: LazyLock<Value> = LazyLock::new(|| Value::Object(serde_json::Map::new()));
    BLANKS.get(&format!("{group} {plural}")).unwrap_or(&NOTHING)
}

/// The form of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Form {
    /// A text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A text or a number: a quantity, or a port by number or name.
    Quantity,
    /// Anything.
    Any,
    /// A type of the table, by place.
    Type(usize),
    /// A map with values of one form.
    Map(Box<Form>),
    /// A list with items of one form.
    List(Box<Form>),
}

/// A field of a type.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its form.
    pub form: Form,
    /// For lists: no item stands twice.
    set: bool,
    /// For lists: the fields that tell items apart.
    keys: Vec<&'static str>,
    /// Maps and lists that are replaced as a whole.
    atomic: bool,
    /// How a strategic merge patch treats it.
    pub merge: Merge,
    /// A strategic merge patch drops the keys that it does not name.
    pub retain: bool,
    /// What an absent scalar means.
    pub default: Option<&'static str>,
}

/// How a strategic merge patch treats a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Merge {
    /// It replaces it.
    #[default]
    Replace,
    /// Items are united: a list of scalars.
    Unite,
    /// Items with the same value of this field are merged.
    By(&'static str),
}

/// A type: its name and its fields by name.
#[derive(Debug)]
pub struct Type {
    /// Such as `core.v1.Pod`.
    pub name: &'static str,
    /// Its fields, sorted.
    pub fields: Vec<Field>,
}

impl Type {
    /// A field.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.binary_search_by(|field| field.name.cmp(name)).ok().map(|at| &self.fields[at])
    }
}

/// The type at a place of the table.
pub fn type_at(at: usize) -> Option<&'static Type> {
    types().all.get(at)
}

/// The type of a name.
pub fn type_named(name: &str) -> Option<&'static Type> {
    types().all.iter().find(|of| of.name == name)
}

/// What is known about a value somewhere in an object.
#[derive(Clone, Copy, Debug)]
pub enum Shape<'a> {
    /// Nothing: maps are maps, lists are replaced.
    Any,
    /// A built-in field.
    Field(&'a Field),
    /// A value in a built-in map or list, or a whole object.
    Form(&'a Form),
    /// A field of a custom resource: its part of the `openAPIV3Schema`.
    Custom(&'a Value),
}

/// How the parts of a value are told apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Parts<'a> {
    /// It has none, or none that are owned apart.
    Leaf,
    /// Fields, or keys of a map.
    Fields {
        /// Whether the fields are known beforehand, as those of a type are.
        declared: bool,
    },
    /// Items by their value.
    Set,
    /// Items by some of their fields.
    Keyed(Vec<&'a str>),
}

impl Shape<'static> {
    /// The shape of a built-in kind: `apps`, `v1`, `Deployment`.
    pub fn built_in(group: &str, version: &str, kind: &str) -> Option<Shape<'static>> {
        // `rbac.authorization.k8s.io` is `rbac` in names of types.
        let group = if group.is_empty() { "core" } else { group.split('.').next().unwrap_or(group) };
        let types = types();
        let (form, _) = types.roots.iter().find(|(_, name)| {
            let mut parts = name.split('.');
            parts.next() == Some(group) && parts.next() == Some(version) && parts.next() == Some(kind)
        })?;
        Some(Shape::Form(form))
    }
}

impl<'a> Shape<'a> {
    fn form(self) -> Option<&'a Form> {
        match self {
            Shape::Field(field) => Some(&field.form),
            Shape::Form(form) => Some(form),
            Shape::Any | Shape::Custom(_) => None,
        }
    }

    /// The type, where it is a built-in one.
    pub fn of_type(self) -> Option<&'static Type> {
        match self.form()? {
            Form::Type(at) => types().all.get(*at),
            _ => None,
        }
    }

    /// The field, where it is a built-in one.
    pub fn field(self) -> Option<&'a Field> {
        if let Shape::Field(field) = self { Some(field) } else { None }
    }

    /// The shape of a field or of a map's value.
    pub fn child(self, name: &str) -> Shape<'a> {
        if let Shape::Custom(schema) = self {
            if flag(schema, "x-kubernetes-embedded-resource") && name == "metadata" {
                return Shape::Any;
            }
            let declared = schema.get("properties").and_then(|all| all.get(name));
            let other = || schema.get("additionalProperties").filter(|schema| schema.is_object());
            return declared.or_else(other).map_or(Shape::Any, Shape::Custom);
        }
        match self.form() {
            Some(Form::Type(at)) => types().all.get(*at).and_then(|of| of.field(name)).map_or(Shape::Any, Shape::Field),
            Some(Form::Map(value)) => Shape::Form(value),
            _ => Shape::Any,
        }
    }

    /// Whether a field of this name may stand here.
    pub fn knows(self, name: &str) -> bool {
        if let Shape::Custom(schema) = self {
            let open = flag(schema, "x-kubernetes-preserve-unknown-fields")
                || schema.get("additionalProperties").is_some_and(|more| more != &Value::Bool(false))
                || (flag(schema, "x-kubernetes-embedded-resource")
                    && matches!(name, "apiVersion" | "kind" | "metadata"));
            return open || schema.get("properties").is_some_and(|all| all.get(name).is_some());
        }
        self.of_type().is_none_or(|of| of.field(name).is_some())
    }

    /// The shape of a list's items.
    pub fn item(self) -> Shape<'a> {
        match self {
            Shape::Custom(schema) => schema.get("items").map_or(Shape::Any, Shape::Custom),
            _ => match self.form() {
                Some(Form::List(item)) => Shape::Form(item),
                _ => Shape::Any,
            },
        }
    }

    /// How the parts of a value of this shape are told apart.
    pub fn parts(self, value: &Value) -> Parts<'a> {
        let (set, keys, atomic, declared) = match self {
            Shape::Custom(schema) => {
                let word = |name: &str| schema.get(name).and_then(Value::as_str).unwrap_or("");
                let list = word("x-kubernetes-list-type");
                let keys = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
                let keys = keys
                    .filter(|_| list == "map")
                    .map_or_else(Vec::new, |keys| keys.iter().filter_map(Value::as_str).collect());
                let atomic = word("x-kubernetes-map-type") == "atomic";
                (list == "set", keys, atomic, schema.get("properties").is_some())
            }
            Shape::Field(field) => (field.set, field.keys.clone(), field.atomic, matches!(field.form, Form::Type(_))),
            Shape::Form(form) => (false, Vec::new(), false, matches!(form, Form::Type(_))),
            Shape::Any => (false, Vec::new(), false, false),
        };
        match value {
            _ if atomic => Parts::Leaf,
            Value::Object(_) => Parts::Fields { declared },
            Value::Array(_) if set => Parts::Set,
            Value::Array(_) if !keys.is_empty() => Parts::Keyed(keys),
            _ => Parts::Leaf,
        }
    }

    /// What an absent key of an item means.
    pub fn default_of(self, name: &str) -> Option<Value> {
        match self.child(name) {
            Shape::Field(field) => field.default.map(Value::from),
            Shape::Custom(schema) => schema.get("default").cloned(),
            Shape::Any | Shape::Form(_) => None,
        }
    }
}

fn flag(schema: &Value, name: &str) -> bool {
    schema.get(name).and_then(Value::as_bool).unwrap_or(false)
}

impl Shape<'_> {
    /// What must stand here, where the value is of another form.
    pub fn wants(self, value: &Value) -> Option<&'static str> {
        if let Shape::Custom(schema) = self {
            if flag(schema, "x-kubernetes-int-or-string") {
                return (!value.is_string() && !value.is_number()).then_some("integer or string");
            }
            return match schema.get("type").and_then(Value::as_str)? {
                "string" => (!value.is_string()).then_some("string"),
                "integer" => (!value.is_i64() && !value.is_u64()).then_some("integer"),
                "number" => (!value.is_number()).then_some("number"),
                "boolean" => (!value.is_boolean()).then_some("boolean"),
                "array" => (!value.is_array()).then_some("array"),
                "object" => (!value.is_object()).then_some("object"),
                _ => None,
            };
        }
        match self.form()? {
            Form::Text => (!value.is_string()).then_some("string"),
            Form::Integer => (!value.is_i64() && !value.is_u64()).then_some("int32"),
            Form::Number => (!value.is_number()).then_some("float64"),
            Form::Boolean => (!value.is_boolean()).then_some("bool"),
            Form::Quantity => (!value.is_string() && !value.is_number()).then_some("string"),
            Form::Type(_) | Form::Map(_) => (!value.is_object()).then_some("object"),
            Form::List(_) => (!value.is_array()).then_some("array"),
            Form::Any => None,
        }
    }
}
