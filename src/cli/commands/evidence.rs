//! `relsign evidence`.

mod get;
mod list;
mod redact;

commands_below! {
    /// Read, list and redact the evidence of records
    Commands {
        Get(get::Args),
        List(list::Args),
        Redact(redact::Args),
    }
}
