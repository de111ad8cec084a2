//! `relsign freeze`: what is frozen and what will be, and who lets something through.

mod break_glass;
mod calendar;
mod change;
mod check;
mod common;
mod exceptions;
mod export;
mod grant;
mod lift;
mod list;
mod request;
mod start;

commands_below! {
    /// Show freezes, freeze refs, and request or grant exceptions
    Commands {
        List(list::Args),
        Check(check::Args),
        Calendar(calendar::Args),
        Export(export::Args),
        Start(start::Args),
        Lift(lift::Args),
        Request(request::Args),
        Grant(grant::Args),
        BreakGlass(break_glass::Args),
        Exceptions(exceptions::Args),
    }
}
