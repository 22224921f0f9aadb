"""What referral refuses. Fraud is no refusal: such a referral is kept, as refused, with its reason."""

from __future__ import annotations

from fidelia.kernel.errors import NotFound, Refused


class UnknownReferralCode(NotFound):
    """Nobody has this code."""

    default_code = "unknown_referral_code"


class UnknownReferral(NotFound):
    """There is no such referral, or not the actor's to see."""

    default_code = "unknown_referral"


class NoReferral(Refused):
    """The programme runs no referral now."""

    default_code = "no_referral"


class AlreadyReferred(Refused):
    """The friend came by a code before: once is enough."""

    default_code = "already_referred"


class ReferralOfOneself(Refused):
    """Nobody brings himself."""

    default_code = "referral_of_oneself"


class NothingToReview(Refused):
    """The referral waits for nobody's word."""

    default_code = "nothing_to_review"
