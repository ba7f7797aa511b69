//! The one table of commands. Keymaps name its entries; hints, help and completion are derived from it.

use crate::text::catalog::Text;

/// Where keys go, and thereby which commands they may mean. Keys that mean nothing in a scope are
/// looked up in its parent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Scope {
    /// Everywhere.
    Global,
    /// Any table.
    Table,
    /// The clusters' table.
    Clusters,
    /// An object that is read.
    Document,
    /// The command line and the filter while they are typed.
    Prompt,
    /// The help overlay.
    Help,
}

impl Scope {
    /// Every scope, in the order of the help.
    pub const ALL: [Scope; 6] =
        [Scope::Table, Scope::Clusters, Scope::Document, Scope::Global, Scope::Prompt, Scope::Help];

    /// The name of its section in a keymap.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Global => "global",
            Scope::Table => "table",
            Scope::Clusters => "clusters",
            Scope::Document => "document",
            Scope::Prompt => "prompt",
            Scope::Help => "help",
        }
    }

    /// Its title in the help.
    pub fn title(self) -> Text {
        match self {
            Scope::Global => Text::HelpEverywhere,
            Scope::Table => Text::HelpTable,
            Scope::Clusters => Text::HelpClusters,
            Scope::Document => Text::HelpDocument,
            Scope::Prompt => Text::HelpPrompt,
            Scope::Help => Text::HelpHelp,
        }
    }

    /// Where a key that means nothing here is looked up next.
    pub fn parent(self) -> Option<Scope> {
        match self {
            Scope::Global => None,
            Scope::Clusters => Some(Scope::Table),
            Scope::Table | Scope::Document | Scope::Prompt | Scope::Help => Some(Scope::Global),
        }
    }

    /// This scope and those that its keys fall through to.
    pub fn chain(self) -> impl Iterator<Item = Scope> {
        std::iter::successors(Some(self), |scope| scope.parent())
    }
}

/// What follows a command's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// Nothing.
    None,
    /// Perhaps cluster names, with commas; `*` means all.
    Clusters,
    /// Perhaps namespaces, with commas; `*` means all.
    Namespaces,
    /// Perhaps a column: its header or its number; `-` before it means descending, `+` ascending.
    Column,
    /// Perhaps a filter: the rest of the line.
    Filter,
    /// What is to be copied.
    Copied,
    /// A number.
    Number,
    /// What is meant, in words.
    Words,
}

impl Form {
    /// How the help writes it.
    pub fn usage(self) -> &'static str {
        match self {
            Form::None => "",
            Form::Clusters => " [CLUSTER,…]",
            Form::Namespaces => " [NAMESPACE,…]",
            Form::Column => " [COLUMN]",
            Form::Filter => " [FILTER]",
            Form::Copied => " [name|namespace|cell|row|table]",
            Form::Number => " NUMBER",
            Form::Words => " WORDS",
        }
    }
}

/// An entry of the table.
#[derive(Debug)]
pub struct Command {
    /// Which one.
    pub id: Id,
    /// Its name in keymaps and on the command line, then other names for it.
    pub names: &'static [&'static str],
    /// What follows its name.
    pub form: Form,
    /// Where it makes sense.
    pub scope: Scope,
    /// Whether it can change a cluster.
    pub mutates: bool,
    /// What it does, in a line.
    pub doc: Text,
    /// The same in a word or three for the status line, and its place there: the least comes first.
    pub hint: Option<(u8, Text)>,
}

impl Command {
    /// The name that keymaps use.
    pub fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }

    /// Whether it can be typed on the command line.
    pub fn is_typed(&self) -> bool {
        !matches!(self.scope, Scope::Prompt)
    }
}

/// A command with its argument.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Call {
    /// The command.
    pub id: Id,
    /// Its argument; empty when none is given.
    pub argument: String,
}

macro_rules! commands {
    (@hint) => { None };
    (@hint $rank:literal $hint:ident) => { Some(($rank, Text::$hint)) };
    ($($id:ident $scope:ident [$($name:literal)+] $form:ident $doc:ident $($rank:literal $hint:ident)?;)*) => {
        /// A command of the table.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[allow(missing_docs)] // the table says it
        pub enum Id { $($id,)* }

        /// Every command, in the order of the help.
        pub static COMMANDS: &[Command] = &[$(Command {
            id: Id::$id,
            names: &[$($name,)+],
            form: Form::$form,
            scope: Scope::$scope,
            mutates: false,
            doc: Text::$doc,
            hint: commands!(@hint $($rank $hint)?),
        },)*];
    };
}

commands! {
    MoveUp          Global   ["move-up"]                            None       DocMoveUp;
    MoveDown        Global   ["move-down"]                          None       DocMoveDown;
    HalfPageUp      Global   ["half-page-up"]                       None       DocHalfPageUp;
    HalfPageDown    Global   ["half-page-down"]                     None       DocHalfPageDown;
    PageUp          Global   ["page-up"]                            None       DocPageUp;
    PageDown        Global   ["page-down"]                          None       DocPageDown;
    MoveTop         Global   ["move-top"]                           None       DocMoveTop;
    MoveBottom      Global   ["move-bottom"]                        None       DocMoveBottom;
    CommandLine     Global   ["command-line"]                       None       DocCommandLine 10 HintCommandLine;
    Help            Global   ["help" "h" "?"]                       None       DocHelp 60 HintHelp;
    Back            Global   ["back"]                               None       DocBack 8 HintBack;
    Palette         Global   ["palette"]                            None       DocPalette 12 HintPalette;
    Aliases         Global   ["aliases" "alias" "a"]                None       DocAliases;
    Header          Global   ["header"]                             None       DocHeader;
    NotYet          Global   ["not-yet"]                            Words      DocNotYet;
    Redraw          Global   ["redraw"]                             None       DocRedraw;
    Quit            Global   ["quit" "q" "q!" "qa" "Q" "exit"]      None       DocQuit;
    Errors          Global   ["errors" "messages"]                  None       DocErrors;
    Demo            Global   ["demo"]                               None       DocDemo;

    SearchHelp      Help     ["search-help"]                        None       DocSearchHelp 12 HintSearch;

    Enter           Global   ["open"]                               None       DocEnter 5 HintOpen;
    Owner           Table    ["owner"]                              None       DocOwner;
    UsedBy          Table    ["used-by"]                            None       DocUsedBy;
    EventsOf        Table    ["events-of"]                          None       DocEventsOf;
    Warp            Table    ["warp"]                               None       DocWarp;
    Filter          Global   ["filter"]                             Filter     DocFilter 15 HintFilter;
    ClearFilter     Table    ["clear-filter"]                       None       DocClearFilter;
    Mark            Table    ["mark"]                               None       DocMark 30 HintMark;
    MarkRange       Table    ["mark-range"]                         None       DocMarkRange;
    ClearMarks      Table    ["clear-marks"]                        None       DocClearMarks;
    Sort            Table    ["sort"]                               Column     DocSort;
    PickPrevious    Table    ["pick-previous-column"]               None       DocPickPrevious;
    PickNext        Table    ["pick-next-column"]                   None       DocPickNext;
    SortPrevious    Table    ["sort-previous-column"]               None       DocSortPrevious;
    SortNext        Table    ["sort-next-column"]                   None       DocSortNext;
    Reverse         Table    ["reverse"]                            None       DocReverse;
    Unsort          Table    ["unsort"]                             None       DocUnsort;
    Wide            Table    ["wide"]                               None       DocWide 35 HintWide;
    Copy            Global   ["copy"]                               Copied     DocCopy;
    Save            Table    ["save"]                               None       DocSave;
    Favourite       Table    ["favourite"]                          Number     DocFavourite;
    Faults          Table    ["faults"]                             None       DocFaults 37 HintFaults;
    AllNamespaces   Table    ["all-namespaces"]                     None       DocAllNamespaces 50 HintAllNamespaces;
    HistoryBack     Global   ["history-back"]                       None       DocHistoryBack;
    HistoryForward  Global   ["history-forward"]                    None       DocHistoryForward;
    HistoryLast     Global   ["history-last"]                       None       DocHistoryLast;
    Context         Table    ["clusters" "ctx" "context" "contexts"] Clusters  DocContext;
    Namespace       Table    ["ns" "namespace" "namespaces"]        Namespaces DocNamespace;
    Retry           Global   ["retry"]                              Clusters   DocRetry 20 HintRetry;
    Connect         Table    ["connect"]                            Clusters   DocConnect 25 HintConnect;

    Yaml            Global   ["yaml"]                               None       DocYaml 17 HintYaml;
    Describe        Global   ["describe"]                           None       DocDescribe 16 HintDescribe;

    SearchNext      Document ["search-next"]                        None       DocSearchNext 18 HintNext;
    SearchPrevious  Document ["search-previous"]                    None       DocSearchPrevious;
    ChangeNext      Document ["next-change"]                        None       DocChangeNext;
    ChangePrevious  Document ["previous-change"]                    None       DocChangePrevious;
    Acknowledge     Document ["acknowledge"]                        None       DocAcknowledge 12 HintSeen;
    Wrap            Document ["wrap"]                               None       DocWrap 30 HintWrap;
    Managed         Document ["managed-fields"]                     None       DocManaged 31 HintManaged;
    Reveal          Document ["reveal"]                             None       DocReveal 14 HintReveal;
    ScrollLeft      Document ["scroll-left"]                        None       DocScrollLeft;
    ScrollRight     Document ["scroll-right"]                       None       DocScrollRight;

    Accept          Prompt   ["accept"]                             None       DocAccept 5 HintRun;
    Cancel          Prompt   ["cancel"]                             None       DocCancel 15 HintCancel;
    CompleteNext    Prompt   ["complete-next"]                      None       DocCompleteNext 10 HintComplete;
    CompletePrevious Prompt   ["complete-previous"]                  None       DocCompletePrevious;
    Earlier         Prompt   ["earlier"]                            None       DocEarlier 30 HintEarlier;
    Later           Prompt   ["later"]                              None       DocLater;
    ClearLine       Prompt   ["clear-line"]                         None       DocClearLine 20 HintClearLine;
    Left            Prompt   ["left"]                               None       DocLeft;
    Right           Prompt   ["right"]                              None       DocRight;
    LineStart       Prompt   ["line-start"]                         None       DocLineStart;
    LineEnd         Prompt   ["line-end"]                           None       DocLineEnd;
    DeleteLeft      Prompt   ["delete-left"]                        None       DocDeleteLeft;
    DeleteRight     Prompt   ["delete-right"]                       None       DocDeleteRight;
    DeleteWord      Prompt   ["delete-word"]                        None       DocDeleteWord;
    DeleteWordRight Prompt   ["delete-word-right"]                  None       DocDeleteWordRight;
    WordLeft        Prompt   ["word-left"]                          None       DocWordLeft;
    WordRight       Prompt   ["word-right"]                         None       DocWordRight;
}

impl Id {
    /// Its entry.
    pub fn command(self) -> &'static Command {
        &COMMANDS[self as usize]
    }
}

/// The command of this name.
pub fn named(word: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.names.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        let mut seen = std::collections::BTreeSet::new();
        for command in COMMANDS {
            assert!(std::ptr::eq(command.id.command(), command));
            assert!(!command.doc.get().is_empty() && !command.name().is_empty(), "{:?}", command.id);
            for name in command.names {
                assert!(seen.insert(name), "{name} names two commands");
                assert!(!name.contains(char::is_whitespace));
            }
            assert!(!command.mutates, "nothing may change a cluster yet: {:?}", command.id);
        }
        assert_eq!(named("qa").map(|command| command.id), Some(Id::Quit));
        assert!(named("pods").is_none());
    }

    #[test]
    fn every_scope_falls_through_to_global() {
        for scope in Scope::ALL {
            assert_eq!(scope.chain().last(), Some(Scope::Global));
        }
    }
}
