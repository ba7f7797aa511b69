//! Every text that Skylark says by itself, in one table. English for now; a second language is a
//! second column.

/// Declares the texts: an enum of keys and the English of each.
macro_rules! texts {
    ($($key:ident => $english:literal,)*) => {
        /// A text of the table.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[allow(missing_docs)]
        pub enum Text { $($key,)* }

        impl Text {
            /// The text in the language in force.
            pub const fn get(self) -> &'static str {
                match self { $(Text::$key => $english,)* }
            }
        }
    };
}

texts! {
    AllNamespaces => "all namespaces",

    // The screen. `{}` stand for what is filled in, in order.
    AllClusters => "all {} clusters",
    SomeClusters => "only {} of {} clusters",
    InSomeClusters => "in {} of {} clusters",
    Node => "node",
    Nodes => "nodes",
    Pod => "pod",
    Pods => "pods",
    Ago => "{} ago",
    ReadOnly => "read-only",
    NoClusters => "no clusters",
    CountWaiting => "waiting",
    CountSoFar => "{} so far",
    CountOf => "{} of ~{}",
    CountMatch => "{} of {} match",
    CountMatchExpected => "{} of {} match, ~{} expected",
    Partial => "partial",
    Marked => "{} marked",
    HiddenColumn => "+{} column",
    HiddenColumns => "+{} columns",
    SortedBy => "by {} {}",
    NotesMore => "+{} more",
    OneNote => "1 note",
    NotesOnly => "{} notes",
    EmptyWaiting => "Nothing has arrived yet.",
    EmptyLoading => "The {} are arriving.",
    EmptyExpected => "About {} are expected.",
    EmptyNone => "There are no {}.",
    EmptyNoneIn => "There are no {} in {}.",
    EmptyNoneHint => ":  another kind or namespace     ?  all keys",
    EmptyNotShown => "No {} can be shown. There may be some:",
    EmptyNotShownHint => ":clusters  every cluster and why     r  try again",
    EmptyNoMatch => "None of {} {} matches",
    EmptyNoMatchHint => "Esc  clears the filter     /  changes it",
    EmptyFleet => "There is no cluster to show.",
    EmptyFleetHint => "?  all keys     :q  quits",
    FilterSyntax => "a part or regex of any cell     !inverse     -l label=value",
    MoreBelow => "{} more below",
    MoreAbove => "{} more above",
    HelpTitle => "help",
    HelpHint => "Esc closes",
    HelpScroll => "j k scroll",
    Candidates => "{} of {}",
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.get())
    }
}
