//! What can be set.

use std::path::PathBuf;

/// Measures the cockpit on a real control plane and writes the table of figures.
#[derive(clap::Parser, Clone, Debug)]
#[command(name = "figures")]
pub struct Options {
    /// Set by `cargo bench`; without it nothing is measured
    #[arg(long, hide = true)]
    pub bench: bool,
    /// Small and soon over: 1000 pods, few runs; prints the table and writes none
    #[arg(long)]
    pub quick: bool,
    /// Pods of the large cluster [default: 15000, with --quick 1000]
    #[arg(long)]
    pods: Option<u32>,
    /// Launches that are timed [default: 5, with --quick 2]
    #[arg(long)]
    runs: Option<usize>,
    /// Changes a second of the churn
    #[arg(long, default_value_t = 1000)]
    pub rate: u32,
    /// Only these groups: launch, wire, keys, churn, small, process
    #[arg(long, value_delimiter = ',', value_name = "GROUP")]
    pub only: Vec<String>,
    /// The program to measure instead of the one that cargo built for this bench
    #[arg(long, value_name = "FILE", default_value = env!("CARGO_BIN_EXE_skylark"), hide_default_value = true)]
    pub binary: PathBuf,
    /// The date in the table, such as 2031-01-02 [default: today]
    #[arg(long)]
    pub date: Option<String>,
    /// The Kubernetes to measure on, such as 1.33 [default: the newest]
    #[arg(long, value_name = "VERSION")]
    pub kubernetes: Option<String>,
    /// Where the table goes [default: tests/bench/FIGURES.md, FIGURES-VERSION.md of another Kubernetes; with
    /// --quick or --only nowhere]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Give up after so many seconds
    #[arg(long, default_value_t = 1200)]
    pub longest: u64,
}

impl Options {
    fn sized<T>(&self, given: Option<T>, whole: T, quick: T) -> T {
        given.unwrap_or(if self.quick { quick } else { whole })
    }

    /// Pods of the large cluster.
    pub fn pods(&self) -> u32 {
        self.sized(self.pods, 15_000, 1000)
    }

    /// Launches that are timed.
    pub fn runs(&self) -> usize {
        self.sized(self.runs, 5, 2).max(1)
    }

    /// Seconds for which CPU is counted under churn.
    pub fn churn_seconds(&self) -> u64 {
        self.sized(None, 20, 5)
    }

    /// Seconds for which nothing is done.
    pub fn idle_seconds(&self) -> u64 {
        self.sized(None, 30, 6)
    }

    /// Cursor keys that are timed.
    pub fn keys(&self) -> usize {
        self.sized(None, 200, 40)
    }

    /// Rows of the larger table that is made in this process.
    pub fn many(&self) -> u32 {
        self.pods() * 10
    }

    /// Whether this group is wanted.
    pub fn wants(&self, group: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == group)
    }

    /// Where the table goes.
    pub fn target(&self) -> Option<PathBuf> {
        let file = match &self.kubernetes {
            Some(version) => format!("FIGURES-{version}.md"),
            None => "FIGURES.md".to_owned(),
        };
        let usual = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/bench").join(file);
        self.out.clone().or_else(|| (!self.quick && self.only.is_empty()).then(usual))
    }
}
