//! How programs write their lines.

use super::Voice;
use super::story::Said;
use crate::server::LogLine;
use serde_json::Value;
use std::fmt::Write as _;

/// See the module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// One JSON object a line, as the company's own programs.
    Json,
    /// As the programs of Kubernetes.
    Klog,
    /// As a proxy tells of requests.
    Access,
    /// As databases.
    Plain,
    /// Keys and values.
    Logfmt,
}

impl Form {
    /// The form of a program by its image.
    pub fn of(image: &str) -> Form {
        let has = |words: &[&str]| words.iter().any(|word| image.contains(word));
        match () {
            () if has(&["harbor.example.com/"]) => Form::Json,
            () if has(&["ingress-nginx", "envoy"]) => Form::Access,
            () if has(&["registry.k8s.io/", "cert-manager"]) => Form::Klog,
            () if has(&["redis", "postgres", "kafka", "trino"]) => Form::Plain,
            () => Form::Logfmt,
        }
    }

    /// The seconds between two lines.
    pub fn every(self) -> i64 {
        match self {
            Form::Access => 1,
            Form::Json => 2,
            Form::Logfmt => 4,
            Form::Klog | Form::Plain => 9,
        }
    }

    /// A line.
    pub fn line(self, voice: &Voice<'_>, at: i64, said: &Said) -> LogLine {
        let dice = voice.dice(at);
        let nanos = (dice % 1_000_000_000) as u32;
        let moment = jiff::Timestamp::new(at, nanos.cast_signed()).unwrap_or_default();
        let text = match self {
            _ if said.level == "raw" => said.text.clone(),
            Form::Json => {
                let mut line = format!(
                    "{{\"ts\":\"{moment:.3}\",\"level\":\"{}\",\"app\":\"{}\",\"msg\":{}",
                    said.level,
                    voice.app,
                    Value::from(said.text.as_str())
                );
                for (key, value) in &said.pairs {
                    // Numbers stand bare.
                    let value = value.parse::<u64>().map_or_else(|_| Value::from(value.as_str()), Value::from);
                    let _ = write!(line, ",\"{key}\":{value}");
                }
                let _ = write!(line, ",\"trace_id\":\"{dice:016x}\"}}");
                line
            }
            Form::Klog => {
                let letter = match said.level {
                    "error" | "fatal" => 'E',
                    "warn" => 'W',
                    _ => 'I',
                };
                let mut line = format!(
                    "{letter}{}       1 controller.go:{}] {:?}",
                    moment.strftime("%m%d %H:%M:%S%.6f"),
                    80 + dice % 400,
                    said.text
                );
                for (key, value) in &said.pairs {
                    let _ = write!(line, " {key}={value:?}");
                }
                line
            }
            Form::Access => {
                let (method, path) = [
                    ("GET", "/api/v1/orders"),
                    ("POST", "/api/v1/payments"),
                    ("GET", "/healthz"),
                    ("GET", "/api/v1/items"),
                ][(dice % 4) as usize];
                let status = if dice.is_multiple_of(53) { 502 } else { 200 };
                format!(
                    "10.{}.{}.{} - - [{}] \"{method} {path} HTTP/2.0\" {status} {} \"-\" \"okhttp/5.3.0\" {} 0.{:03}",
                    dice % 200,
                    dice >> 8 & 255,
                    dice >> 16 & 255,
                    moment.strftime("%d/%b/%Y:%H:%M:%S +0000"),
                    200 + dice % 4000,
                    300 + dice % 900,
                    dice % 420
                )
            }
            Form::Plain => {
                let level = if said.level == "info" { "LOG" } else { "WARNING" };
                format!("{} UTC [1] {level}:  {}", moment.strftime("%Y-%m-%d %H:%M:%S%.3f"), with_pairs(said))
            }
            Form::Logfmt => {
                let mut line = format!("time={moment:.3} level={} msg={:?}", said.level, said.text);
                for (key, value) in &said.pairs {
                    let _ = write!(line, " {key}={value}");
                }
                line
            }
        };
        LogLine { second: at, nanos, text }
    }
}

fn with_pairs(said: &Said) -> String {
    said.pairs.iter().fold(said.text.clone(), |mut text, (key, value)| {
        let _ = write!(text, " {key}={value}");
        text
    })
}
