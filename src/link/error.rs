//! What can go wrong between here and an API server, as one sentence for the screen.

use std::{error::Error as StdError, io, sync::Arc, time::Duration};

/// How the cause of a connection begins that was given up since the server fell silent.
pub(super) const NO_PING: &str = "no ping answer";
/// How the cause begins when a server says nothing to the greeting.
pub(super) const NO_HANDSHAKE: &str = "no handshake within";

/// Why a request has no (whole) answer. The text names the host or the user it is about and
/// never holds a secret.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LinkError {
    /// The kubeconfig does not describe this cluster well enough to reach it.
    #[error("{0}")]
    Config(String),
    /// A context that no kubeconfig names.
    #[error("no context is called {name:?}{}", did_you_mean(.suggestions))]
    UnknownContext {
        /// What was asked for.
        name: String,
        /// The closest names there are.
        suggestions: Vec<String>,
    },
    /// The user's credentials could not be obtained.
    #[error("credentials of user {user:?}: {cause}")]
    Credentials {
        /// The user entry of the kubeconfig.
        user: Arc<str>,
        /// What failed.
        cause: String,
        /// What the kubeconfig or Skylark advises.
        hint: Option<String>,
    },
    /// Name resolution or the TCP connection failed.
    #[error("dial {host}: {cause}")]
    Dial {
        /// Host and port.
        host: Arc<str>,
        /// What failed.
        cause: String,
    },
    /// The TLS handshake failed.
    #[error("{host}: TLS: {cause}")]
    Tls {
        /// Host and port.
        host: Arc<str>,
        /// What failed.
        cause: String,
    },
    /// The request was sent and no response head came.
    #[error("{host}: no answer within {}", seconds(.after))]
    NoAnswer {
        /// Host and port.
        host: Arc<str>,
        /// How long was waited.
        after: Duration,
    },
    /// The body of an answer fell silent.
    #[error("{host}: the answer stalled for {}", seconds(.after))]
    Stalled {
        /// Host and port.
        host: Arc<str>,
        /// How long nothing came.
        after: Duration,
    },
    /// The connection broke under a request or a body.
    #[error("{host}: connection lost: {cause}")]
    Lost {
        /// Host and port.
        host: Arc<str>,
        /// What broke it.
        cause: String,
    },
    /// The answer came and cannot be used.
    #[error("{host}: unusable answer: {cause}")]
    Answer {
        /// Host and port.
        host: Arc<str>,
        /// What is wrong with it.
        cause: String,
    },
}

impl LinkError {
    /// Does this say something about the road to the cluster, so that its state changes?
    pub fn is_link(&self) -> bool {
        matches!(
            self,
            Self::Dial { .. } | Self::Tls { .. } | Self::NoAnswer { .. } | Self::Stalled { .. } | Self::Lost { .. }
        )
    }

    /// Was a working connection closed, as proxies and restarts do? Not when the server fell silent.
    pub fn is_cut(&self) -> bool {
        matches!(self, Self::Lost { cause, .. } if !cause.starts_with(NO_PING))
    }

    /// Is it about who we are, not about the cluster?
    pub fn is_credentials(&self) -> bool {
        matches!(self, Self::Credentials { .. })
    }

    /// The same with more advice.
    pub(super) fn advised(mut self, advice: &str) -> Self {
        if let Self::Credentials { hint, .. } = &mut self {
            *hint = Some(hint.take().map_or_else(|| advice.to_owned(), |hint| format!("{hint}; {advice}")));
        }
        self
    }

    /// What the reader can do next, when there is something.
    pub fn advice(&self) -> Option<String> {
        let fixed = match self {
            Self::Credentials { hint, .. } => return hint.clone(),
            Self::Config(_) | Self::Answer { .. } => return None,
            Self::UnknownContext { .. } => "`kubectl config get-contexts` lists the names",
            Self::Dial { .. } => ADDRESS_ADVICE,
            // A server that is stopped still takes connections, and says nothing.
            Self::Tls { cause, .. } if cause.starts_with(NO_HANDSHAKE) => ADDRESS_ADVICE,
            Self::Tls { .. } => "check certificate-authority and tls-server-name of this cluster in the kubeconfig",
            Self::NoAnswer { .. } | Self::Stalled { .. } => "the API server is reachable but busy or stuck",
            Self::Lost { .. } => "the link is dialled again with the next request",
        };
        Some(fixed.to_owned())
    }
}

const ADDRESS_ADVICE: &str = "check the server address, the VPN or proxy, and that the API server is up";

fn did_you_mean(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => format!("; did you mean {only:?}?"),
        many => format!("; did you mean one of {}?", many.join(", ")),
    }
}

/// `10 s`, `0.25 s`.
pub(super) fn seconds(duration: &Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

/// The most telling words of a chain of errors: TLS alerts and certificate faults are named,
/// otherwise the innermost cause speaks.
pub(super) fn flatten(error: &(dyn StdError + 'static)) -> String {
    let mut next = Some(error);
    let mut deepest = String::new();
    while let Some(error) = next {
        if let Some(tls) = tls_cause(error) {
            return tls;
        }
        deepest = match error.downcast_ref::<io::Error>() {
            Some(io) => io_cause(io),
            None => error.to_string(),
        };
        next = error.source();
    }
    deepest
}

/// The rustls error inside `error`, in words.
pub(super) fn tls_cause(error: &(dyn StdError + 'static)) -> Option<String> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(tls_words(tls));
    }
    let inner = error.downcast_ref::<io::Error>()?.get_ref()?;
    let tls: &rustls::Error = inner.downcast_ref()?;
    Some(tls_words(tls))
}

fn io_cause(error: &io::Error) -> String {
    let known = match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused",
        io::ErrorKind::ConnectionReset => "connection reset by the server",
        io::ErrorKind::UnexpectedEof => "closed by the server",
        io::ErrorKind::BrokenPipe => "connection closed",
        io::ErrorKind::TimedOut => "timed out",
        io::ErrorKind::HostUnreachable => "no route to host",
        io::ErrorKind::NetworkUnreachable => "network is unreachable",
        _ => {
            let text = error.to_string();
            let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
            let end = text.find(" (os error").unwrap_or(text.len());
            return text[..end].to_owned();
        }
    };
    known.to_owned()
}

fn tls_words(error: &rustls::Error) -> String {
    use rustls::CertificateError as C;
    match error {
        rustls::Error::InvalidCertificate(fault) => match fault {
            C::UnknownIssuer => "certificate signed by unknown authority (x509: unknown issuer)".to_owned(),
            C::Expired | C::ExpiredContext { .. } => "the server's certificate has expired".to_owned(),
            C::NotValidYet | C::NotValidYetContext { .. } => "the server's certificate is not valid yet".to_owned(),
            C::NotValidForName => "the server's certificate is for another name".to_owned(),
            C::NotValidForNameContext { expected, presented } => format!(
                "the server's certificate is not for {} but for {}",
                expected.to_str(),
                presented.iter().take(4).map(String::as_str).collect::<Vec<_>>().join(", ")
            ),
            other => format!("the server's certificate is not accepted ({other})"),
        },
        rustls::Error::AlertReceived(alert) => format!("the server refused the handshake ({alert:?})"),
        rustls::Error::InvalidMessage(_) => "the server does not speak TLS here".to_owned(),
        other => other.to_string(),
    }
}
