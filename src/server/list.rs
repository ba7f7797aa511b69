//! Lists: pages, versions and their wire form.

use super::negotiate::Form;
use super::options::{Match, Options};
use super::status::Failure;
use super::store::{Miss, Place, Record, Snapshot, Store};
use super::table;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::ops::Bound;
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

/// Reads the page that the options ask for.
pub async fn page(store: &Store, place: &Place, prefix: &str, options: &Options) -> Result<Page, Failure> {
    let (snapshot, start) = open(store, place.id, options).await?;
    let limit = match options.version {
        Some(0) if options.version_match != Match::Exact => 0,
        _ => options.limit,
    };
    let from = (Bound::Included(format!("{prefix}{start}")), Bound::Unbounded);
    let mut rest = snapshot.items.range::<String, _>(from).take_while(|(key, _)| key.starts_with(prefix));
    let mut page = Page { version: snapshot.version, resume: None, remaining: None, items: Vec::new() };
    let mut last = "";
    for (key, record) in rest.by_ref() {
        if selects(options, prefix, record) {
            page.items.push(record.clone());
            last = key;
            if limit > 0 && page.items.len() == limit {
                break;
            }
        }
    }
    let remaining = rest.count();
    if remaining > 0 {
        let next = format!("{}\0", &last[prefix.len()..]);
        page.resume = Some(token(snapshot.version as i64, &next));
        page.remaining = (options.labels.is_empty() && options.fields.is_empty()).then_some(remaining);
    }
    Ok(page)
}

/// The state to read and the key, relative to the prefix, to begin at.
async fn open(store: &Store, id: super::resource::Id, options: &Options) -> Result<(Snapshot, String), Failure> {
    if !options.resume.is_empty() {
        if options.version.is_some_and(|version| version != 0) {
            return Err(Failure::bad_request("specifying resource version is not allowed when using continue"));
        }
        let (version, start) = read_token(&options.resume)?;
        let Ok(version) = u64::try_from(version) else {
            return Ok((store.latest(id), start));
        };
        return match store.at(id, version) {
            Ok(snapshot) => Ok((snapshot, start)),
            Err(Miss::TooOld(_)) => Err(Failure::continue_expired(token(LATEST, &start))),
            Err(Miss::TooNew(current)) => Err(Failure::too_large_version(version, current)),
        };
    }
    let exact = match (options.version, options.version_match) {
        (Some(version), Match::Exact) => Some(version),
        (Some(version), Match::Unset) if version > 0 && options.limit > 0 => Some(version),
        _ => None,
    };
    let snapshot = match (exact, options.version) {
        (Some(version), _) => match store.at(id, version) {
            Ok(snapshot) => snapshot,
            Err(Miss::TooOld(_)) => {
                return Err(Failure::expired("The resourceVersion for the provided list is too old."));
            }
            Err(Miss::TooNew(current)) => return Err(Failure::too_large_version(version, current)),
        },
        (None, Some(version)) => {
            reach(store, version).await?;
            store.latest(id)
        }
        (None, None) => store.latest(id),
    };
    Ok((snapshot, String::new()))
}

fn token(version: i64, start: &str) -> String {
    URL_SAFE_NO_PAD.encode(json!({"v": "meta.k8s.io/v1", "rv": version, "start": start}).to_string())
}

fn read_token(text: &str) -> Result<(i64, String), Failure> {
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
        (version, start) => Ok((version, start.to_owned())),
    }
}

/// Writes a page in the form asked for.
pub fn write(place: &Place, page: &Page, form: Form, options: &Options) -> Result<Vec<u8>, Failure> {
    let resource = &place.resource;
    let (kind, api_version) = match form {
        Form::Table(meta) => return table::list(resource, page, meta, options.include),
        Form::Partial(_) => {
            return Err(Failure::not_acceptable(format!(
                "you requested PartialObjectMetadata, but the requested object is a list ({})",
                resource.go_type("List")
            )));
        }
        Form::PartialList(meta) => ("PartialObjectMetadata", format!("meta.k8s.io/{meta}")),
        _ => (resource.kind.as_str(), resource.api_version()),
    };
    let mut metadata = meta(page);
    if resource.custom.is_some() && page.resume.is_none() && !matches!(form, Form::PartialList(_)) {
        metadata["continue"] = "".into();
    }
    let mut out = Vec::with_capacity(page.items.iter().map(|record| record.item().len() + 1).sum::<usize>() + 256);
    let head =
        format!("{{\"kind\":\"{kind}List\",\"apiVersion\":\"{api_version}\",\"metadata\":{metadata},\"items\":[");
    out.extend_from_slice(head.as_bytes());
    for (i, record) in page.items.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        match form {
            Form::PartialList(meta) => record.write_partial(meta, record.version, &mut out),
            // Custom resources say what they are in lists, too.
            _ if resource.custom.is_some() => record.write(resource, record.version, &mut out),
            _ => out.extend_from_slice(record.item()),
        }
    }
    out.extend_from_slice(b"]}\n");
    Ok(out)
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
