//! The structure of JSON: how many objects, lists and members it has, counted in a text and in a value.

use std::fmt::Display;

use serde::ser::{self, Impossible, Serialize};

/// How many objects, lists and members of objects there are.
///
/// Whatever serde reads too generously changes one of these numbers in one direction only: a list for an object adds
/// a list and takes members away, a tagged form for a word adds an object, `null`, `false` or `[]` for nothing adds a member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Structure {
    objects: usize,
    lists: usize,
    members: usize,
}

impl Structure {
    /// Counts in a text that was read as JSON.
    pub(super) fn of(json: &str) -> Self {
        let mut found = Self::default();
        let mut rest = json.as_bytes().iter();
        while let Some(byte) = rest.next() {
            match byte {
                b'"' => {
                    while rest.find(|byte| matches!(**byte, b'"' | b'\\')).is_some_and(|byte| *byte == b'\\') {
                        // Whatever stands behind a backslash does not end the string.
                        rest.next();
                    }
                }
                b'{' => found.objects += 1,
                b'[' => found.lists += 1,
                b':' => found.members += 1,
                _ => {}
            }
        }
        found
    }

    /// Counts what a value would have if it were written.
    ///
    /// # Errors
    /// The value has a part that can't be written.
    pub(super) fn of_value(value: &impl Serialize) -> Result<Self, CannotBeWritten> {
        let mut counter = Counter::default();
        value.serialize(&mut counter)?;
        Ok(counter.0)
    }

    /// Adds the structure of what stands in a place where something without any was counted.
    pub(super) fn plus(self, other: Self) -> Self {
        Self { objects: self.objects + other.objects, lists: self.lists + other.lists, members: self.members + other.members }
    }
}

/// Why a value has no JSON.
#[derive(Debug)]
pub(super) struct CannotBeWritten(String);

impl Display for CannotBeWritten {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CannotBeWritten {}

impl ser::Error for CannotBeWritten {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Takes a value as a writer of JSON would, and only counts.
#[derive(Default)]
struct Counter(Structure);

type Counted = Result<(), CannotBeWritten>;

/// Values without a structure of their own.
macro_rules! plain {
    ($($method:ident($($type:ty),*))*) => {
        $(fn $method(self, $(_: $type),*) -> Counted {
            Ok(())
        })*
    };
}

/// Values that hold others: what begins one, and what counts each of those that it holds.
macro_rules! parts {
    ($($of:ident: $method:ident($($name:ty),*) counts $members:literal;)*) => {
        $(impl ser::$of for &mut Counter {
            type Ok = ();
            type Error = CannotBeWritten;

            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)* value: &T) -> Counted {
                self.0.members += $members;
                value.serialize(&mut **self)
            }

            fn end(self) -> Counted {
                Ok(())
            }
        })*
    };
}

parts! {
    SerializeSeq: serialize_element() counts 0;
    SerializeTuple: serialize_element() counts 0;
    SerializeStruct: serialize_field(&'static str) counts 1;
}

impl ser::Serializer for &mut Counter {
    type Ok = ();
    type Error = CannotBeWritten;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Impossible<(), CannotBeWritten>;
    type SerializeTupleVariant = Impossible<(), CannotBeWritten>;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), CannotBeWritten>;

    plain! {
        serialize_bool(bool) serialize_char(char) serialize_str(&str)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
        serialize_f32(f32) serialize_f64(f64)
        serialize_unit() serialize_none() serialize_unit_struct(&'static str)
        serialize_unit_variant(&'static str, u32, &'static str)
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Counted {
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Counted {
        bytes.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Counted {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Counted {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _: &'static str, _: u32, _: &'static str, value: &T) -> Counted {
        self.0.objects += 1;
        self.0.members += 1;
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, CannotBeWritten> {
        self.0.lists += 1;
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, CannotBeWritten> {
        self.0.lists += 1;
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, CannotBeWritten> {
        self.0.objects += 1;
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, CannotBeWritten> {
        self.0.objects += 1;
        Ok(self)
    }

    // No record has these, and what is not counted is not to be written.

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, CannotBeWritten> {
        Err(ser::Error::custom(format_args!("{name} is of a form that no record has")))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, CannotBeWritten> {
        Err(ser::Error::custom(format_args!("{name} is of a form that no record has")))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, CannotBeWritten> {
        Err(ser::Error::custom(format_args!("{name} is of a form that no record has")))
    }
}

impl ser::SerializeMap for &mut Counter {
    type Ok = ();
    type Error = CannotBeWritten;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Counted {
        self.0.members += 1;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Counted {
        value.serialize(&mut **self)
    }

    fn end(self) -> Counted {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize as _;

    use super::*;
    use crate::model::ids::ObjectId;
    use crate::model::record::{Evidence, Owner, Requirements, Subject, SubjectDigest};

    #[test]
    fn a_value_is_counted_as_the_text_that_it_makes() {
        fn same(value: &impl Serialize) -> Structure {
            let text = serde_json::to_string(value).unwrap();
            let counted = Structure::of_value(value).unwrap();
            assert_eq!(counted, Structure::of(&text), "{text}");
            let spaced = serde_json::to_string_pretty(value).unwrap();
            assert_eq!(counted, Structure::of(&spaced), "{spaced}");
            counted
        }
        let subject = Subject { name: "a \"{[:]}\" \\".to_owned(), digest: SubjectDigest::GitTag(ObjectId::from_sha256(&[7; 32])) };
        assert_eq!(same(&subject), Structure { objects: 2, lists: 0, members: 3 });
        same(&vec![subject.clone(), subject]);
        same(&(1, 2));
        same(&Some(BTreeMap::from([("a:", vec![1, 2]), ("\\\"", vec![])])));
        same(&None::<u8>);
        same(&());
        same(&(true, 'c', "\\\\", 1.5, -1));
        same(&Requirements::default());
        let empty = Evidence { name: None, uri: None, sha256: None, size: None, media_type: None, salted: false };
        same(&empty);
        same(&Evidence { name: Some("\\".to_owned()), size: Some(7), salted: true, ..empty });
        same(&Owner::Role("sre".parse().unwrap()));
        same(&serde_json::Value::deserialize(serde_json::json!({ "a": [{}, [], { "b": null }] })).unwrap());
    }
}
