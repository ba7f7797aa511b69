//! `NO_PROXY`, as Go's clients (kubectl among them) read it.

use std::net::IpAddr;

/// Is `host:port` to be reached without a proxy?
pub(super) fn applies(list: &str, host: &str, port: u16) -> bool {
    let address = host.parse::<IpAddr>().ok().map(|address| address.to_canonical());
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    list.split(',').map(|entry| entry.trim().to_lowercase()).filter(|entry| !entry.is_empty()).any(|entry| {
        if entry == "*" {
            return true;
        }
        if let Some(network) = Network::parse(&entry) {
            return address.is_some_and(|address| network.holds(address));
        }
        let (name, only) = split_port(&entry);
        if only.is_some_and(|only| only != port.to_string()) {
            return false;
        }
        match (name.parse::<IpAddr>().ok(), address) {
            (Some(listed), Some(address)) => listed.to_canonical() == address,
            (None, None) => named(name, host),
            _ => false,
        }
    })
}

/// `name`, `name:port`, `[address]:port`; an address alone may hold colons, too.
fn split_port(entry: &str) -> (&str, Option<&str>) {
    let (name, port) = match entry.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || (name.starts_with('[') && name.ends_with(']')) => {
            (name, Some(port).filter(|port| !port.is_empty()))
        }
        _ => (entry, None),
    };
    (name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name), port)
}

/// `example.com` means it and what is below; `.example.com` and `*.example.com` what is below.
fn named(name: &str, host: &str) -> bool {
    let name = name.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(name);
    if name.is_empty() {
        return false;
    }
    if name.starts_with('.') {
        return host.ends_with(name);
    }
    host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'))
}

/// `10.0.0.0/8`.
struct Network {
    address: IpAddr,
    length: u32,
}

impl Network {
    fn parse(entry: &str) -> Option<Self> {
        let (address, length) = entry.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = length.parse().ok().filter(|length| *length <= most)?;
        Some(Self { address, length })
    }

    fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                let shift = 32 - self.length;
                a.to_bits().checked_shr(shift) == b.to_bits().checked_shr(shift)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                let shift = 128 - self.length;
                a.to_bits().checked_shr(shift) == b.to_bits().checked_shr(shift)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod unit {
    use super::applies;
    use proptest::prelude::*;

    #[test]
    fn entries_mean_what_go_says() {
        for (list, host, want) in [
            ("", "api.example.com", false),
            ("", "localhost", true),
            ("", "127.0.0.1", true),
            ("", "127.8.0.1", true),
            ("", "::1", true),
            ("", "::ffff:127.0.0.1", true),
            ("", "localhost.example.com", false),
            ("*", "api.example.com", true),
            ("other, Example.com", "api.example.com", true),
            ("example.com", "example.com", true),
            ("example.com", "badexample.com", false),
            (".example.com", "example.com", false),
            (".example.com", "api.example.com", true),
            ("*.example.com", "api.example.com", true),
            ("*.example.com", "example.com", false),
            ("*example.com", "api.example.com", false),
            ("example.com:443", "example.com", false),
            ("example.com:6443", "example.com", true),
            (".example.com:6443", "api.example.com", true),
            ("example.com:https", "example.com", false),
            (":6443", "example.com", false),
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("10.0.0.0/33", "10.1.2.3", false),
            ("0.0.0.0/0", "11.1.2.3", true),
            ("0.0.0.0/0", "api.example.com", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3:6443", "10.1.2.3", true),
            ("10.1.2.3:443", "10.1.2.3", false),
            ("10.1.2.3", "x10.1.2.3", false),
            ("[fd00::1]:6443", "fd00::1", true),
            ("[fd00::1]:443", "fd00::1", false),
            ("fd00::1", "fd00::1", true),
            ("fd00::/16", "fd00::1", true),
            ("fd00::/999", "fd00::1", false),
        ] {
            assert_eq!(applies(list, host, 6443), want, "{list} {host}");
        }
    }

    proptest! {
        #[test]
        fn any_list_can_be_read(list in ".{0,40}", host in "[a-z0-9.:]{0,12}") {
            applies(&list, &host, 443);
        }

        #[test]
        fn a_host_is_in_a_list_that_names_it(before in "[a-z.,]{0,12}", host in "[a-z]{1,8}\\.[a-z]{2,3}") {
            let (list, below) = (format!("{before},{host}"), format!("api.{host}"));
            prop_assert!(applies(&list, &below, 443));
        }
    }
}
