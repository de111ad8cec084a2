//! The one place that talks to git: raw bytes and object ids in and out, nothing interpreted.
