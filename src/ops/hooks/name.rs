//! The hooks of git that relsign has something to say in.

/// The hooks of git that relsign has something to say in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// In a clone, before anything leaves.
    PrePush,
    /// On a server, before anything is taken in: all updates of a push at once.
    PreReceive,
    /// On a server, for each ref by itself.
    Update,
    /// On a server, after everything was taken in.
    PostReceive,
}

impl Name {
    /// Every hook.
    pub const ALL: [Self; 4] = [Self::PrePush, Self::PreReceive, Self::Update, Self::PostReceive];

    /// Returns the name as git has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PrePush => "pre-push",
            Self::PreReceive => "pre-receive",
            Self::Update => "update",
            Self::PostReceive => "post-receive",
        }
    }

    /// Whether git tells the hook of the push on its standard input.
    pub const fn reads_input(self) -> bool {
        !matches!(self, Self::Update)
    }
}
