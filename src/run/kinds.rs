//! The kinds that every server serves and whose columns are its own, as completion knows them without asking one.

/// Plural and short name; empty where there is none.
pub const OTHERS: &[(&str, &str)] = &[
    ("apiservices", ""),
    ("bindings", ""),
    ("controllerrevisions", ""),
    ("csidrivers", ""),
    ("csinodes", ""),
    ("csistoragecapacities", ""),
    ("flowschemas", ""),
    ("ingressclasses", ""),
    ("ipaddresses", "ip"),
    ("mutatingwebhookconfigurations", ""),
    ("podtemplates", ""),
    ("priorityclasses", "pc"),
    ("prioritylevelconfigurations", ""),
    ("runtimeclasses", ""),
    ("servicecidrs", ""),
    ("validatingadmissionpolicies", ""),
    ("validatingadmissionpolicybindings", ""),
    ("validatingwebhookconfigurations", ""),
    ("volumeattachments", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_kind_is_written_twice() {
        for (plural, short) in OTHERS {
            assert!(crate::kinds::client_kinds().iter().all(|it| it.kind.plural != *plural), "{plural}");
            assert!(short.is_empty() || crate::kinds::named(short).is_none(), "{short}");
        }
        assert!(OTHERS.is_sorted());
    }
}
