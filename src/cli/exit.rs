//! The one table of exit codes.

use std::process::ExitCode;

use crate::ops::error::Exit;

/// Returns the number that the shell sees.
pub const fn code(exit: Exit) -> u8 {
    match exit {
        Exit::Yes => 0,
        Exit::No => 1,
        Exit::Usage => 2,
        Exit::Invalid => 3,
        Exit::CannotDecide => 4,
        Exit::Internal => 5,
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(code(exit))
    }
}

#[cfg(test)]
mod tests {
    use super::{Exit, code};

    #[test]
    fn exit_codes_are_the_documented_ones() {
        let all = [Exit::Yes, Exit::No, Exit::Usage, Exit::Invalid, Exit::CannotDecide, Exit::Internal];
        assert_eq!(all.map(code), [0, 1, 2, 3, 4, 5]);
    }
}
