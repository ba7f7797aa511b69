//! Tables of generated pods, made in this process.

use anyhow::{Context as _, Result};
use skylark::kinds;
use skylark::model::draft::Draft;
use skylark::model::source::Source;
use skylark::model::state::ClusterId;
use std::fmt::Write as _;
use std::sync::Arc;

/// Makes pods: the same numbers make the same pods.
pub struct Pods {
    from_json: fn(&[u8], &mut Draft) -> Result<(), kinds::DecodeError>,
    draft: Draft,
    text: String,
    version: u64,
}

const AREAS: [&str; 8] = ["checkout", "billing", "search", "ingress", "catalog", "payments", "ledger", "mailer"];
const PARTS: [&str; 6] = ["api", "worker", "db", "cache", "gateway", "cron"];

impl Pods {
    /// A maker.
    pub fn new() -> Result<Pods> {
        let client = kinds::find("", "v1", "pods").context("pods are no client kind")?;
        Ok(Pods { from_json: client.from_json, draft: Draft::default(), text: String::new(), version: 0 })
    }

    /// A source with so many rows.
    pub fn source(&mut self, rows: u32) -> Result<Arc<Source>> {
        let client = kinds::find("", "v1", "pods").context("pods are no client kind")?;
        let kind = Arc::new(client.kind.to_kind());
        let source = Arc::new(Source::new(ClusterId(0), kind, None, Arc::default(), false));
        source.set_columns(client.columns.into());
        source.begin();
        for number in 0..rows {
            self.put(&source, number, 0)?;
        }
        source.commit(skylark::base::clock::now());
        Ok(source)
    }

    /// Adds or changes pod `number`; every pod restarts with a new `round`.
    pub fn put(&mut self, source: &Source, number: u32, round: u32) -> Result<()> {
        self.version += 1;
        self.write(number, round);
        (self.from_json)(self.text.as_bytes(), &mut self.draft)?;
        source.upsert(&self.draft, skylark::base::clock::now());
        Ok(())
    }

    fn write(&mut self, number: u32, round: u32) {
        let mixed = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let pick = |from: &[&'static str], shift: u32| from[(mixed >> shift) as usize % from.len()];
        let (area, part) = (pick(&AREAS, 8), pick(&PARTS, 16));
        let (namespace, day, hour) = (number % 997, 1 + mixed % 28, (mixed >> 24) % 24);
        let restarts = if mixed.is_multiple_of(7) { mixed % 40 } else { 0 } + u64::from(round);
        let (phase, ready, state) = match mixed % 33 {
            0 => ("Pending", false, r#""waiting":{"reason":"ImagePullBackOff"}"#),
            1 => ("Running", false, r#""waiting":{"reason":"CrashLoopBackOff"}"#),
            _ => ("Running", true, r#""running":{"startedAt":"2026-01-02T03:04:05Z"}"#),
        };
        let version = self.version;
        self.text.clear();
        let _ = write!(
            self.text,
            r#"{{"metadata":{{"name":"{area}-{part}-{tail:010x}-{number:05}","namespace":"team-{namespace:03}","uid":"{mixed:016x}-{number:08x}","resourceVersion":"{version}","creationTimestamp":"2026-01-{day:02}T{hour:02}:04:05Z","labels":{{"app":"{area}-{part}","team":"{namespace}"}}}},"spec":{{"nodeName":"node-{node:04}.eu-west-1.example","containers":[{{}}]}},"status":{{"phase":"{phase}","podIP":"10.{a}.{b}.{c}","containerStatuses":[{{"name":"main","ready":{ready},"restartCount":{restarts},"state":{{{state}}}}}]}}}}"#,
            tail = mixed >> 26,
            node = number % 613,
            a = number % 250,
            b = (mixed >> 40) % 250,
            c = (mixed >> 48) % 250,
        );
    }
}
