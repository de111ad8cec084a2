//! Why a signing command refuses: each either a rule, which the verdict holds every record to, or a convenience, which spares
//! somebody a record that would do nothing.

use super::finding::Code;

/// Defines [`Denial`] with, for each, the code of the finding that a record made by hand gets, or why no rule is needed, and the
/// form of its sentence.
macro_rules! denials {
    (rules { $($rule:ident = $code:ident, $form:literal;)* } conveniences { $($convenience:ident = $why:literal, $says:literal;)* }) => {
        /// Why a signing command refuses.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Denial {
            $(#[doc = $form] $rule,)*
            $(#[doc = $says] $convenience,)*
        }

        impl Denial {
            /// Every one: the rules, and then the conveniences.
            pub const ALL: &'static [Self] = &[$(Self::$rule,)* $(Self::$convenience,)*];

            /// Returns the code of the finding that a record gets which breaks the rule; nothing for a convenience.
            pub const fn rule(self) -> Option<Code> {
                match self { $(Self::$rule => Some(Code::$code),)* $(Self::$convenience => None,)* }
            }

            /// Returns the first that breaks the rule of a code.
            pub fn of_rule(code: Code) -> Option<Self> {
                Self::ALL.iter().copied().find(|denial| denial.rule() == Some(code))
            }

            /// Explains why a convenience needs no rule.
            pub const fn why_no_rule(self) -> Option<&'static str> {
                match self { $(Self::$rule => None,)* $(Self::$convenience => Some($why),)* }
            }

            /// Returns the form of its sentence.
            pub const fn form(self) -> &'static str {
                match self { $(Self::$rule => $form,)* $(Self::$convenience => $says,)* }
            }
        }
    };
}

denials! {
    rules {
        KeyUnlisted = SignerUnknown, "the policy does not list your key SHA256:…";
        KeyInactive = KeyRetired, "the key SHA256:… of @sam is retired";
        NoRight = NotAuthorised, "@sam may not assign items";
        OtherPattern = OpenContradictsPolicy, "\"light\" does not match a release tag pattern of the policy";
        OtherEnvironment = OpenContradictsPolicy, "main is not released to nowhere";
        NoItem = NoItems, "RELEASE.md has no item that GO needs";
        TagNotSigned = TagUnsigned, "the policy requires a signed tag, and v1.0.0 is not signed by an active key of one of its people";
        TagNotAnnotated = TagLightweight, "v1.0.0 is a lightweight tag on a commit; only an annotated tag can be signed off";
        OtherTagName = TagNameMismatch, "the tag object at refs/tags/v1.0.0 has the name \"v1.0.1\" inside";
        NameSpent = TagMoved, "v1.0.0 was opened on tag object 0123456789ab and now points at ba9876543210";
        OpenTwice = SecondOpen, "v1.0.0 is already open for production, opened by @rita";
        PreviousElsewhere = PreviousNotBelow, "v0.9.0 is not an ancestor of v1.0.0";
        PreviousDidNotPass = PreviousUnproven, "v0.9.0 can't be the previous release: it is not in GO";
        CommitUnreadable = RangeUnreadable, "commit 0123456789ab, below v1.0.0, is not here";
        Machine = MachineNotPerson, "machine:ci is a machine, and only a person can approve";
        NotItsOwner = NotOwner, "@sam cannot sign tests as its owner: the item's owner is qa";
        EvidenceNeeded = EvidenceRequired, "@sam cannot sign tests as its owner: the item requires evidence with a digest";
        OwnItem = ReviewByOwner, "@sam cannot review runbook: the reviewer must not be the item's owner";
        OwnTag = ReviewByTagger, "@tara cannot review runbook: the reviewer must not be the tagger";
        OwnCommits = ReviewByImplementer, "@ivan cannot review runbook: the reviewer must not have commits in the release";
        StrangersCommits = ImplementerUnknown, "@rita cannot review runbook: the commit author Mallory is not in the policy, …";
        StrangersTag = TaggerUnknown, "@rita cannot review runbook: the tagger's address is not in the policy, …";
        NoHardwareKey = HardwareKeyRequired, "@rita cannot review runbook: the item requires a review with a hardware key";
        OthersRole = RoleNotHeld, "@rita cannot review runbook: @rita does not have the role qa";
        NotForAssignment = NotAuthorised, "@nobody is not a person of the policy";
        OthersRecord = WithdrawOfOthers, "record 0123456789ab is by @sam, and only they can withdraw it";
        WithdrawOfWithdraw = WithdrawOfOthers, "a withdraw can't be withdrawn";
        NoBasis = DecisionWithoutBasis, "@rolf cannot record GO on v1.0.0: the records do not satisfy the policy";
        Incomplete = RecordIncomplete, "a no-go needs a reason";
        OwnException = ReviewByOwner, "@sam can't grant 0123456789ab: whoever asks for an exception can't grant it";
        NotAWitness = ReceiptUnauthorised, "@sam is a person, and only a machine may witness";
        NotInGo = StageDeviation, "v1.0.0 can't enter canary: it is not in GO";
        StageSkipped = StageNotPassed, "half comes after partial, which nobody has entered";
        StageFailed = StageNotPassed, "canary was marked as failed by @sam";
        StageBakes = StageBaking, "canary has not baked: until 10:00, in 12 minutes";
        LimitBroken = LimitFailed, "error-rate of canary does not hold: 0.2% was read";
        LimitOpen = LimitUnread, "redis-pool of canary was not read";
        CheckpointOpen = StageItemOpen, "latency@canary takes more than a confirmation";
        StageOfPerson = StagePersonRequired, "full takes all of the traffic, and @jchen has to enter it in person";
        OutOfWindow = StageDeviation, "v1.0.0 can't enter full now: the window of the release ended at 2026-03-25T18:00:00Z";
        InFreeze = StageDeviation, "v1.0.0 can't enter full now: production is frozen by \"weekend\"";
        ActionOfOthers = ActionNotTheirs, "@sam may not settle retro: it was given to @jchen";
        ConditionOfOthers = ConditionNotMet, "@sam can't record that c1 is met: it was given to @infra";
        ConditionLate = ConditionNotMet, "c1 fell due at 2026-12-13T12:00:00Z, so it can't be met any more";
        EndLacks = CloseIncomplete, "v1.0.0 can't be closed yet";
        EndNotWithdrawn = WithdrawOfOthers, "a roll-back is not withdrawn";
        NotBegun = RollbackNotBegun, "the roll-back of v1.0.0 has not begun";
    }
    conveniences {
        NothingToSign = "a record that says what is signed already changes nothing", "there is nothing to sign";
        NothingOfYours = "a withdrawal of nothing does nothing", "@sam has no sign-off in effect on tests";
        FreezeOver = "what withdraws or lifts a freeze that is over does nothing", "the freeze \"quiet weeks\" is already over";
        FreezeNamed = "freezes are told apart by their records", "there is already a freeze \"quiet weeks\"";
        WindowOfPolicy = "no record speaks of a window of the policy", "\"quiet weeks\" is a freeze window of the policy, which no record can end";
        AlreadyThere = "an exception for what the ref already contains lets nothing through", "refs/heads/main already contains 0123456789ab";
        EvidenceRedacted = "what was redacted may be erased again by the same records", "the evidence 0123456789ab was redacted by @rita and @rolf";
        CitedNowhere = "a redaction of what no record cites erases nothing", "no release that was opened cites 0123456789ab";
        StageEntered = "to enter a stage again only begins its bake time anew", "canary was entered by @sam at 09:30";
        NothingSeen = "what somebody saw is for people to read, and no rule asks for it", "canary has no limits, so somebody has to say what they saw";
        RollbackBegun = "a second start adds nothing to the first", "the roll-back of v1.0.0 was begun by @sam at 02:14";
        NoStep = "what is said of a step that the procedure does not have means nothing", "v1.0.0 has no step 12";
        Closed = "to close what is closed changes nothing", "v1.0.0 was closed as completed by @sam";
        AuthorsCut = "what names too few of the authors accepts none of them", "the open record names too many unknown authors to accept them";
        Unconfirmed = "nobody signs what they do not want to", "nothing was signed";
    }
}
