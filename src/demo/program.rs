//! What a container's command does, as far as it can be read: what it says, how long it takes, and how it ends.

use serde_json::Value;

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Program {
    /// After how many seconds it ends; `None` when it does not.
    pub lasts: Option<u64>,
    /// How it ends.
    pub code: i64,
    /// What it says; again each round where it goes round.
    pub says: Vec<String>,
    /// The seconds of a round, where it goes round.
    pub round: u64,
}

/// Commands that end at once.
const SHORT: [&str; 16] = [
    ":", "[", "cat", "cd", "date", "echo", "env", "expr", "export", "hostname", "id", "ls", "printf", "set", "test",
    "uname",
];

/// The program of a container; `None` for an image's own, and for one that nobody here knows.
pub fn of(container: &Value) -> Option<Program> {
    let words = ["command", "args"].into_iter().filter_map(|list| container[list].as_array()).flatten();
    read(&words.filter_map(Value::as_str).collect::<Vec<_>>())
}

/// The program of a command line.
pub fn read(words: &[&str]) -> Option<Program> {
    let shell = |word: &str| matches!(word.rsplit('/').next(), Some("sh" | "bash" | "ash"));
    let script = match words {
        [] => return None,
        [first, flag, script, ..] if shell(first) && flag.starts_with('-') && flag.ends_with('c') => {
            (*script).to_owned()
        }
        all => all.join(" "),
    };
    let mut program = Program { lasts: Some(0), code: 0, says: Vec::new(), round: 0 };
    let (mut seconds, mut round) = (0, false);
    for statement in script.split([';', '\n', '|']).flat_map(|it| it.split("&&")).map(str::trim) {
        let statement = statement.trim_start_matches("do ").trim();
        let mut words = statement.split_whitespace();
        let first = words.next().unwrap_or_default();
        match first.rsplit('/').next().unwrap_or_default() {
            "" | "done" | "do" | "fi" | "then" => {}
            "while" | "until" => round = true,
            "sleep" => match words.next().unwrap_or_default().trim_end_matches('s').parse::<f64>() {
                Ok(more) if more.is_finite() => seconds += more.max(0.0) as u64,
                _ => return Some(Program { lasts: None, ..program }),
            },
            "echo" => program.says.push(words.collect::<Vec<_>>().join(" ").replace(['"', '\''], "")),
            "true" => program.code = 0,
            "false" => program.code = 1,
            "exit" => {
                program.code = words.next().and_then(|code| code.parse().ok()).unwrap_or(0);
                break;
            }
            name if SHORT.contains(&name) => program.code = 0,
            _ => return None,
        }
    }
    program.lasts = (!round).then_some(seconds);
    program.round = if round { seconds.max(1) } else { 0 };
    Some(program)
}

#[cfg(test)]
mod tests {
    use super::{Program, read};

    #[test]
    fn commands_are_read() {
        let program = |lasts, code, says: &[&str], round| {
            let says = says.iter().map(|it| (*it).to_owned()).collect();
            Some(Program { lasts, code, says, round })
        };
        assert_eq!(read(&["echo", "hi", "there"]), program(Some(0), 0, &["hi there"], 0));
        assert_eq!(read(&["/bin/false"]), program(Some(0), 1, &[], 0));
        assert_eq!(read(&["sh", "-c", "echo a; sleep 3 && exit 7; echo b"]), program(Some(3), 7, &["a"], 0));
        assert_eq!(read(&["sh", "-c", "while true; do echo tick; sleep 2; done"]), program(None, 0, &["tick"], 2));
        assert_eq!(read(&["sleep", "infinity"]), program(None, 0, &[], 0));
        assert_eq!(read(&["java", "-jar", "app.jar"]), None);
        assert_eq!(read(&[]), None);
    }
}
