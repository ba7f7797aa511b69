//! How large what is measured is, and what is to be reached there.

use clap::ValueEnum;

/// What is measured, and how large it is.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Scale {
    /// 15 000 pods on a real control plane
    #[default]
    #[value(name = "15k")]
    Usual,
    /// 150 000 pods and 5 000 nodes on a real control plane
    #[value(name = "150k")]
    Large,
    /// 150 000 pods and 5 000 nodes on `skylark serve`
    #[value(name = "serve-150k")]
    Serve,
    /// 20 clusters of 15 000 pods each on `skylark serve`
    #[value(name = "serve-20x15k")]
    Fleet,
}

/// What is to be reached; what is `None` is measured without an aim.
#[derive(Clone, Copy, Debug, Default)]
pub struct Aims {
    /// A launch beside a plain paged LIST.
    pub to_list: Option<f64>,
    /// A launch beside a streaming list.
    pub to_stream: Option<f64>,
    /// Resident megabytes with all rows.
    pub memory: Option<f64>,
    /// Milliseconds of a filter and of a sort, in this process.
    pub filter: Option<f64>,
    /// See `filter`.
    pub sort: Option<f64>,
    /// Seconds until the screen is full.
    pub first_screen: Option<f64>,
    /// Milliseconds from a key to its frame, while nothing changes and at each rate of changes.
    pub idle_key: Option<f64>,
    /// See `idle_key`.
    pub busy_key: Option<f64>,
    /// Percent of a core at the lowest rate of changes.
    pub cpu: Option<f64>,
}

impl Scale {
    /// Pods of each cluster.
    pub fn pods(self) -> u32 {
        match self {
            Scale::Usual | Scale::Fleet => 15_000,
            Scale::Large | Scale::Serve => 150_000,
        }
    }

    /// Nodes of each cluster that is served; the real control plane makes one for each 30 pods.
    pub fn nodes(self) -> u32 {
        self.pods() / 30
    }

    /// How many clusters there are.
    pub fn clusters(self) -> u32 {
        if self == Scale::Fleet { 20 } else { 1 }
    }

    /// Whether `skylark serve` plays the clusters.
    pub fn is_served(self) -> bool {
        matches!(self, Scale::Serve | Scale::Fleet)
    }

    /// The groups that are measured when none are named.
    pub fn groups(self) -> &'static [&'static str] {
        match self {
            Scale::Usual => &["launch", "wire", "keys", "churn", "small", "process"],
            Scale::Large => &["launch", "keys", "churn", "process"],
            Scale::Serve | Scale::Fleet => &["launch", "keys", "churn", "process"],
        }
    }

    /// What the file of its figures is called.
    pub fn file(self) -> &'static str {
        match self {
            Scale::Usual => "FIGURES",
            Scale::Large => "FIGURES-150k",
            Scale::Serve => "FIGURES-serve-150k",
            Scale::Fleet => "FIGURES-serve-20x15k",
        }
    }

    /// What is to be reached.
    pub fn aims(self) -> Aims {
        match self {
            Scale::Usual => Aims {
                to_list: Some(0.5),
                to_stream: Some(1.3),
                memory: Some(40.0),
                filter: Some(5.0),
                sort: Some(10.0),
                idle_key: Some(16.0),
                busy_key: Some(16.0),
                cpu: Some(5.0),
                first_screen: None,
            },
            Scale::Large => Aims {
                to_list: Some(0.35),
                to_stream: Some(1.15),
                memory: Some(150.0),
                filter: Some(30.0),
                sort: Some(50.0),
                ..Aims::default()
            },
            Scale::Serve => Aims { memory: Some(150.0), busy_key: Some(16.0), ..Aims::default() },
            Scale::Fleet => {
                Aims { memory: Some(300.0), first_screen: Some(2.0), busy_key: Some(16.0), ..Aims::default() }
            }
        }
    }
}
