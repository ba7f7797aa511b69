//! The query of a list or a watch, validated as the API server validates it.

use super::resource::Resource;
use super::select::{Fields, Labels};
use super::status::{Cause, Failure};

/// Which version a list wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Match {
    /// Not said.
    Unset,
    /// Exactly the one given.
    Exact,
    /// The one given or a later one.
    NotOlderThan,
}

/// What a table row carries besides its cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Include {
    /// Nothing.
    None,
    /// The object's metadata.
    Metadata,
    /// The object.
    Object,
}

/// The options of one request.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether to watch.
    pub watch: bool,
    /// The page size; 0 for everything.
    pub limit: usize,
    /// The continue token; empty for the first page.
    pub resume: String,
    /// The resource version: `None` when not given.
    pub version: Option<u64>,
    /// How to take the resource version.
    pub version_match: Match,
    /// Selected labels.
    pub labels: Labels,
    /// Selected fields.
    pub fields: Fields,
    /// Whether a watch may carry bookmarks.
    pub bookmarks: bool,
    /// When to end a watch, in seconds.
    pub timeout: Option<u64>,
    /// Whether a watch begins with what is there; `None` when not said.
    pub initial: Option<bool>,
    /// For tables.
    pub include: Include,
}

/// The pairs of a query, decoded; the first of a name counts.
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Splits and decodes a query string.
    pub fn parse(text: &str) -> Query {
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(name, true), decode(value, true))
        };
        Query(text.split('&').filter(|part| !part.is_empty()).map(pair).collect())
    }

    /// The first value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or("")
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).map(|value| value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    fn number(&self, name: &str) -> Result<i64, Failure> {
        match self.text(name) {
            "" => Ok(0),
            text => text
                .parse()
                .map_err(|_| Failure::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax"))),
        }
    }
}

/// Resolves `%xx`, and `+` to a blank where asked.
pub fn decode(text: &str, plus: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = || text.get(i + 1..i + 3).and_then(|two| u8::from_str_radix(two, 16).ok());
        match bytes[i] {
            b'%' if let Some(byte) = hex() => {
                out.push(byte);
                i += 3;
                continue;
            }
            b'+' if plus => out.push(b' '),
            byte => out.push(byte),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

impl Options {
    /// Reads and checks the options for a collection of a resource.
    pub fn parse(query: &Query, resource: &Resource) -> Result<Options, Failure> {
        let watch = query.flag("watch").unwrap_or(false);
        let version_text = query.text("resourceVersion");
        let match_text = query.text("resourceVersionMatch");
        let resume = query.text("continue").to_owned();
        let timeout = query.number("timeoutSeconds")?;
        let limit = query.number("limit")?;
        let labels = Labels::parse(query.text("labelSelector")).map_err(Failure::bad_request)?;

        let mut initial = query.flag("sendInitialEvents");
        let mut match_word = match_text;
        if watch && initial.is_none() && match_text.is_empty() && matches!(version_text, "" | "0") {
            initial = Some(true);
            match_word = "NotOlderThan";
        }
        let causes = if watch {
            watch_causes(initial, match_word, &resume)
        } else {
            list_causes(query.flag("sendInitialEvents"), match_word, version_text, &resume)
        };
        if !causes.is_empty() {
            return Err(Failure::invalid_options(&causes));
        }
        let version_match = match match_word {
            "Exact" => Match::Exact,
            "NotOlderThan" => Match::NotOlderThan,
            _ => Match::Unset,
        };
        let fields = Fields::parse(resource, query.text("fieldSelector")).map_err(Failure::bad_request)?;
        let version = match version_text {
            "" => None,
            text => Some(text.parse().map_err(|_| {
                Failure::bad_request(format!(
                    "invalid resource version: resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax"
                ))
            })?),
        };
        let include = match query.text("includeObject") {
            "" | "Metadata" => Include::Metadata,
            "None" => Include::None,
            "Object" => Include::Object,
            other => {
                return Err(Failure::bad_request(format!(
                    "Unable to convert to Table as requested: includeObject: Invalid value: {other:?}: \
                     must be 'Metadata', 'Object', 'None', or empty"
                )));
            }
        };
        Ok(Options {
            watch,
            limit: usize::try_from(limit).unwrap_or(0),
            resume,
            version,
            version_match,
            labels,
            fields,
            bookmarks: query.flag("allowWatchBookmarks").unwrap_or(false),
            timeout: u64::try_from(timeout).ok().filter(|seconds| *seconds > 0),
            initial,
            include,
        })
    }
}

impl Options {
    /// The one name that the field selector asks for, where it asks for one.
    pub fn named(&self) -> Option<&str> {
        self.fields.equal(0)
    }
}

fn list_causes(initial: Option<bool>, wanted: &str, version: &str, resume: &str) -> Vec<Cause> {
    const FIELD: &str = "resourceVersionMatch";
    let mut causes = Vec::new();
    if !wanted.is_empty() {
        if version.is_empty() {
            let why = "resourceVersionMatch is forbidden unless resourceVersion is provided";
            causes.push(Cause::forbidden(FIELD, why));
        }
        if !resume.is_empty() {
            causes.push(Cause::forbidden(FIELD, "resourceVersionMatch is forbidden when continue is provided"));
        }
        if !matches!(wanted, "Exact" | "NotOlderThan") {
            causes.push(Cause::unsupported(FIELD, wanted, &["Exact", "NotOlderThan", ""]));
        }
        if wanted == "Exact" && version == "0" {
            let why = "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
            causes.push(Cause::forbidden(FIELD, why));
        }
    }
    if initial.is_some() {
        causes.push(Cause::forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
    }
    causes
}

fn watch_causes(initial: Option<bool>, wanted: &str, resume: &str) -> Vec<Cause> {
    const FIELD: &str = "resourceVersionMatch";
    let mut causes = Vec::new();
    if initial.is_some() && wanted != "NotOlderThan" {
        let why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        causes.push(Cause::forbidden(FIELD, why));
    }
    if !wanted.is_empty() {
        if initial.is_none() {
            let why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
            causes.push(Cause::forbidden(FIELD, why));
        }
        if wanted != "NotOlderThan" {
            causes.push(Cause::unsupported(FIELD, wanted, &["NotOlderThan"]));
        }
        if !resume.is_empty() {
            causes.push(Cause::forbidden(FIELD, "resourceVersionMatch is forbidden when continue is provided"));
        }
    }
    causes
}
