//! Kubeconfig files, found, read and merged as kubectl does. Nothing in a file can make this
//! panic: what cannot be used becomes a problem sentence that names the file.

use std::{
    env,
    ffi::OsStr,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use kube::config::Kubeconfig;

use super::{contexts::Loaded, error, exposure, salvage};

/// No kubeconfig is larger than this.
const LARGEST: u64 = 64 << 20;

/// Reads `--kubeconfig FILE`, or the files of `KUBECONFIG`, or `~/.kube/config`.
pub fn load(explicit: Option<&Path>) -> Loaded {
    load_from(explicit, env::var_os("KUBECONFIG").as_deref(), env::home_dir().as_deref())
}

pub(super) fn load_from(explicit: Option<&Path>, variable: Option<&OsStr>, home: Option<&Path>) -> Loaded {
    let mut problems = Vec::new();
    let (files, must_exist) = files(explicit, variable, home);
    let mut merged = Kubeconfig::default();
    let (mut found, mut warnings) = (Vec::new(), Vec::new());
    for file in &files {
        match read(file) {
            Ok(text) => {
                found.push(file.clone());
                let mut secrets = false;
                for document in salvage::documents(&text, |problem| problems.push(about(file, &problem))) {
                    secrets |= exposure::has_secrets(&document);
                    let document = anchored(document, file);
                    merged = match merged.clone().merge(document) {
                        Ok(merged) => merged,
                        Err(fault) => {
                            problems.push(about(file, &error::flatten(&fault)));
                            merged
                        }
                    };
                }
                warnings.extend(exposure::of_kubeconfig(file, secrets));
            }
            Err(fault) if fault.kind() == io::ErrorKind::NotFound && !must_exist => {}
            Err(fault) => problems.push(about(file, &error::flatten(&fault))),
        }
    }
    if found.is_empty() && problems.is_empty() {
        problems.push(nothing_found(&files));
    }
    warnings.extend(exposure::of_named_files(&merged));
    Loaded::new(merged, found, problems, warnings)
}

/// The files to read in order, and whether a missing one is an error.
fn files(explicit: Option<&Path>, variable: Option<&OsStr>, home: Option<&Path>) -> (Vec<PathBuf>, bool) {
    if let Some(file) = explicit {
        return (vec![file.to_owned()], true);
    }
    let mut listed: Vec<PathBuf> = Vec::new();
    for file in variable.into_iter().flat_map(env::split_paths).filter(|file| !file.as_os_str().is_empty()) {
        if !listed.contains(&file) {
            listed.push(file);
        }
    }
    if variable.is_none_or(OsStr::is_empty) {
        listed.extend(home.map(|home| home.join(".kube").join("config")));
    }
    (listed, false)
}

fn about(file: &Path, problem: &str) -> String {
    format!("kubeconfig {}: {problem}", file.display())
}

fn nothing_found(files: &[PathBuf]) -> String {
    let tried: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    match tried.as_slice() {
        [] => "no kubeconfig: set KUBECONFIG or give --kubeconfig FILE".to_owned(),
        tried => {
            format!("no kubeconfig: {} does not exist; set KUBECONFIG or give --kubeconfig FILE", tried.join(", "))
        }
    }
}

fn read(file: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(file)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "larger than 64 MiB"));
    }
    decode(&bytes).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not text (UTF-8 or UTF-16)"))
}

/// UTF-8, with or without a byte order mark, or UTF-16 with one.
pub(super) fn decode(bytes: &[u8]) -> Option<String> {
    let utf16 = |rest: &[u8], word: fn([u8; 2]) -> u16| {
        let (words, []) = rest.as_chunks::<2>() else { return None };
        let words: Vec<u16> = words.iter().map(|pair| word(*pair)).collect();
        String::from_utf16(&words).ok()
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] | rest => String::from_utf8(rest.to_vec()).ok(),
    }
}

/// Relative paths inside a file are relative to that file's directory.
fn anchored(mut config: Kubeconfig, file: &Path) -> Kubeconfig {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let Some(dir) = file.parent() else { return config };
    let anchor = |path: &mut Option<String>| {
        if let Some(text) = path.as_mut().filter(|text| !text.is_empty() && Path::new(text).is_relative())
            && let Some(whole) = dir.join(text.strip_prefix("./").unwrap_or(text)).to_str()
        {
            whole.clone_into(text);
        }
    };
    for cluster in config.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
        anchor(&mut cluster.certificate_authority);
    }
    for user in config.auth_infos.iter_mut().filter_map(|named| named.auth_info.as_mut()) {
        anchor(&mut user.client_certificate);
        anchor(&mut user.client_key);
        anchor(&mut user.token_file);
        if let Some(provider) = &mut user.auth_provider
            && let Some(file) = provider.config.remove("idp-certificate-authority")
        {
            let mut file = Some(file);
            anchor(&mut file);
            provider.config.extend(file.map(|file| ("idp-certificate-authority".to_owned(), file)));
        }
        if let Some(exec) = &mut user.exec
            && exec.command.as_ref().is_some_and(|command| command.contains(std::path::is_separator))
        {
            anchor(&mut exec.command); // a bare name is looked up in PATH
        }
    }
    config
}
