//! Records and their signatures, against the real `ssh-keygen` and `ssh-agent`.

#![allow(clippy::unwrap_used, reason = "also the functions that tests share may fail by panicking")]
#![allow(clippy::disallowed_methods, reason = "tests write what they look at")]

mod ecdsa;
mod forgery;
mod interop;
mod kinds;
mod limits;
mod lines;
mod make;
#[path = "../shared/place.rs"]
mod place;
mod properties;
#[path = "../shared/twin.rs"]
mod twin;
mod vectors;
