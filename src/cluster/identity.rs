//! Which cluster it is that answers: the uid of its namespace `kube-system`, or, where that may not be
//! read, its URL and certificate authority. Asked behind every new connection, so that rows of two
//! clusters are never in one table.

use super::ask::{AskError, get_json};
use super::cluster::Cluster;
use crate::base::age::Timestamp;
use crate::base::clock;
use crate::text::sanitize::sanitize;
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What tells a cluster from others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Identity {
    /// The uid of its namespace `kube-system`, where that may be read.
    pub uid: Option<String>,
    /// A digest of its certificate authorities, where the kubeconfig names any.
    pub authority: Option<String>,
    /// Where it was last reached.
    pub address: Option<SocketAddr>,
}

/// What has changed about a cluster that is still the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rotation {
    /// A sentence.
    pub what: String,
    /// When it was seen.
    pub at: Timestamp,
}

/// What is known of a cluster's identity.
#[derive(Default)]
pub(super) struct Known {
    identity: Mutex<Option<Identity>>,
    rotation: Mutex<Option<Rotation>>,
    /// Somebody wants to know it.
    wanted: AtomicBool,
    /// One asks while the others wait.
    asking: tokio::sync::Mutex<()>,
    /// Connections that were there when it was last asked.
    dials: AtomicU64,
}

impl Identity {
    /// Whether `now` is another cluster than this one, and what has changed if it is the same.
    fn compare(&self, now: &Identity) -> Compared {
        match (&self.uid, &now.uid) {
            (Some(before), Some(now)) if before != now => {
                return Compared::Other(format!("its kube-system has uid {now} and had {before}"));
            }
            (_, Some(_)) => (),
            (_, None) if self.authority == now.authority => (),
            (_, None) => {
                return Compared::Other(
                    "its certificate authority has changed, and its kube-system may not be read".to_owned(),
                );
            }
        }
        let mut changes = Vec::new();
        if self.authority != now.authority {
            changes.push("its certificate authority has changed".to_owned());
        }
        if let (Some(before), Some(now)) = (self.address, now.address)
            && before != now
        {
            changes.push(format!("its address is {now} and was {before}"));
        }
        if changes.is_empty() { Compared::Same } else { Compared::Rotated(changes.join(", ")) }
    }
}

#[derive(PartialEq, Eq, Debug)]
enum Compared {
    Same,
    Rotated(String),
    Other(String),
}

impl Cluster {
    /// Its identity, once known.
    pub fn identity(&self) -> Option<Identity> {
        self.known_as.identity.lock().clone()
    }

    /// What changed last about it.
    pub fn rotation(&self) -> Option<Rotation> {
        self.known_as.rotation.lock().clone()
    }

    /// Learns which cluster it is, where that is not known.
    pub async fn learn_identity(&self) -> Result<(), AskError> {
        self.known_as.wanted.store(true, Ordering::Relaxed);
        let _one = self.known_as.asking.lock().await;
        if self.identity().is_none() {
            let identity = self.ask_identity().await?;
            *self.known_as.identity.lock() = Some(identity.clone());
            tracing::info!(cluster = %self.name, ?identity, "identity");
        }
        Ok(())
    }

    /// Whether it should be known which cluster this is, and is not yet.
    pub(super) fn is_unknown(&self) -> bool {
        self.known_as.wanted.load(Ordering::Relaxed) && self.known_as.identity.lock().is_none()
    }

    /// Makes sure that answers come from the cluster that is known, by asking it where a connection is
    /// new. Before anything is known every answer is taken.
    pub async fn trusted(&self) -> Result<(), AskError> {
        let known = &self.known_as;
        let dials = self.link()?.dials();
        if known.dials.load(Ordering::Relaxed) == dials || known.identity.lock().is_none() {
            return Ok(());
        }
        let _one = known.asking.lock().await;
        let Some(before) = self.identity().filter(|_| known.dials.load(Ordering::Relaxed) < dials) else {
            return Ok(());
        };
        let now = self.ask_identity().await?;
        match before.compare(&now) {
            Compared::Same => (),
            Compared::Rotated(what) => {
                tracing::info!(cluster = %self.name, "rotated: {what}");
                *known.rotation.lock() = Some(Rotation { what, at: clock::now() });
                self.bell().notify_one();
            }
            Compared::Other(what) => {
                known.dials.store(0, Ordering::Relaxed);
                return Err(AskError::Replaced(what));
            }
        }
        let uid = now.uid.clone().or(before.uid);
        *known.identity.lock() = Some(Identity { uid, ..now });
        Ok(())
    }

    /// Takes whoever answers from now on for this cluster; what was learned is forgotten.
    pub(super) fn accept(&self) {
        *self.known_as.identity.lock() = None;
        *self.known_as.rotation.lock() = None;
        self.known_as.dials.store(0, Ordering::Relaxed);
        tracing::info!(cluster = %self.name, "another cluster is accepted");
    }

    async fn ask_identity(&self) -> Result<Identity, AskError> {
        #[derive(serde::Deserialize)]
        struct Object {
            metadata: Metadata,
        }
        #[derive(serde::Deserialize)]
        struct Metadata {
            uid: String,
        }
        let link = self.link()?;
        let accept = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json";
        let answer = get_json::<Object>(link, "/api/v1/namespaces/kube-system", accept, self.patience).await;
        let uid = match answer {
            Ok(object) => Some(sanitize(&object.metadata.uid).into_owned()),
            Err(error) if error.is_about_rights() => None,
            Err(error) => return Err(error),
        };
        self.known_as.dials.store(link.dials(), Ordering::Relaxed);
        let (place, address) = (link.clone(), link.address());
        let digest = tokio::task::spawn_blocking(move || place.authority_digest());
        Ok(Identity { uid, authority: digest.await.unwrap_or_default(), address })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(uid: &str, authority: &str, port: u16) -> Identity {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Identity { uid: some(uid), authority: some(authority), address: Some(([10, 0, 0, 1], port).into()) }
    }

    #[test]
    fn the_uid_decides_and_where_there_is_none_the_authority() {
        let before = identity("a", "ca1", 1);
        assert_eq!(before.compare(&before), Compared::Same);
        let rotated = before.compare(&identity("a", "ca2", 2));
        assert!(
            matches!(&rotated, Compared::Rotated(what) if what.contains("authority") && what.contains("10.0.0.1:2")),
            "{rotated:?}"
        );
        let other = before.compare(&identity("b", "ca1", 1));
        assert!(matches!(&other, Compared::Other(what) if what.contains("uid b") && what.contains("had a")));
        assert_eq!(before.compare(&identity("", "ca1", 1)), Compared::Same, "the right to read it was lost");
        assert!(matches!(before.compare(&identity("", "ca2", 1)), Compared::Other(_)));
        let hidden = identity("", "ca1", 1);
        assert_eq!(hidden.compare(&identity("a", "ca1", 1)), Compared::Same, "the right to read it was gained");
        assert!(matches!(hidden.compare(&identity("", "ca2", 1)), Compared::Other(_)));
    }
}
