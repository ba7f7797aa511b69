//! Lists: pages, versions and their wire form.

use super::negotiate::Form;
use super::options::{Include, Match, Options};
use super::resource::Id;
use super::status::Failure;
use super::store::{Miss, Place, Record, Store};
use super::table;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How long a request waits for a version that has not happened yet.
const PATIENCE: Duration = Duration::from_secs(3);

/// A version that means "the latest" in a continue token.
const LATEST: i64 = -1;

/// One page.
pub struct Page {
    /// The version that the page shows.
    pub version: u64,
    /// The token of the next page.
    pub resume: Option<String>,
    /// How many objects follow; known only without selectors.
    pub remaining: Option<usize>,
    /// The objects.
    pub items: Vec<Arc<Record>>,
}

/// Waits until a version has happened.
pub async fn reach(store: &Store, version: u64) -> Result<(), Failure> {
    let mut changes = store.subscribe();
    let reached = async { changes.wait_for(|now| *now >= version).await.is_ok() };
    match tokio::time::timeout(PATIENCE, reached).await {
        Ok(true) => Ok(()),
        _ => Err(Failure::too_large_version(version, store.version())),
    }
}

/// Whether a selection takes an object, under `prefix` (`namespace/` or nothing).
pub fn selects(options: &Options, prefix: &str, record: &Record) -> bool {
    record.key.starts_with(prefix)
        && (options.labels.is_empty() || options.labels.matches(&record.labels))
        && (options.fields.is_empty() || options.fields.matches(&record.fields))
}

/// Where a list begins, and what it shows.
struct Opened {
    /// The version; none for the latest.
    version: Option<u64>,
    /// The key to begin at, relative to the prefix.
    start: String,
    /// How many objects there are from there on, where the page before this one knew.
    left: Option<usize>,
}

/// Reads the page that the options ask for.
pub async fn page(store: &Store, place: &Place, prefix: &str, options: &Options) -> Result<Page, Failure> {
    let opened = open(store, options).await?;
    let limit = match options.version {
        Some(0) if options.version_match != Match::Exact => 0,
        _ => options.limit,
    };
    let prefix = narrowed(place, prefix, options);
    let from = format!("{prefix}{}", opened.start);
    // A name that is asked for says where to look, unless its namespace is not known.
    let named = options.named().filter(|_| !place.resource.namespaced || !prefix.is_empty());
    let only = named.map(|name| format!("{prefix}{name}"));
    let from = only.as_ref().filter(|key| **key > from).unwrap_or(&from);
    let mut items: Vec<Arc<Record>> = Vec::new();
    let mut more = false;
    let mut visit = |record: &Arc<Record>| {
        if only.as_ref().is_some_and(|key| **key != *record.key) {
            return false;
        }
        if limit > 0 && items.len() == limit {
            more = true;
            return false;
        }
        if selects(options, &prefix, record) {
            items.push(record.clone());
        }
        true
    };
    let read = store.read(place.id, opened.version, &prefix, from, &mut visit);
    let version = read.map_err(|miss| match (miss, opened.version) {
        (Miss::TooOld(_), _) if !options.resume.is_empty() => {
            Failure::continue_expired(token(LATEST, &opened.start, None))
        }
        (Miss::TooOld(_), _) => Failure::expired("The resourceVersion for the provided list is too old."),
        (Miss::TooNew(current), wanted) => Failure::too_large_version(wanted.unwrap_or(current), current),
    })?;
    let mut page = Page { version, resume: None, remaining: None, items };
    if let (true, Some(last)) = (more, page.items.last()) {
        let next = format!("{}\0", &last.key[prefix.len()..]);
        if options.labels.is_empty() && options.fields.is_empty() {
            page.remaining = match opened.left {
                Some(left) => left.checked_sub(page.items.len()),
                None => count(store, place.id, opened.version, &prefix, &last.key),
            };
        }
        page.resume = Some(token(version as i64, &next, page.remaining));
    }
    Ok(page)
}

/// How many objects come after a key.
fn count(store: &Store, id: Id, version: Option<u64>, prefix: &str, after: &str) -> Option<usize> {
    let mut count = 0;
    let mut visit = |_: &Arc<Record>| {
        count += 1;
        true
    };
    store.read(id, version, prefix, &format!("{after}\0"), &mut visit).ok().map(|_| count)
}

/// The prefix, or that of the one namespace that the fields ask for.
fn narrowed(place: &Place, prefix: &str, options: &Options) -> String {
    let asked = options.fields.equal(1).filter(|_| prefix.is_empty() && place.resource.namespaced);
    asked.map_or_else(|| prefix.to_owned(), |namespace| format!("{namespace}/"))
}

/// Everything that a watch begins with: what is selected of the latest state.
pub fn everything(store: &Store, place: &Place, prefix: &str, options: &Options) -> (Vec<Arc<Record>>, u64) {
    let prefix = narrowed(place, prefix, options);
    let mut items = Vec::new();
    let mut visit = |record: &Arc<Record>| {
        if selects(options, &prefix, record) {
            items.push(record.clone());
        }
        true
    };
    let version = store.read(place.id, None, &prefix, "", &mut visit).unwrap_or_else(|_| store.version());
    (items, version)
}

/// The state to read and the key to begin at.
async fn open(store: &Store, options: &Options) -> Result<Opened, Failure> {
    if !options.resume.is_empty() {
        if options.version.is_some_and(|version| version != 0) {
            return Err(Failure::bad_request("specifying resource version is not allowed when using continue"));
        }
        let (version, start, left) = read_token(&options.resume)?;
        return Ok(Opened { version: u64::try_from(version).ok(), start, left });
    }
    let exact = match (options.version, options.version_match) {
        (Some(version), Match::Exact) => Some(version),
        (Some(version), Match::Unset) if version > 0 && options.limit > 0 => Some(version),
        _ => None,
    };
    if let (None, Some(version)) = (exact, options.version) {
        reach(store, version).await?;
    }
    Ok(Opened { version: exact, start: String::new(), left: None })
}

/// A continue token. How many objects are left is known only to those who counted them at the beginning.
fn token(version: i64, start: &str, left: Option<usize>) -> String {
    let mut token = json!({"v": "meta.k8s.io/v1", "rv": version, "start": start});
    if let Some(left) = left {
        token["left"] = left.into();
    }
    URL_SAFE_NO_PAD.encode(token.to_string())
}

fn read_token(text: &str) -> Result<(i64, String, Option<usize>), Failure> {
    let bad = |why: &str| Failure::bad_request(format!("invalid continue token: {why}"));
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad("continue key is not valid"))?;
    let token: Value = serde_json::from_slice(&bytes).map_err(|_| bad("continue key is not valid"))?;
    if token["v"] != "meta.k8s.io/v1" {
        return Err(bad("continue key is not valid: server does not recognize this encoded version"));
    }
    match (token["rv"].as_i64().unwrap_or(0), token["start"].as_str().unwrap_or("")) {
        (0, _) => {
            Err(bad("continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)"))
        }
        (_, "") => Err(bad("continue key is not valid: encoded start key empty (version meta.k8s.io/v1)")),
        (version, start) => {
            // What is left of a version says nothing of the latest.
            let left = token["left"].as_u64().filter(|_| version > 0).and_then(|left| usize::try_from(left).ok());
            Ok((version, start.to_owned(), left))
        }
    }
}

/// A list in the form asked for, written piece by piece as it is read.
pub struct Pieces {
    place: Place,
    form: Form,
    include: Include,
    defaults: table::Defaults,
    items: std::vec::IntoIter<Arc<Record>>,
    /// What comes before the next object; the last is what comes at the end.
    opening: Option<Vec<u8>>,
    first: bool,
    over: bool,
}

impl Pieces {
    /// A page in a form.
    pub fn new(place: &Place, page: Page, form: Form, options: &Options) -> Result<Pieces, Failure> {
        let resource = &place.resource;
        let opening = match form {
            Form::Table(meta) => table::opening(resource, &page, meta),
            Form::Partial(_) => {
                return Err(Failure::not_acceptable(format!(
                    "you requested PartialObjectMetadata, but the requested object is a list ({})",
                    resource.go_type("List")
                )));
            }
            _ => {
                let (kind, api_version) = match form {
                    Form::PartialList(meta) => ("PartialObjectMetadata", format!("meta.k8s.io/{meta}")),
                    _ => (resource.kind.as_str(), resource.api_version()),
                };
                let mut meta = meta(&page);
                if resource.custom.is_some() && page.resume.is_none() && !matches!(form, Form::PartialList(_)) {
                    meta["continue"] = "".into();
                }
                format!("{{\"kind\":\"{kind}List\",\"apiVersion\":\"{api_version}\",\"metadata\":{meta},\"items\":[")
                    .into_bytes()
            }
        };
        Ok(Pieces {
            place: place.clone(),
            form,
            include: options.include,
            defaults: table::Defaults::of(resource, &page.items),
            items: page.items.into_iter(),
            opening: Some(opening),
            first: true,
            over: false,
        })
    }

    /// Whether nothing follows.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// The next piece, of at least so many bytes unless it is the last; nothing after that.
    pub fn next(&mut self, least: usize) -> Result<Option<Bytes>, Failure> {
        if self.over {
            return Ok(None);
        }
        let mut out = self.opening.take().unwrap_or_default();
        out.reserve(least + 16 * 1024);
        while out.len() < least {
            let Some(record) = self.items.next() else {
                out.extend_from_slice(b"]}\n");
                self.over = true;
                break;
            };
            if !std::mem::take(&mut self.first) {
                out.push(b',');
            }
            let mirrored = self.place.mirrored(&record);
            let record = mirrored.as_ref().unwrap_or(&record);
            match self.form {
                Form::Table(meta) => {
                    table::record_row(&self.place.resource, record, meta, self.include, &self.defaults, &mut out)?;
                }
                Form::PartialList(meta) => record.write_partial(meta, record.version, &mut out),
                // Custom resources say what they are in lists, too.
                _ if self.place.resource.custom.is_some() => {
                    record.write(&self.place.resource, record.version, &mut out);
                }
                _ => record.write_item(&mut out),
            }
        }
        Ok(Some(out.into()))
    }
}

/// The metadata of a list.
pub fn meta(page: &Page) -> Value {
    let mut meta = json!({"resourceVersion": page.version.to_string()});
    if let Some(resume) = &page.resume {
        meta["continue"] = resume.as_str().into();
    }
    if let Some(remaining) = page.remaining {
        meta["remainingItemCount"] = remaining.into();
    }
    meta
}
