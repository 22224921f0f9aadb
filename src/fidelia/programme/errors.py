"""What programme refuses."""

from __future__ import annotations

from fidelia.kernel.errors import Denied, Invalid, NotFound, Refused


class UnknownProgramme(NotFound):
    """No programme has this name."""

    default_code = "unknown_programme"


class UnknownVersion(NotFound):
    """The programme has no version of this number."""

    default_code = "unknown_version"


class UnknownEnrolment(NotFound):
    """There is no such enrolment."""

    default_code = "unknown_enrolment"


class SlugTaken(Refused):
    """Another programme has this name already."""

    default_code = "slug_taken"


class AlreadyEnrolled(Refused):
    """The customer is a member of this programme already."""

    default_code = "already_enrolled"


class EnrolmentEnded(Refused):
    """The membership has ended."""

    default_code = "enrolment_ended"


class EnrolmentProvisional(Refused):
    """Nobody has registered this card yet: its points wait, and are spent by a member only."""

    default_code = "enrolment_provisional"


class ConfirmationNeeded(Refused):
    """So many points at once are spent with a code only, which the member is sent and tells."""

    default_code = "confirmation_needed"


class MalformedDocument(Invalid):
    """The document of a version lacks a part or has one it may not have."""

    default_code = "malformed_document"


class FreeTextRead(Invalid):
    """A rule reads a free text that is kept of customers: the record of each decision would keep it for ever."""

    default_code = "free_text_read"


class HeadDiffers(Invalid):
    """The head of a document says of the programme what is not so: its money, its points and its zone never change."""

    default_code = "head_differs"


class NothingToApply(Refused):
    """The document is in force to the letter."""

    default_code = "nothing_to_apply"


class VersionNotDraft(Refused):
    """Only a draft can be changed or published."""

    default_code = "version_not_draft"


class ChangedMeanwhile(Refused):
    """Another person changed this part of the draft after it was read."""

    default_code = "changed_meanwhile"


class VersionNotInForce(Refused):
    """Only a published version can be withdrawn."""

    default_code = "version_not_in_force"


class SameAuthor(Denied):
    """A second person publishes: not the one who wrote the version."""

    default_code = "second_person_needed"


class VersionRefused(Refused):
    """Another person refused this text: it is changed, or put forward once more, before anybody publishes it."""

    default_code = "version_refused"


class ApprovalOutdated(Refused):
    """The draft was changed after its approval was asked: what was asked for is no longer what it says."""

    default_code = "approval_outdated"


class ChangesWouldBeLost(Refused):
    """Something was published after the draft was begun, and publishing the draft would take it back."""

    default_code = "changes_would_be_lost"


class LawForbids(Refused):
    """A policy of the law refuses what rules of the version may give; details: rules, kind."""

    default_code = "law_forbids"


class NothingToCatchUp(Refused):
    """The draft lacks nothing of what was published since."""

    default_code = "nothing_to_catch_up"


class OpeningDependedOn(Refused):
    """Members have gone on since they were brought in, or spent what they brought: it is not taken back.

    `since` says what there is, and of how many.
    """

    default_code = "opening_depended_on"


class PoolFull(Refused):
    """The pool has as many members as it may have."""

    default_code = "pool_full"


class InAPool(Refused):
    """The member is in a pool already."""

    default_code = "in_a_pool"


class NotInAPool(Refused):
    """The member is in no pool."""

    default_code = "not_in_a_pool"


class UnknownPool(NotFound):
    """There is no such pool."""

    default_code = "unknown_pool"


class NotTransferable(Refused):
    """Members of the programme give no points away, or not so many. `reason`: refused, below_minimum, above_maximum,
    not_a_step, gives_nothing; `minimum`, `step`, `maximum` and `fee` in minor units.
    """

    default_code = "not_transferable"


class NotConvertible(Refused):
    """The programme does not exchange these points, or not so many. `reason`: no_such_way, below_minimum,
    above_maximum, not_a_step, gives_nothing; `minimum`, `step` and `maximum` in minor units.
    """

    default_code = "not_convertible"


class TwoPools(Refused):
    """Each of the two records is a member of another pool: one of them leaves its pool before they become one."""

    default_code = "two_pools"


class NotSettled(Refused):
    """Something of the member's account is held or owed: it cannot be left behind."""

    default_code = "account_not_settled"


class NothingWaits(Refused):
    """What is to be approved has been decided already, or never was asked for."""

    default_code = "nothing_waits"


class TooLateToReinstate(Refused):
    """The programme gives nothing back that expired so long ago, or nothing at all."""

    default_code = "too_late_to_reinstate"


class UnknownPointsCurrency(NotFound):
    """The programme does not count in that currency."""

    default_code = "unknown_points_currency"


class PublishedInThePast(Refused):
    """A version cannot begin before it is published: members were told otherwise."""

    default_code = "published_in_the_past"


class TooManyChosen(Invalid):
    """Customers are chosen one by one up to a thousand; beyond that the whole list is meant."""

    default_code = "too_many_chosen"


class MalformedAct(Invalid):
    """The act on many customers is not one of those that can be done, or lacks what it needs."""

    default_code = "malformed_act"


class NothingToUndo(Refused):
    """The job did nothing that can be taken back, its file is gone, or it took something back itself."""

    default_code = "nothing_to_undo"


class NotAMember(Refused):
    """The customer is not a member of the programme now."""

    default_code = "not_a_member"
