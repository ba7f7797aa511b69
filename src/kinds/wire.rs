//! Declares structs that are read from protobuf and from JSON alike: one line a field, with its number in
//! the `generated.proto` of its group. What is not declared is skipped.

/// `struct Name { field: TYPE = NUMBER, }`, where TYPE is `text`, `int`, `flag`, `time`, `bytes` (each, but for
/// the last two, also as `maybe …`), `texts`, `pairs`, `amounts`, `keys` (a map whose entries are only
/// counted), or `one T`, `maybe T`, `many T` of another such struct. `null` is the default everywhere.
macro_rules! wire {
    ($($(#[$doc:meta])* struct $name:ident { $($body:tt)* })+) => {
        $( wire!(@ [$(#[$doc])*] $name [] $($body)*); )+
    };
    (@ [$($doc:tt)*] $name:ident [$($done:tt)*]) => {
        #[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
        #[serde(default, rename_all = "camelCase")]
        #[allow(clippy::struct_field_names, reason = "the names of the wire")]
        $($doc)*
        pub(super) struct $name { $($done)* }
    };
    (@ $doc:tt $name:ident $done:tt $(#[$meta:meta])* $field:ident: text = $tag:tt, $($rest:tt)*) => {
        wire!(@nullable $doc $name $done [$(#[$meta])*] [string, tag = $tag] $field: String, $($rest)*);
    };
    (@ $doc:tt $name:ident $done:tt $(#[$meta:meta])* $field:ident: int = $tag:tt, $($rest:tt)*) => {
        wire!(@nullable $doc $name $done [$(#[$meta])*] [int32, tag = $tag] $field: i32, $($rest)*);
    };
    (@ $doc:tt $name:ident $done:tt $(#[$meta:meta])* $field:ident: flag = $tag:tt, $($rest:tt)*) => {
        wire!(@nullable $doc $name $done [$(#[$meta])*] [bool, tag = $tag] $field: bool, $($rest)*);
    };
    (@ $doc:tt $name:ident $done:tt $(#[$meta:meta])* $field:ident: one $type:ty = $tag:tt, $($rest:tt)*) => {
        wire!(@nullable $doc $name $done [$(#[$meta])*] [message, required, tag = $tag] $field: $type, $($rest)*);
    };
    (@ $doc:tt $name:ident $done:tt $(#[$meta:meta])* $field:ident: time = $tag:tt, $($rest:tt)*) => {
        wire!(@nullable $doc $name $done [$(#[$meta])*] [message, required, tag = $tag]
            $field: $crate::kinds::meta::Time, $($rest)*);
    };
    (@ $doc:tt $name:ident $done:tt $(#[$meta:meta])* $field:ident: bytes = $tag:tt, $($rest:tt)*) => {
        wire!(@read "crate::kinds::meta::text_bytes" $doc $name $done [$(#[$meta])*] [bytes = "vec", tag = $tag]
            $field: Vec<u8>, $($rest)*);
    };
    (@ $doc:tt $name:ident $done:tt $(#[$meta:meta])* $field:ident: texts = $tag:tt, $($rest:tt)*) => {
        wire!(@read "crate::kinds::meta::list" $doc $name $done [$(#[$meta])*] [string, repeated, tag = $tag]
            $field: Vec<String>, $($rest)*);
    };
    (@ $doc:tt $name:ident $done:tt $(#[$meta:meta])* $field:ident: many $type:ty = $tag:tt, $($rest:tt)*) => {
        wire!(@read "crate::kinds::meta::list" $doc $name $done [$(#[$meta])*] [message, repeated, tag = $tag]
            $field: Vec<$type>, $($rest)*);
    };
    (@ $doc:tt $name:ident $done:tt $(#[$meta:meta])* $field:ident: pairs = $tag:tt, $($rest:tt)*) => {
        wire!(@read "crate::kinds::meta::pairs" $doc $name $done [$(#[$meta])*] [message, repeated, tag = $tag]
            $field: Vec<$crate::kinds::meta::Pair>, $($rest)*);
    };
    (@ $doc:tt $name:ident $done:tt $(#[$meta:meta])* $field:ident: amounts = $tag:tt, $($rest:tt)*) => {
        wire!(@read "crate::kinds::quantity::amounts" $doc $name $done [$(#[$meta])*] [message, repeated, tag = $tag]
            $field: Vec<$crate::kinds::quantity::Amount>, $($rest)*);
    };
    (@ $doc:tt $name:ident $done:tt $(#[$meta:meta])* $field:ident: keys = $tag:tt, $($rest:tt)*) => {
        wire!(@read "crate::kinds::meta::keys" $doc $name $done [$(#[$meta])*] [message, repeated, tag = $tag]
            $field: Vec<$crate::kinds::meta::Present>, $($rest)*);
    };
    (@ $doc:tt $name:ident $done:tt $(#[$meta:meta])* $field:ident: maybe text = $tag:tt, $($rest:tt)*) => {
        wire!(@plain $doc $name $done [$(#[$meta])*] [string, optional, tag = $tag] $field: Option<String>, $($rest)*);
    };
    (@ $doc:tt $name:ident $done:tt $(#[$meta:meta])* $field:ident: maybe int = $tag:tt, $($rest:tt)*) => {
        wire!(@plain $doc $name $done [$(#[$meta])*] [int32, optional, tag = $tag] $field: Option<i32>, $($rest)*);
    };
    (@ $doc:tt $name:ident $done:tt $(#[$meta:meta])* $field:ident: maybe flag = $tag:tt, $($rest:tt)*) => {
        wire!(@plain $doc $name $done [$(#[$meta])*] [bool, optional, tag = $tag] $field: Option<bool>, $($rest)*);
    };
    (@ $doc:tt $name:ident $done:tt $(#[$meta:meta])* $field:ident: maybe $type:ty = $tag:tt, $($rest:tt)*) => {
        wire!(@plain $doc $name $done [$(#[$meta])*] [message, optional, tag = $tag] $field: Option<$type>, $($rest)*);
    };
    (@nullable $doc:tt $name:ident $done:tt $meta:tt $wire:tt $field:ident: $type:ty, $($rest:tt)*) => {
        wire!(@read "crate::kinds::meta::nullable" $doc $name $done $meta $wire $field: $type, $($rest)*);
    };
    (@read $how:tt $doc:tt $name:ident [$($done:tt)*] [$($meta:tt)*] [$($wire:tt)*] $field:ident: $type:ty, $($rest:tt)*) => {
        wire!(@ $doc $name [$($done)*
            #[prost($($wire)*)]
            #[serde(deserialize_with = $how)]
            $($meta)*
            pub(super) $field: $type,
        ] $($rest)*);
    };
    (@plain $doc:tt $name:ident [$($done:tt)*] [$($meta:tt)*] [$($wire:tt)*] $field:ident: $type:ty, $($rest:tt)*) => {
        wire!(@ $doc $name [$($done)*
            #[prost($($wire)*)]
            $($meta)*
            pub(super) $field: $type,
        ] $($rest)*);
    };
}
pub(super) use wire;
