//! True certificates for the company's secrets: the same seed gives the same keys.

use crate::demo::rng::Rng;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ED25519, SerialNumber, date_time_ymd,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use std::time::Duration;

/// What an Ed25519 key in PKCS #8 begins with.
const PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// A certificate and its key, as PEM.
#[derive(Clone, Default)]
pub struct Pair {
    /// The certificate; after it those that sign it.
    pub certificate: String,
    /// The key.
    pub key: String,
}

/// Who signs certificates.
pub struct Authority {
    /// Its own.
    pub pair: Pair,
    issuer: Issuer<'static, KeyPair>,
}

fn key(rng: &mut Rng) -> Option<KeyPair> {
    let mut der = PKCS8.to_vec();
    for _ in 0..4 {
        der.extend(rng.next().to_le_bytes());
    }
    KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(der), &PKCS_ED25519).ok()
}

fn params(rng: &mut Rng, names: Vec<String>, common: &str, from: i64, until: i64) -> Option<CertificateParams> {
    let mut params = CertificateParams::new(names).ok()?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common);
    let at = |second: i64| date_time_ymd(1970, 1, 1) + Duration::from_secs(second.unsigned_abs());
    (params.not_before, params.not_after) = (at(from), at(until));
    // The highest bit is the sign.
    let serial = (rng.next() >> 1 | 1 << 62).to_be_bytes();
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Some(params)
}

impl Authority {
    /// One that signs its own certificate.
    pub fn new(rng: &mut Rng, common: &str, from: i64, until: i64) -> Option<Authority> {
        let mut params = params(rng, Vec::new(), common, from, until)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = key(rng)?;
        let pair = Pair { certificate: params.self_signed(&key).ok()?.pem(), key: key.serialize_pem() };
        Some(Authority { pair, issuer: Issuer::new(params, key) })
    }

    /// A certificate for a host.
    pub fn sign(&self, rng: &mut Rng, host: &str, from: i64, until: i64) -> Option<Pair> {
        let mut params = params(rng, vec![host.to_owned()], host, from, until)?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = key(rng)?;
        let signed = params.signed_by(&key, &self.issuer).ok()?;
        Some(Pair { certificate: format!("{}{}", signed.pem(), self.pair.certificate), key: key.serialize_pem() })
    }
}
