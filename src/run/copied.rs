//! What became of a copy, in a sentence.

use crate::clip::{Done, Went};
use crate::model::draft::Tone;
use crate::text::catalog::Text;
use crate::text::sanitize::sanitize;
use std::path::Path;

/// What to say, and what to write to the terminal.
pub fn told(done: Done) -> (Tone, String, Option<Vec<u8>>) {
    let bytes = done.bytes.to_string();
    let what = done.what.as_str();
    match done.went {
        Ok(Went::Native) => (Tone::Good, Text::ClipNative.with(&[what, &bytes]), None),
        Ok(Went::Tmux) => (Tone::Quiet, Text::ClipTmux.with(&[what, &bytes]), None),
        Ok(Went::Terminal(escape)) => (Tone::Quiet, Text::ClipTerminal.with(&[what, &bytes]), Some(escape)),
        Ok(Went::File(path, None)) if done.saved => {
            (Tone::Good, Text::ClipSaved.with(&[what, &bytes, &shown(&path)]), None)
        }
        Ok(Went::File(path, None)) => (Tone::Good, Text::ClipFile.with(&[what, &bytes, &shown(&path)]), None),
        Ok(Went::File(path, Some(why))) => {
            (Tone::Warn, Text::ClipFileWhy.with(&[what, &bytes, &shown(&path), &sanitize(&why.to_string())]), None)
        }
        Err(why) => (Tone::Bad, Text::ClipFailed.with(&[what, &sanitize(&why.to_string())]), None),
    }
}

/// A path, with `~` for the user's own directory.
fn shown(path: &Path) -> String {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    let below = home.as_ref().and_then(|home| path.strip_prefix(home).ok());
    let path = below.map_or_else(|| path.to_path_buf(), |below| Path::new("~").join(below));
    sanitize(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip::Failure;

    #[test]
    fn sentences_say_which_way_how_much_and_what_is_certain() {
        let say = |went, saved| told(Done { what: "web-1".into(), bytes: 5, saved, went });
        assert_eq!(say(Ok(Went::Native), false).1, "Copied web-1 (5 bytes) to the clipboard");
        let (_, text, escape) = say(Ok(Went::Terminal(b"x".to_vec())), false);
        assert!(text.contains("OSC 52 (unconfirmed)") && escape == Some(b"x".to_vec()), "{text}");
        let (tone, text, _) = say(Ok(Went::File("/x/y.txt".into(), Some(Failure::TooLarge(74_994)))), false);
        assert_eq!(text, "Copied web-1 (5 bytes) to /x/y.txt: it is more than the 74994 bytes that terminals take");
        assert_eq!(tone, Tone::Warn);
        assert_eq!(say(Ok(Went::File("/x/y.csv".into(), None)), true).1, "Saved web-1 (5 bytes) to /x/y.csv");
        let (tone, text, _) = say(Err(Failure::NoDirectory), false);
        assert!(tone == Tone::Bad && text.starts_with("Nothing was copied of web-1: "), "{text}");
    }
}
