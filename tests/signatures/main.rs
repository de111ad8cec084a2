//! Records and their signatures, against the real `ssh-keygen` and `ssh-agent`.

mod forgery;
mod interop;
mod lines;
mod make;
mod properties;
mod vectors;
