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

            /// Every text.
            #[cfg(test)]
            const ALL: &'static [Text] = &[$(Text::$key,)*];
        }
    };
}

texts! {
    AllNamespaces => "all namespaces",
    IdleCluster => "idle: not connected; Enter on it in :clusters connects it",

    // Commands: what each does, for the help.
    DocMoveUp => "Move up",
    DocMoveDown => "Move down",
    DocHalfPageUp => "Move up half a page",
    DocHalfPageDown => "Move down half a page",
    DocPageUp => "Move up a page",
    DocPageDown => "Move down a page",
    DocMoveTop => "Move to the first row",
    DocMoveBottom => "Move to the last row",
    DocCommandLine => "Open the command line",
    DocHelp => "Show or hide this help",
    DocBack => "Clear the filter, else go back",
    DocQuit => "Leave Skylark",
    DocRedraw => "Draw the screen afresh",
    DocHistoryBack => "Go to the place before",
    DocHistoryForward => "Go to the place after",
    DocHistoryLast => "Go to the last place, and back again",
    DocContext => "Show the clusters, or scope the fleet to one (`*`: to all)",
    DocNamespace => "Show the namespaces, or the pods of one (`*`: of all)",
    DocAllNamespaces => "Show all namespaces",
    DocFilter => "Filter the rows",
    DocClearFilter => "Clear the filter",
    DocSort => "Sort by the picked column, or by one named or numbered; again: the other way round",
    DocSortBy => "Sort by {}; again: the other way round",
    DocReverse => "Reverse the order",
    DocUnsort => "Order by cluster, namespace and name",
    DocSortNext => "Sort by the next column",
    DocSortPrevious => "Sort by the column before",
    DocPickNext => "Pick the next column",
    DocPickPrevious => "Pick the column before",
    DocWide => "Show or hide the wide columns",
    DocMark => "Mark or unmark the row",
    DocMarkRange => "Mark from the last marked row to here",
    DocClearMarks => "Remove all marks",
    DocEnter => "Open",
    // Drilling down and up.
    DocOwner => "Go to the owner of the row; again: to its owner",
    DocUsedBy => "Show what uses the config map, secret, claim or service account",
    DocEventsOf => "Show the events of the row",
    DocWarp => "Show the whole kind in the row's namespace",
    DocRetry => "Try clusters that are not live again now",
    DocConnect => "Connect idle clusters",
    DocAccept => "Run the line, or keep the filter",
    DocCancel => "Close the line as if it had not been opened",
    DocClearLine => "Empty the line",
    DocCompleteNext => "Next completion",
    DocCompletePrevious => "Completion before",
    DocRight => "Right; at the end of the line: take the completion",
    DocLeft => "Left",
    DocLineStart => "To the start of the line",
    DocLineEnd => "To the end of the line",
    DocDeleteLeft => "Delete the character to the left",
    DocDeleteRight => "Delete the character to the right",
    DocDeleteWord => "Delete the word to the left",
    DocEarlier => "Line typed earlier",
    DocLater => "Line typed later",

    // Commands: the same in a word or three, for the hints.
    HintCommandLine => "command",
    HintHelp => "help",
    HintBack => "back",
    HintClearFilter => "clear filter",
    HintClose => "close",
    HintFilter => "filter",
    HintWide => "wide",
    HintMark => "mark",
    HintAllNamespaces => "all namespaces",
    HintOpen => "open",
    HintRetry => "retry now",
    HintConnect => "connect",
    HintRun => "run",
    HintKeep => "keep",
    HintCancel => "cancel",
    HintComplete => "complete",
    HintClearLine => "clear",
    HintEarlier => "earlier",
    HintScopeClusters => "scope to it",
    HintScopeNamespaces => "its pods",

    // What Enter opens, for the hints.
    HintPods => "its pods",
    HintContainers => "its containers",
    HintJobs => "its jobs",
    HintClaim => "its claim",
    HintTarget => "its target",
    HintObjects => "its objects",
    HintServices => "its services",
    HintRole => "its role",

    // The help overlay.
    HelpEverywhere => "Everywhere",
    HelpTable => "Table",
    HelpClusters => "Clusters",
    HelpPrompt => "Command line and filter",
    HelpHelp => "Help",
    HelpCommands => "Commands",
    HelpLines => "What the command line understands",
    HelpFilters => "What the filter understands",
    PaneClusters => "The clusters of the fleet",
    PaneNamespaces => "The namespaces",
    PaneObjects => "All of a kind, such as pods or deploy",
    HelpOpens => "What Enter opens",
    PaneHelp => "This help",
    FormNamespace => "KIND in these namespaces (-A: in all)",
    FormCluster => "KIND on these clusters (@*: on all)",
    FormFilter => "KIND, filtered",
    FormLabels => "KIND with these labels",
    FilterRegex => "rows with a cell that matches, in any case",
    FilterInverse => "rows without such a cell",
    FilterLabels => "rows with these labels",
    FilterColumn => "rows of which that column matches: reason:BackOff, !type:Normal",
    FilterCompare => "rows of which that column is more or less: count:>5, age:<1h",
    FilterSince => "rows seen, or made, no longer ago: since:15m",

    // What an object says of those that it leads to.
    LeadNoSelector => "{} has no selector, so it chooses no pods; :endpointslices kubernetes.io/service-name={} shows where it leads",
    LeadUnbound => "{} is bound to no claim",
    LeadNoTarget => "{} names nothing that it scales",
    LeadNoBackend => "{} names no service",
    LeadNoPods => "{} has no address of a pod",
    LeadNoOwner => "{} has no owner: nothing controls it",
    WithinGone => "{} {} is not there any more; these rows are what it led to",
    WithinAnew => "{} {} was deleted and created anew: these are the {} of the new one",
    WithinChanged => "the selector of {} {} has changed from {} to {}",
    CrumbMore => "+{}",
    WithinByLabels => "these are chosen by labels alone, for {} cannot be read here: {}",

    // Completions.
    AboutKind => "kind",
    AboutCluster => "cluster",
    AboutNamespace => "namespace",
    AboutCommand => "command",
    AboutColumn => "column",
    AboutPane => "pane",

    // What is wrong with a line.
    LineUnknown => "There is no kind and no command `{}`",
    LineUnknownDid => "There is no kind and no command `{}`: {}?",
    LineUnknownCluster => "There is no cluster `{}`",
    LineUnknownClusterDid => "There is no cluster `{}`: {}?",
    LineAmbiguousCluster => "`{}` may mean {}",
    LineTwoFilters => "There is more than one filter",
    LineTwoNamespaces => "There is more than one namespace: write them with commas, `a,b`",
    LineTwoClusters => "There is more than one @cluster: write them with commas, `@a,b`",
    LineNoArgument => "`{}` takes no argument",
    LineTooMany => "`{}` is one word too many",
    LineOption => "There is no option `{}`: -A, -n NAMESPACE, -l SELECTOR and --since TIME are understood",
    LineOptionValue => "`{}` needs a value",
    LineQuote => "A quote is not closed",
    Or => " or ",

    // What is wrong with a keymap.
    KeymapSection => "there is no section [{}]: global, table, clusters, prompt and help are understood",
    KeymapChord => "`{}` is not a key",
    KeymapNoKeys => "a binding without keys",
    KeymapCommand => "`{}`: {}",
    KeymapNotCommand => "there is no command `{}`",
    KeymapScope => "`{}` does nothing in [{}]",
    KeymapTwice => "`{}` is bound twice in [{}]",
    KeymapShadow => "`{}` begins like another binding of [{}], which could never be reached",

    // Messages of the moment.
    AtBottom => "There is nothing to go back to; :q quits",
    AtNewest => "There is nothing to go forward to",
    NoLast => "There is no other place yet",
    NoColumn => "There is no column {} here",
    NoColumnPicked => "Pick a column first: {}",
    NotOpenable => "Opening one of {} is not possible yet",
    SeveralKinds => "The marked rows are of several kinds: {}",
    NotUsed => "What uses {} is not known: it is for config maps, secrets, claims and service accounts",
    NoNamespace => "The row is in no namespace",
    NothingSelected => "No row is selected",
    Retrying => "Trying again now: {}",
    RetryingAll => "Trying everything that is not live again now",
    Connecting => "Connecting {}",
    NothingIdle => "No idle cluster to connect",
    FleetDead => "No cluster answers: see the reasons here; r tries again now",
    NotHere => "`{}` does nothing here",

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
    NoClusters => "No clusters: see --kubeconfig, KUBECONFIG and --context",
    NoClustersShort => "no clusters",
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
    FilterSyntax => "a part or regex of any cell   !inverse   -l label=value   status:Run   age:<1h",
    MoreBelow => "{} more below",
    MoreAbove => "{} more above",
    HelpTitle => "help",
    HelpHint => "Esc closes",
    HelpScroll => "j k scroll",
    Candidates => "{} of {}",
}

impl Text {
    /// The text with each `{}` replaced by the next of `values`.
    pub fn with(self, values: &[&str]) -> String {
        let mut out = String::new();
        let mut values = values.iter();
        for (i, piece) in self.get().split("{}").enumerate() {
            if i > 0 {
                out.push_str(values.next().copied().unwrap_or_default());
            }
            out.push_str(piece);
        }
        out
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_say_something_and_take_values() {
        for text in Text::ALL {
            assert!(!text.get().trim().is_empty(), "{text:?}");
        }
        assert_eq!(Text::LineAmbiguousCluster.with(&["a", "b"]), "`a` may mean b");
        assert_eq!(Text::NoColumn.with(&[]), "There is no column  here");
    }
}
