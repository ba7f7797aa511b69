//! Files with credentials that others on this machine can read.

use std::path::Path;

use kube::config::{AuthInfo, Kubeconfig};
use secrecy::ExposeSecret;

/// Where pods find their tokens, which the kubelet makes readable.
const MOUNTED: &str = "/var/run/secrets/";

/// A sentence where `file`, a kubeconfig of these documents, gives away what it holds.
pub(super) fn of_kubeconfig(file: &Path, holds_secrets: bool) -> Option<String> {
    holds_secrets.then(|| sentence(&format!("kubeconfig {}", file.display()), "holds credentials", file))?
}

/// A sentence for each file that the users of a kubeconfig name.
pub(super) fn of_named_files(config: &Kubeconfig) -> Vec<String> {
    let mut found = Vec::new();
    for user in config.auth_infos.iter().filter_map(|named| named.auth_info.as_ref()) {
        for (what, file) in [("tokenFile", &user.token_file), ("client-key", &user.client_key)] {
            let Some(file) = file.as_ref().filter(|file| !file.is_empty() && !file.starts_with(MOUNTED)) else {
                continue;
            };
            let said = sentence(&format!("{what} {file}"), "is a credential", Path::new(file));
            found.extend(said.filter(|said| !found.contains(said)));
        }
    }
    found
}

/// Whether a user entry of the document is a credential by itself.
pub(super) fn has_secrets(document: &Kubeconfig) -> bool {
    let filled = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
    let has = |user: &AuthInfo| {
        let secrets = [&user.token, &user.password, &user.client_key_data];
        let provider = user.auth_provider.as_ref().map(|provider| &provider.config);
        secrets.into_iter().any(|secret| filled(secret.as_ref().map(ExposeSecret::expose_secret)))
            || ["id-token", "refresh-token", "client-secret", "access-token"]
                .into_iter()
                .any(|key| filled(provider.and_then(|config| config.get(key)).map(String::as_str)))
    };
    document.auth_infos.iter().filter_map(|named| named.auth_info.as_ref()).any(has)
}

#[cfg(unix)]
fn sentence(name: &str, why: &str, file: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let meta = std::fs::metadata(file).ok().filter(std::fs::Metadata::is_file)?;
    let mode = meta.permissions().mode() & 0o777;
    let whom = match (mode & 0o004, mode & 0o040) {
        (0, 0) => return None,
        (0, _) => "its group",
        _ => "everyone on this machine",
    };
    Some(format!("{name} {why} and can be read by {whom} (mode {mode:04o}); `chmod 600 {}` mends it", file.display()))
}

#[cfg(not(unix))]
fn sentence(_: &str, _: &str, _: &Path) -> Option<String> {
    None
}
