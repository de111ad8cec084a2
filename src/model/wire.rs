//! What types that are written have in common, as macros.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de;

use super::ids::InvalidId;

/// Makes a field-less enum whose serde names are also its `Display`.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant,)* }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the word as it is written.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::model::ids::InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(crate::model::ids::InvalidId::new(concat!("one of:", $(" ", $text),*), text)),
                }
            }
        }
    };
}

/// Makes a field-less enum with words for people besides the name that JSON has.
macro_rules! told {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Returns the words for people.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

/// A shape that programs read, which names its format before everything else.
pub trait Document: serde::Serialize {
    /// The name of the format.
    const FORMAT: &'static str;
}

/// Makes structs that are printed for programs; one that stands alone has the name of its format behind `as`.
macro_rules! printed {
    ($($(#[$meta:meta])* pub struct $name:ident $(as $format:literal)? { $($fields:tt)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Debug, serde::Serialize, schemars::JsonSchema)]
            pub struct $name { $($fields)* }

            $(
                impl crate::model::Document for $name {
                    const FORMAT: &'static str = $format;
                }
            )?
        )*
    };
}

/// Makes structs of the wire format, which refuse fields that they don't know; a field with `?` is left out where it says nothing,
/// and one with `!` is written always and may be missing where others write.
macro_rules! wire {
    ($($(#[$meta:meta])* pub struct $name:ident { $($fields:tt)* })*) => {
        $(wire!(@next [$(#[$meta])* pub struct $name] {} $($fields)*);)*
    };
    (@next [$($head:tt)*] {$($done:tt)*}) => {
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        $($head)* { $($done)* }
    };
    (@next $head:tt {$($done:tt)*} $(#[$meta:meta])* pub $field:ident?: $type:ty, $($rest:tt)*) => {
        wire!(@next $head {
            $($done)*
            $(#[$meta])*
            #[serde(default, skip_serializing_if = "crate::model::wire::is_default")]
            pub $field: $type,
        } $($rest)*);
    };
    (@next $head:tt {$($done:tt)*} $(#[$meta:meta])* pub $field:ident!: $type:ty, $($rest:tt)*) => {
        wire!(@next $head { $($done)* $(#[$meta])* #[serde(default)] pub $field: $type, } $($rest)*);
    };
    (@next $head:tt {$($done:tt)*} $(#[$meta:meta])* pub $field:ident: $type:ty, $($rest:tt)*) => {
        wire!(@next $head { $($done)* $(#[$meta])* pub $field: $type, } $($rest)*);
    };
}

/// Gives a type that has `FromStr` the serde form of a string, and a schema with what is said of it; the last argument says how to
/// serialize it.
macro_rules! text_form {
    ($name:ident, { $($schema:tt)* }, |$id:ident, $serializer:ident| $write:expr) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, $serializer: S) -> Result<S::Ok, S::Error> {
                let $id = self;
                $write
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(crate::model::wire::TextVisitor(std::marker::PhantomData))
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", $($schema)* })
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

/// Reads a text without making a `String` of it first.
pub(super) struct TextVisitor<T>(pub(super) PhantomData<T>);

impl<T: FromStr<Err = InvalidId>> de::Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// Whether a value is what a field has that is left out.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
