"""What activity refuses."""

from __future__ import annotations

from fidelia.kernel.errors import Invalid, NotFound, Refused


class UnknownPurchase(NotFound):
    """There is no such purchase."""

    default_code = "unknown_purchase"


class UnknownMember(NotFound):
    """The purchase names a member that does not exist or is not enrolled."""

    default_code = "unknown_member"


class OccurredInFuture(Invalid):
    """The purchase is dated after now."""

    default_code = "occurred_in_future"


class WrongCurrency(Invalid):
    """The purchase is in another currency than the programme counts in."""

    default_code = "wrong_currency"


class MalformedLines(Invalid):
    """The lines are none, too many, or one of them cannot be."""

    default_code = "malformed_lines"


class TotalDiffers(Invalid):
    """The stated total is not the sum of the lines."""

    default_code = "total_differs"


class IdempotencyKeyReused(Refused):
    """The same idempotency key came with another request."""

    default_code = "idempotency_key_reused"


class ReceiptKnown(Refused):
    """A purchase with this receipt number of this source is recorded already."""

    default_code = "receipt_known"


class MoreThanBought(Refused):
    """More of a line is returned than was bought and not yet returned."""

    default_code = "more_than_bought"


class NotASale(Refused):
    """Only a sale can be returned."""

    default_code = "not_a_sale"


class NotAnonymous(Refused):
    """The purchase was recorded for somebody: it is not to be claimed."""

    default_code = "not_anonymous"


class AlreadyClaimed(Refused):
    """The purchase has been claimed already."""

    default_code = "already_claimed"


class ClaimedTooLate(Refused):
    """The days in which an anonymous purchase may be claimed are over."""

    default_code = "claimed_too_late"


class BoughtBeforeEnrolment(Refused):
    """The purchase was made before the member enrolled, and the programme does not count such."""

    default_code = "bought_before_enrolment"


class ReceiptDiffers(Invalid):
    """The day or the total is not that of the receipt."""

    default_code = "receipt_differs"


class ReturnedBeforeBought(Invalid):
    """The return is dated before the purchase that it gives back."""

    default_code = "returned_before_bought"


class ImportRunning(Refused):
    """A file of the same source is being imported at this moment."""

    default_code = "import_running"
