//! Records and their signatures, against the real `ssh-keygen` and `ssh-agent`.

#![allow(clippy::unwrap_used, reason = "also the functions that tests share may fail by panicking")]

mod forgery;
mod interop;
mod kinds;
mod limits;
mod lines;
mod make;
mod properties;
mod vectors;
