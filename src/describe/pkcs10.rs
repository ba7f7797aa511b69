//! Reads the subject and the alternative names of a PKCS #10 request: the few types of DER that takes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::net::{Ipv4Addr, Ipv6Addr};

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OID: u8 = 0x06;
const ATTRIBUTES: u8 = 0xa0;
/// 1.2.840.113549.1.9.14 and 2.5.29.17.
const EXTENSIONS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e];
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];

/// What is asked for: pairs of what it is and its text.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Request {
    pub subject: Vec<(&'static str, String)>,
    pub names: Vec<(&'static str, String)>,
}

/// Reads a request as the API gives it: base64 of PEM.
pub(super) fn read(request: &str) -> Option<Request> {
    let pem = String::from_utf8(STANDARD.decode(request.trim()).ok()?).ok()?;
    let body = pem.split("-----BEGIN").nth(1)?.split_once("-----\n").or_else(|| pem.split_once("-----\r\n"))?.1;
    let body: String = body.split("-----END").next()?.chars().filter(|c| !c.is_whitespace()).collect();
    parse(&STANDARD.decode(body).ok()?)
}

fn parse(der: &[u8]) -> Option<Request> {
    let mut outer = Reader(Reader(der).expect(SEQUENCE)?);
    let mut info = Reader(outer.expect(SEQUENCE)?);
    info.next()?; // version
    let mut request = Request::default();
    let mut subject = Reader(info.expect(SEQUENCE)?);
    while let Some((SET, set)) = subject.next() {
        let mut set = Reader(set);
        while let Some((SEQUENCE, pair)) = set.next() {
            let mut pair = Reader(pair);
            let key = attribute(pair.expect(OID)?);
            let (_, value) = pair.next()?;
            if let Some(key) = key {
                request.subject.push((key, String::from_utf8_lossy(value).into_owned()));
            }
        }
    }
    info.next()?; // public key
    if let Some((ATTRIBUTES, attributes)) = info.next() {
        let mut attributes = Reader(attributes);
        while let Some((SEQUENCE, attribute)) = attributes.next() {
            extensions(attribute, &mut request);
        }
    }
    Some(request)
}

fn attribute(oid: &[u8]) -> Option<&'static str> {
    match oid {
        [0x55, 4, 3] => Some("Common Name"),
        [0x55, 4, 5] => Some("Serial Number"),
        [0x55, 4, 6] => Some("Country"),
        [0x55, 4, 7] => Some("Locality"),
        [0x55, 4, 8] => Some("Province"),
        [0x55, 4, 9] => Some("StreetAddress"),
        [0x55, 4, 10] => Some("Organization"),
        [0x55, 4, 11] => Some("Organizational Unit"),
        [0x55, 4, 17] => Some("PostalCode"),
        _ => None,
    }
}

/// The alternative names in an attribute, where it is the one with extensions.
fn extensions(attribute: &[u8], request: &mut Request) -> Option<()> {
    let mut attribute = Reader(attribute);
    if attribute.expect(OID)? != EXTENSIONS {
        return None;
    }
    let mut all = Reader(Reader(attribute.expect(SET)?).expect(SEQUENCE)?);
    while let Some((SEQUENCE, extension)) = all.next() {
        let mut extension = Reader(extension);
        if extension.expect(OID)? != ALTERNATIVE_NAMES {
            continue;
        }
        // Perhaps a boolean, then the octets.
        let mut octets = extension.next()?;
        if octets.0 == 0x01 {
            octets = extension.next()?;
        }
        let mut names = Reader(Reader(octets.1).expect(SEQUENCE)?);
        while let Some((tag, name)) = names.next() {
            request.names.extend(alternative(tag, name));
        }
    }
    Some(())
}

fn alternative(tag: u8, name: &[u8]) -> Option<(&'static str, String)> {
    let text = || String::from_utf8_lossy(name).into_owned();
    match tag {
        0x81 => Some(("Email Addresses", text())),
        0x82 => Some(("DNS Names", text())),
        0x86 => Some(("URIs", text())),
        0x87 => {
            let four = <[u8; 4]>::try_from(name).map(|it| Ipv4Addr::from(it).to_string());
            let text = four.or_else(|_| <[u8; 16]>::try_from(name).map(|it| Ipv6Addr::from(it).to_string())).ok()?;
            Some(("IP Addresses", text))
        }
        _ => None,
    }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The next element: its tag and its content.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let [tag, length, rest @ ..] = self.0 else {
            return None;
        };
        let (length, rest) = match length {
            0..=0x7f => (usize::from(*length), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
                (digits.iter().fold(0usize, |sum, digit| sum << 8 | usize::from(*digit)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((*tag, content))
    }

    /// The content of the next element, where it has this tag.
    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn anything_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in ".{0,80}") {
            let _ = parse(&bytes);
            let _ = read(&text);
        }
    }
}
