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
    DocSortBy => "Sort by {}",
    DocReverse => "Reverse the order",
    DocUnsort => "Order by cluster, namespace and name",
    DocSortNext => "Sort by the next column",
    DocSortPrevious => "Sort by the column before",
    DocPickNext => "Pick the next column",
    DocPickPrevious => "Pick the column before",
    DocWide => "Show or hide the wide columns",
    DocFaults => "Show only rows that want attention, or all again",
    DocMark => "Mark or unmark the row",
    DocMarkRange => "Mark from the last marked row to here",
    DocClearMarks => "Remove all marks",
    DocEnter => "Open",
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

    // Commands around the tables.
    DocPalette => "Find a command, kind, cluster, namespace or place by a few letters",
    DocAliases => "Show all kinds with their other names",
    DocHeader => "Show or hide the header",
    DocErrors => "Show what went wrong and needs reading: configuration, kubeconfig, logins",
    DocNotYet => "Say that something is not in this version yet",
    DocSearchHelp => "Search the help",
    DocCopy => "Copy names; or namespaces, cells, rows, the table",
    DocCopyName => "Copy the name, or the names of marked rows",
    DocCopyNamespace => "Copy the namespace",
    DocCopyCell => "Copy the cell under the picked column",
    DocCopyRow => "Copy the row, with tabs",
    DocCopyTable => "Copy all rows that match, with tabs",
    DocSave => "Save all rows that match as a CSV file",
    DocFavourite => "Show the namespace of a number: the first nine gone to have one",
    DocFavouriteOf => "Show namespace {} of those gone to",
    HintPalette => "find",
    HintSearch => "search",
    HintGoOn => "edit as a line",

    // Commands: the same in a word or three, for the hints.
    HintCommandLine => "command",
    HintHelp => "help",
    HintBack => "back",
    HintClearFilter => "clear filter",
    HintClose => "close",
    HintFilter => "filter",
    HintWide => "wide",
    HintFaults => "faults only",
    HintAllRows => "all rows",
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

    // The help overlay.
    HelpEverywhere => "Everywhere",
    HelpTable => "Table",
    HelpClusters => "Clusters",
    HelpPrompt => "Command line and filter",
    HelpHelp => "Help",
    HelpCommands => "Commands",
    HelpFirst => "Most used",
    HelpLines => "Command line",
    HelpFilters => "Filter",
    HelpNotYet => "Keys of k9s that do nothing yet",
    PaneClusters => "The clusters of the fleet",
    PaneNamespaces => "The namespaces",
    PaneObjects => "All of a kind, such as pods or deploy",
    PaneHelp => "This help",
    FormNamespace => "KIND in these namespaces (-A: in all)",
    FormCluster => "KIND on these clusters (@*: on all)",
    FormFilter => "KIND, filtered",
    FormLabels => "KIND with these labels",
    FormAll => "KIND in all namespaces",
    FilterRegex => "a cell matches this regex",
    FilterWords => "each word matches a cell",
    FilterInverse => "no cell matches",
    FilterEither => "a label, or a cell",
    FilterLabels => "labels only",
    FilterLetters => "a name with these letters",

    // Completions.
    AboutKind => "kind",
    AboutCluster => "cluster",
    AboutNamespace => "namespace",
    AboutCommand => "command",
    AboutColumn => "column",
    AboutPane => "pane",
    AboutPlace => "place",
    AboutCopied => "to be copied",

    // The palette: what is found, and why something is not to be had here and now.
    PaletteHint => "> commands   : kinds   @ clusters",
    PaletteNone => "Nothing fits. Backspace widens the search; :KIND goes to any kind.",
    PaletteScope => "scope the fleet to it",
    PaletteNamespace => "{} in it",
    WhyReadOnly => "read-only: Skylark was started with --read-only",
    WhyForbidden => "forbidden: {}",
    WhyStale => "{} is {}: what is shown may be out of date, so nothing is changed by it",
    WhyIdle => "idle: Enter connects it",
    WhyElsewhere => "only in: {}",
    WhyNoRows => "there are no rows",
    WhyNoColumn => "no column is picked: Shift-Left and Shift-Right pick one",
    WhyNoFilter => "there is no filter",
    WhyNoMarks => "no row is marked",
    WhyNoOrder => "the order is the natural one",
    WhyNoBack => "there is nothing to go back to",
    WhyAllNamespaces => "all namespaces are shown",
    WhyAllLive => "every cluster in scope is live",

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
    LineOption => "There is no option `{}`: -A, -n NAMESPACE and -l SELECTOR are understood",
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
    NothingSelected => "No row is selected",
    Retrying => "Trying again now: {}",
    RetryingAll => "Trying everything that is not live again now",
    Connecting => "Connecting {}",
    NothingIdle => "No idle cluster to connect",
    FleetDead => "No cluster answers: see the reasons here; r tries again now",
    NotHere => "`{}` does nothing here",
    NotYet => "Not in this version yet: {}. Nothing was done",
    NoFavourite => "No namespace is on {} yet: the first nine that are gone to are on 1 to 9",
    ErrorsTitle => "errors",
    ErrorsNone => "Nothing went wrong so far.",
    ErrorsSaid => "{} to read with :errors · {}",
    ErrorsTag => ":errors {}",

    // Copying and saving.
    NoNamespace => "These rows have no namespace",
    CopyWhat => "`{}` cannot be copied: {} can",
    CopyNoColumn => "Pick a column first, with Shift-Left or Shift-Right: {}",
    CopiedNames => "{} names",
    CopiedNamespaces => "{} namespaces",
    CopiedCell => "{}",
    CopiedCells => "{} cells of {}",
    CopiedRow => "the row",
    CopiedRows => "{} rows",
    CopiedLeft => " ({} more did not fit)",
    ClipNative => "Copied {} ({} bytes) to the clipboard",
    ClipTmux => "Sent {} ({} bytes) to the clipboard by tmux (unconfirmed)",
    ClipTerminal => "Sent {} ({} bytes) to the clipboard by OSC 52 (unconfirmed)",
    ClipFile => "Copied {} ({} bytes) to {}",
    ClipFileWhy => "Copied {} ({} bytes) to {}: {}",
    ClipSaved => "Saved {} ({} bytes) to {}",
    ClipFailed => "Nothing was copied of {}: {}",
    ClipBusy => "Nothing was copied: what was copied before is still on its way",

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
    FaultsOnly => "faults only",
    EmptyNoFault => "None of {} {} wants attention.",
    EmptyNoFaultHint => "Ctrl-Z  shows all rows     r  asks again",
    EmptyNoMatch => "None of {} {} matches",
    EmptyForbidden => "You may not list {} here. There may be some:",
    EmptyForbiddenHint => ":ns NAME  a namespace you may read     Ctrl-P  another kind     r  ask again",
    EmptyLoadingHint => "r  asks again     :clusters  every cluster and how it stands",
    EmptyNoMatchHint => "Esc  clears the filter     /  changes it",
    EmptyFleet => "There is no cluster to show.",
    EmptyFleetHint => "?  all keys     :q  quits",
    FilterSyntax => "regex of a cell, words     !inverse     label=value     -l labels     -f letters",
    MoreBelow => "{} more below",
    MoreAbove => "{} more above",
    HelpTitle => "help",
    HelpHint => "Esc closes   / searches",
    HelpNothing => "Nothing fits the search.",
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
