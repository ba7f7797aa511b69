//! Certificate signing requests.

use super::meta::ObjectMeta;
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, first_of, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};

static COLUMNS: [Column; 6] = [
    Column::shown("NAME"),
    Column::shown("AGE"),
    Column::shown("SIGNERNAME"),
    Column::shown("REQUESTOR"),
    Column::shown("REQUESTEDDURATION"),
    Column::shown("CONDITION"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "certificates.k8s.io",
        version: "v1",
        plural: "certificatesigningrequests",
        singular: "certificatesigningrequest",
        kind: "CertificateSigningRequest",
        short_names: &["csr"],
        categories: &[],
        namespaced: false,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<CertificateSigningRequest>,
    from_json: from_json::<CertificateSigningRequest>,
};

wire! {
    struct CertificateSigningRequest {
        metadata: one ObjectMeta = 1,
        spec: one Spec = 2,
        status: one Status = 3,
    }

    struct Spec {
        username: text = 2,
        signer_name: text = 7,
        expiration_seconds: maybe int = 8,
    }

    struct Status {
        conditions: many Condition = 1,
        /// Only whether there is one.
        certificate: bytes = 2,
    }

    struct Condition {
        r#type: text = 1,
    }
}

impl Status {
    /// The words of CONDITION, whatever the status of the conditions, as the server does it.
    fn words(&self) -> (&'static str, Tone) {
        let has = |kind: &str| self.conditions.iter().any(|it| it.r#type == kind);
        match (has("Denied"), has("Approved"), has("Failed"), !self.certificate.is_empty()) {
            (true, _, false, false) => ("Denied", Tone::Bad),
            (true, _, true, false) => ("Denied,Failed", Tone::Bad),
            (true, _, false, true) => ("Denied,Issued", Tone::Bad),
            (true, _, true, true) => ("Denied,Failed,Issued", Tone::Bad),
            (false, true, false, false) => ("Approved", Tone::Warn),
            (false, true, true, false) => ("Approved,Failed", Tone::Bad),
            (false, true, false, true) => ("Approved,Issued", Tone::Good),
            (false, true, true, true) => ("Approved,Failed,Issued", Tone::Bad),
            (false, false, false, false) => ("Pending", Tone::Warn),
            (false, false, true, false) => ("Pending,Failed", Tone::Bad),
            (false, false, false, true) => ("Pending,Issued", Tone::Warn),
            (false, false, true, true) => ("Pending,Failed,Issued", Tone::Bad),
        }
    }
}

impl Object for CertificateSigningRequest {
    const KIND: &'static str = "CertificateSigningRequest";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        let (words, tone) = self.status.words();
        draft.cell_span(draft.name);
        draft.cell_age(draft.created);
        draft.cell(first_of(&self.spec.signer_name, "<none>"));
        draft.cell(&self.spec.username);
        match self.spec.expiration_seconds {
            Some(seconds) => draft.cell_duration(seconds.into()),
            None => draft.cell("<none>"),
        }
        draft.cell(words);
        draft.tone = tone;
    }
}
