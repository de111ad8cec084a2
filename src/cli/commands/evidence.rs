//! `relsign evidence`.

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod redact;

commands_below! {
    /// Read, list and redact the evidence of records
    Commands {
        Get(get::Args),
        List(list::Args),
        Redact(redact::Args),
    }
}
