//! What a gateway takes away, and how a request looks behind it.

use http::header::{ACCEPT, ACCEPT_ENCODING, CONNECTION, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderValue, Version};

/// What the gateway lets through, and how it changes it.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a thing of its own that a gateway may take away")]
pub struct Manners {
    /// Only HTTP/1.1.
    pub http1: bool,
    /// Takes protobuf and tables out of `Accept`: all answers are plain JSON.
    pub json_only: bool,
    /// Takes aggregated discovery out of `Accept`.
    pub plain_discovery: bool,
    /// What becomes of streaming lists.
    pub streaming: Streaming,
    /// The most objects in a page; 0 is as many as are asked for.
    pub page: u32,
    /// Nothing is compressed.
    pub no_gzip: bool,
    /// The API server's root, `/clusters/one`; 404 outside of it.
    pub prefix: &'static str,
}

/// What becomes of streaming lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Streaming {
    /// They go to the server.
    #[default]
    Passed,
    /// They are refused with this status.
    Refused(u16),
    /// Their parameters are dropped, that for bookmarks too, so that a watch without end of its first events comes
    /// of them. (1.37 marks that end by itself wherever bookmarks are allowed.)
    Ignored,
}

impl Manners {
    /// The path behind the prefix.
    pub(super) fn within<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(self.prefix).filter(|rest| rest.starts_with('/'))
    }

    /// The request as the server is to see it, or the status that it is refused with.
    pub(super) fn rewrite(&self, head: &mut Parts, host: &str) -> Result<(), u16> {
        let path = self.within(head.uri.path()).ok_or(404_u16)?;
        let query = self.query(head.uri.query().unwrap_or_default())?;
        let target = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        let accept = self.accept(head.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default());
        head.uri = target.parse().map_err(|_| 400_u16)?;
        head.version = Version::HTTP_11;
        for name in [CONNECTION, HOST, TRANSFER_ENCODING] {
            head.headers.remove(name);
        }
        if self.no_gzip {
            head.headers.remove(ACCEPT_ENCODING);
        }
        for (name, value) in [(ACCEPT, accept.as_str()), (HOST, host)] {
            head.headers.insert(name, HeaderValue::from_str(value).map_err(|_| 400_u16)?);
        }
        Ok(())
    }

    fn query(&self, query: &str) -> Result<String, u16> {
        let dropped: &[&str] = match self.streaming {
            Streaming::Refused(status) if query.contains("sendInitialEvents") => return Err(status),
            Streaming::Ignored => &["sendInitialEvents", "resourceVersionMatch", "allowWatchBookmarks"],
            _ => &[],
        };
        let parts = query.split('&').filter(|part| !dropped.iter().any(|name| part.starts_with(name)));
        let capped = |part: &str| match self.page {
            1.. if part.starts_with("limit=") => format!("limit={}", self.page),
            _ => part.to_owned(),
        };
        Ok(parts.map(capped).collect::<Vec<_>>().join("&"))
    }

    /// `Accept` without what is taken out; whoever is left with nothing gets JSON.
    fn accept(&self, accept: &str) -> String {
        let unwanted = |part: &&str| {
            self.json_only && (part.contains("protobuf") || part.contains("as=Table"))
                || self.plain_discovery && part.contains("apidiscovery")
        };
        let parts: Vec<&str> = accept.split(',').filter(|part| !unwanted(part)).collect();
        if parts.is_empty() { "application/json".to_owned() } else { parts.join(",") }
    }
}
