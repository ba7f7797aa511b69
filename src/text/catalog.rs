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
    IdleCluster => "idle: not connected; Enter on it in :clusters connects it",
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.get())
    }
}
