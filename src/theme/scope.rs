//! What styles are named by: their meaning.

/// Declares the scopes: variant and the name in theme files.
macro_rules! scopes {
    ($($scope:ident => $name:literal,)*) => {
        /// What a style means.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[allow(missing_docs)]
        pub enum Scope { $($scope,)* }

        impl Scope {
            /// Every scope, in the order of the enum.
            pub const ALL: [Scope; [$($name,)*].len()] = [$(Scope::$scope,)*];

            /// Its name in theme files.
            pub const fn name(self) -> &'static str {
                match self { $(Scope::$scope => $name,)* }
            }
        }
    };
}

scopes! {
    Text => "ui.text",
    Dim => "ui.dim",
    Kind => "ui.kind",
    Number => "ui.number",
    Head => "ui.head",
    HeadSorted => "ui.head.sorted",
    Identity => "ui.identity",
    Repeat => "ui.repeat",
    Stale => "ui.stale",
    Key => "ui.key",
    Label => "ui.label",
    Filter => "ui.filter",
    Tag => "ui.tag",
    Match => "ui.match",
    Prompt => "prompt",
    PromptMark => "prompt.mark",
    Popup => "popup",
    PopupDim => "popup.dim",
    PopupChosen => "popup.chosen",
    Cursor => "cursor",
    CursorMark => "cursor.mark",
    Mark => "mark",
    DocKey => "doc.key",
    DocText => "doc.text",
    DocNumber => "doc.number",
    DocWord => "doc.word",
    DocPunctuation => "doc.punctuation",
    DocComment => "doc.comment",
    DocHeading => "doc.heading",
    DocMasked => "doc.masked",
    DocFound => "doc.found",
    DocFoundHere => "doc.found.here",
    DocChanged => "doc.changed",
    DocChangedBefore => "doc.changed.before",
    DocLink => "doc.link",
    StatusGood => "status.good",
    StatusQuiet => "status.quiet",
    StatusWarn => "status.warn",
    StatusBad => "status.bad",
    StatusPlain => "status.plain",
    PhaseIdle => "phase.idle",
    PhaseConnecting => "phase.connecting",
    PhaseLive => "phase.live",
    PhaseStale => "phase.stale",
    PhaseUnreachable => "phase.unreachable",
    PhaseDenied => "phase.denied",
    PhaseExpired => "phase.expired",
    PhaseThrottled => "phase.throttled",
    PhaseReplaced => "phase.replaced",
}
