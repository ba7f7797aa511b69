//! What can be set.

use crate::scale::Scale;
use std::path::PathBuf;

/// Measures the cockpit on a real control plane and writes the table of figures.
#[derive(clap::Parser, Clone, Debug)]
#[command(name = "figures")]
pub struct Options {
    /// Set by `cargo bench`; without it nothing is measured
    #[arg(long, hide = true)]
    pub bench: bool,
    /// What is measured, and how large it is; each has its own table
    #[arg(long, value_enum, default_value_t)]
    pub scale: Scale,
    /// Small and soon over: 1000 pods or fewer, few runs; prints the table and writes none
    #[arg(long)]
    pub quick: bool,
    /// Pods of each cluster [default: as the scale says, with --quick 1000, of served ones 300]
    #[arg(long)]
    pods: Option<u32>,
    /// Clusters that are served [default: as the scale says, with --quick 3 of many]
    #[arg(long)]
    clusters: Option<u32>,
    /// Nodes of each cluster that is served [default: one for each 30 pods]
    #[arg(long)]
    nodes: Option<u32>,
    /// Launches that are timed [default: 5, of large scales 3, with --quick 2]
    #[arg(long)]
    runs: Option<usize>,
    /// Changes a second of the churn, in the whole fleet [default: 1000, of served clusters 1000,5000]
    #[arg(long, value_delimiter = ',')]
    rate: Vec<u32>,
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
    /// Where the table goes [default: tests/bench/FIGURES.md, with -SCALE or -VERSION of another scale or
    /// Kubernetes; with --quick or --only nowhere]
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

    /// Pods of each cluster.
    pub fn pods(&self) -> u32 {
        self.sized(self.pods, self.scale.pods(), if self.scale.is_served() { 300 } else { 1000 })
    }

    /// How many clusters there are.
    pub fn clusters(&self) -> u32 {
        self.sized(self.clusters, self.scale.clusters(), self.scale.clusters().min(3)).max(1)
    }

    /// Nodes of each cluster that is served.
    pub fn nodes(&self) -> u32 {
        self.sized(self.nodes, self.scale.nodes(), self.pods() / 30)
    }

    /// Launches that are timed.
    pub fn runs(&self) -> usize {
        self.sized(self.runs, if self.scale == Scale::Usual { 5 } else { 3 }, 2).max(1)
    }

    /// Changes a second, in the whole fleet.
    pub fn rates(&self) -> Vec<u32> {
        match (self.rate.as_slice(), self.scale.is_served()) {
            ([], false) => vec![1000],
            ([], true) if self.quick => vec![100],
            ([], true) => vec![1000, 5000],
            (rates, _) => rates.to_vec(),
        }
    }

    /// Seconds for which CPU is counted under churn.
    pub fn churn_seconds(&self) -> u64 {
        self.sized(None, if self.scale == Scale::Usual { 20 } else { 12 }, 5)
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
        if self.only.is_empty() { self.scale.groups().contains(&group) } else { self.only.iter().any(|o| o == group) }
    }

    /// What is measured, in words.
    pub fn words(&self) -> String {
        let (pods, nodes) = (self.pods(), self.nodes());
        match (self.scale.is_served(), self.clusters()) {
            (false, _) => format!("{pods} pods on a real control plane"),
            (true, 1) => format!("{pods} pods and {nodes} nodes on `skylark serve` of lower priority"),
            (true, clusters) => {
                format!(
                    "{clusters} clusters of {pods} pods and {nodes} nodes each on `skylark serve` of lower priority"
                )
            }
        }
    }

    /// The command that measures this.
    pub fn command(&self) -> String {
        let scale = clap::ValueEnum::to_possible_value(&self.scale).map(|value| value.get_name().to_owned());
        let scale = scale.filter(|_| self.scale != Scale::Usual).map(|name| format!(" -- --scale {name}"));
        format!("cargo bench --bench figures{}", scale.unwrap_or_default())
    }

    /// Where the table goes.
    pub fn target(&self) -> Option<PathBuf> {
        let version = self.kubernetes.as_ref().map(|version| format!("-{version}")).unwrap_or_default();
        let file = format!("{}{version}.md", self.scale.file());
        let usual = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/bench").join(file);
        self.out.clone().or_else(|| (!self.quick && self.only.is_empty()).then(usual))
    }
}
