//! The hooks of git that relsign has something to say in.

words! {
    /// The hooks of git that relsign has something to say in.
    Name {
        /// In a clone, before anything leaves.
        PrePush = "pre-push",
        /// On a server, before anything is taken in: all updates of a push at once.
        PreReceive = "pre-receive",
        /// On a server, for each ref by itself.
        Update = "update",
        /// On a server, after everything was taken in.
        PostReceive = "post-receive",
    }
}

impl Name {
    /// Whether git tells the hook of the push on its standard input.
    pub const fn reads_input(self) -> bool {
        !matches!(self, Self::Update)
    }
}
