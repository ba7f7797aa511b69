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

    // What a user of few rights is told about the rest, and what a word also names.
    LimitedRead => "shown: {}",
    LimitedMore => "{} more",
    LimitedChecking => "which namespaces may be read is being checked",
    LimitedNone => "no namespace is known that may be read: name one with -n, or after the kind",
    LimitedNoneOf => "none of the {} namespaces may be read",
    LimitedRefusedOne => "1 other namespace may not be read",
    LimitedRefused => "{} other namespaces may not be read",
    LimitedUncheckedOne => "1 more namespace was not checked: name it with -n, or after the kind",
    LimitedUnchecked => "{} more namespaces were not checked: name one with -n, or after the kind",
    LimitedUnasked => "what may be read could not be asked: {}",
    LimitedUnknown => "which namespaces there are may not be read, either: {}",
    LimitedNames => "known by name: {}",
    TheSameFor => "{}; the same for {}",
    AlsoNames => "{} is {} here, and also names {}",

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
    DocFilter => "Filter the rows; in a document: search",
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
    DocYaml => "Show the YAML of the object under the cursor",
    DocDescribe => "Describe the object under the cursor",
    DocSearchNext => "To the next place found",
    DocSearchPrevious => "To the place found before",
    DocChangeNext => "To the next changed line",
    DocChangePrevious => "To the changed line before",
    DocAcknowledge => "The changes were seen: remove their marks",
    DocWrap => "Break long lines, or cut them",
    DocManaged => "Show or hide managedFields",
    DocReveal => "Show what is masked, decoded; again: mask it",
    DocScrollLeft => "Scroll to the left",
    DocScrollRight => "Scroll to the right",
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
    HintYaml => "yaml",
    HintDescribe => "describe",
    HintSearch => "search",
    HintClearSearch => "clear search",
    HintNext => "next",
    HintWrap => "wrap",
    HintManaged => "managed fields",
    HintReveal => "show secrets",
    HintMask => "mask secrets",
    HintFollow => "describe it",
    HintSeen => "seen",
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
    HelpDocument => "Document",
    HelpPrompt => "Command line and filter",
    HelpHelp => "Help",
    HelpCommands => "Commands",
    HelpLines => "What the command line understands",
    HelpFilters => "What the filter understands",
    PaneClusters => "The clusters of the fleet",
    PaneNamespaces => "The namespaces",
    PaneObjects => "All of a kind, such as pods or deploy",
    PaneDocument => "One object, to be read",
    PaneHelp => "This help",
    FormNamespace => "KIND in these namespaces (-A: in all)",
    FormCluster => "KIND on these clusters (@*: on all)",
    FormFilter => "KIND, filtered",
    FormLabels => "KIND with these labels",
    FilterRegex => "rows with a cell that matches, in any case",
    FilterInverse => "rows without such a cell",
    FilterLabels => "rows with these labels",

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
    LineOption => "There is no option `{}`: -A, -n NAMESPACE and -l SELECTOR are understood",
    LineOptionValue => "`{}` needs a value",
    LineQuote => "A quote is not closed",
    Or => " or ",

    // What is wrong with a keymap.
    KeymapSection => "there is no section [{}]: global, table, clusters, document, prompt and help are understood",
    KeymapChord => "`{}` is not a key",
    KeymapNoKeys => "a binding without keys",
    KeymapCommand => "`{}`: {}",
    KeymapNotCommand => "there is no command `{}`",
    KeymapScope => "`{}` does nothing in [{}]",
    KeymapTwice => "`{}` is bound twice in [{}]",
    KeymapShadow => "`{}` begins like another binding of [{}], which could never be reached",
    KeymapNotText => "what `{}` means stands in quotes, such as \"quit\" or \":pods -A\"",

    // The user's configuration, and what went wrong with it.
    DocErrors => "Show what went wrong and needs reading: configuration, kubeconfig, logins",
    LendTerminal => "Skylark: cluster {} asks {} to log in, with {}. Ctrl-C gives the login up, not Skylark.",
    ErrorsTitle => "errors",
    ErrorsNone => "Nothing went wrong so far.",
    ErrorsSaid => "{} to read with :errors · {}",

    // Documents: what stands in the text itself.
    DocumentTooLong => "The rest is not shown: this object is larger than {} MiB",
    Masked => "masked",
    MaskedBytes => "masked, {} bytes",
    Decoded => "decoded",
    Binary => "binary, {} bytes, in base64",
    NotBase64 => "not base64",

    // Documents: what is said of them.
    PageYaml => "yaml",
    PageDescribe => "describe",
    PageWaiting => "waiting",
    PageLoading => "loading",
    PageLive => "live",
    PageFetched => "fetched {} ago",
    PageAsOf => "as of {} ago",
    PageDeleted => "deleted {} ago",
    PageForbidden => "forbidden",
    PageMissing => "not found",
    PageFailed => "failed",
    PageChanged => "changed {}× · {} ago",
    PageWrap => "wrap",
    PageManaged => "managed fields",
    PageMasked => "secrets masked",
    PageRevealed => "secrets shown",
    PagePlace => "line {} of {}, {} % ",
    PageFound => "{} of {}",
    PageFoundMore => "{} of {}+",
    PageFoundNone => "nothing found",
    NoteDeleted => "{} was deleted {} ago: this is how it was last seen",
    NoteAnother => "{} was deleted {} ago, and another of this name exists now: this is the old one; go back and open the new one there",
    NoteGone => "{} was deleted, and another of this name exists now; go back and open it there",
    NoteStale => "not live for {}: {}; r tries again now",
    NoteForbidden => "{}. Ask for the right to get {}; Esc goes back",
    NoteMissing => "{}. It may have been deleted; Esc goes back, and it shows here when it exists again",
    NoteNoKind => "{}; Esc goes back",
    NoteFailed => "{}; r tries again now",
    EmptyPage => "{} is not here yet.",
    EmptyPageNot => "{} cannot be shown:",
    EmptyPageHint => "Esc  goes back     r  tries again     ?  all keys",
    SearchSyntax => "a part or a regex; upper case is meant as such     n N  next, previous",
    PatternTooLarge => "this pattern is too large",

    // Messages of the moment.
    AtBottom => "There is nothing to go back to; :q quits",
    AtNewest => "There is nothing to go forward to",
    NoLast => "There is no other place yet",
    NoColumn => "There is no column {} here",
    NoColumnPicked => "Pick a column first: {}",
    NotOpenable => "Opening one of {} is not possible yet",
    NotAnObject => "A cluster has no YAML and no description: open a kind first",
    NoLink => "This line names no other object",
    NoSecrets => "Nothing is masked here",
    NothingSelected => "No row is selected",
    Retrying => "Trying again now: {}",
    RetryingAll => "Trying everything that is not live again now",
    Connecting => "Connecting {}",
    NothingIdle => "No idle cluster to connect",
    FleetDead => "No cluster answers: see the reasons here; r tries again now",
    NotHere => "`{}` does nothing here",

    // Descriptions.
    AboutTrouble => "Trouble",
    AboutMore => "… and {} more",
    AboutMoreCharacters => "… {} characters more",
    AboutCut => "… the rest is not shown here: the YAML has it",
    AboutIn => "in {}",
    AboutAsking => "asking…",
    AboutRefused => "not allowed to look: {}",
    AboutFailed => "could not ask: {}",
    AboutNotServed => "not served here",
    AboutUnasked => "not looked up",
    AboutOnlyFirst => "only the first {} were looked at: there are more",
    AboutMissing => "missing",
    AboutMissingOptional => "missing (optional)",
    AboutMayNotLook => "(not allowed to look)",
    AboutCouldNotLook => "(could not look)",
    AboutReplaced => "gone: another of this name is there",
    AboutDeleted => "being deleted, due {}",
    AboutDeletedWaits => "being deleted, due {}; waits for the finalizers {}",
    AboutIs => "{} is {}",
    AboutUnknownPhase => "its state is unknown: the node does not answer",
    AboutGate => "readiness gate {} is not met: no condition says so",
    AboutWaiting => "waiting",
    AboutTerminated => "terminated",
    AboutNotReady => "running, not ready",
    AboutNotStarted => "running, not started yet",
    AboutRestarted => "restarted once",
    AboutRestartedTimes => "restarted {} times",
    AboutPaused => "the rollout is paused",
    AboutUnobserved => "its controller has not seen the latest change yet",
    AboutUpdated => "{} of {} pods are updated",
    AboutAvailable => "{} of {} pods are available",
    AboutReady => "{} of {} pods are ready",
    AboutMorePods => "and {} more pods",
    AboutSuspended => "it is suspended",
    AboutLastJobFailed => "its latest finished job {} failed",
    AboutNoBalancer => "no load balancer has given it an address yet",
    AboutNoEndpoints => "no pod stands behind it",
    AboutNoReadyEndpoints => "no pod behind it is ready",
    AboutSoManyNotReady => "{} not ready",
    AboutNoPort => "Service {} has no port {}",
    AboutByte => "1 byte",
    AboutBytes => "{} bytes",
    AboutAtMost => "it is at its most, {} replicas",
    AboutHealthy => "{} of {} pods are healthy",
    AboutNoDisruption => "no pod may be evicted now",
    AboutNoPods => "no pod is selected",
    AboutUsedUp => "the quota of {} is used up",
    AboutLeaseLate => "the lease was not renewed in time: last {}",
    AboutCordoned => "no pods are scheduled on it: it is cordoned",
    AboutUnapproved => "waits for approval",
    AboutNoRequest => "the request could not be read",

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
    FilterSyntax => "a part or regex of any cell     !inverse     -l label=value",
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
