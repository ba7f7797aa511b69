//! `NO_PROXY`, as Go's clients (kubectl among them) read it.

use std::net::IpAddr;

/// Is `host:port` to be reached without a proxy?
pub(super) fn applies(list: &str, host: &str, port: u16) -> bool {
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_lowercase();
        if entry == "*" || address.is_some_and(|address| in_network(&entry, address)) {
            return true;
        }
        let (name, only_port) = match entry.rsplit_once(':') {
            Some((name, digits)) if !name.contains(':') || name.ends_with(']') => (name, digits.parse::<u16>().ok()),
            _ => (entry.as_str(), None),
        };
        if only_port.is_some_and(|only| only != port) {
            return false;
        }
        let name = name.trim_start_matches('[').trim_end_matches(']');
        match address {
            Some(address) => name.parse() == Ok(address),
            None => named(name, host),
        }
    })
}

/// `example.com` means it and what is below; `.example.com` and `*.example.com` what is below.
fn named(name: &str, host: &str) -> bool {
    let name = name.strip_prefix('*').unwrap_or(name);
    if name.starts_with('.') {
        return host.ends_with(name);
    }
    host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'))
}

fn in_network(entry: &str, address: IpAddr) -> bool {
    let Some((network, length)) = entry.split_once('/') else { return false };
    let (Ok(network), Ok(length)) = (network.parse::<IpAddr>(), length.parse::<u32>()) else { return false };
    match (network, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) if length <= 32 => {
            let shift = 32 - length;
            a.to_bits().checked_shr(shift) == b.to_bits().checked_shr(shift)
        }
        (IpAddr::V6(a), IpAddr::V6(b)) if length <= 128 => {
            let shift = 128 - length;
            a.to_bits().checked_shr(shift) == b.to_bits().checked_shr(shift)
        }
        _ => false,
    }
}

#[cfg(test)]
mod unit {
    use super::applies;

    #[test]
    fn entries_mean_what_go_says() {
        for (list, host, want) in [
            ("", "api.example.com", false),
            ("", "localhost", true),
            ("", "127.0.0.1", true),
            ("*", "api.example.com", true),
            ("other, Example.com", "api.example.com", true),
            ("example.com", "example.com", true),
            ("example.com", "badexample.com", false),
            (".example.com", "example.com", false),
            ("*.example.com", "api.example.com", true),
            ("example.com:443", "example.com", false),
            ("example.com:6443", "example.com", true),
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("0.0.0.0/0", "11.1.2.3", true),
            ("10.1.2.3", "10.1.2.3", true),
            ("[fd00::1]:6443", "fd00::1", true),
            ("fd00::/16", "fd00::1", true),
            ("fd00::/999", "fd00::1", false),
        ] {
            assert_eq!(applies(list, host, 6443), want, "{list} {host}");
        }
    }
}
