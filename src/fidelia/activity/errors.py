"""What activity refuses."""

from __future__ import annotations

from fidelia.intake.errors import ImportNotReady
from fidelia.kernel.errors import Invalid, NotFound, Refused


class UnknownPurchase(NotFound):
    """There is no such purchase."""

    default_code = "unknown_purchase"


class NoDecision(NotFound):
    """No rules decided about the purchase: there is no receipt of it."""

    default_code = "no_decision"


class TooManyReceipts(Refused):
    """An account has more decisions than one file of receipts holds."""

    default_code = "too_many_receipts"


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


class CustomersJoined(ImportNotReady):
    """Customers whom a checked file takes apart are one by now."""

    default_code = "customers_joined"


class ImportRunning(Refused):
    """A file of the same source is being imported at this moment."""

    default_code = "import_running"


class MalformedBasket(Invalid):
    """A part of the basket beside its lines cannot be."""

    default_code = "malformed_basket"


class BasketTooLarge(Invalid):
    """The basket has more lines than a checkout takes; details: lines_max."""

    default_code = "basket_too_large"


class UnknownCheckout(NotFound):
    """There is no such checkout."""

    default_code = "unknown_checkout"


class WrongCheckoutState(Refused):
    """The checkout is in a state in which this is not done; details: state."""

    default_code = "wrong_checkout_state"


class CheckoutBusy(Refused):
    """Another call on the same checkout, member or code did not end in time; send it again."""

    default_code = "checkout_busy"


class CheckoutChanged(Refused):
    """The checkout is at another revision than the caller believes; details: revision."""

    default_code = "checkout_changed"


class ExpectedTotalDiffers(Refused):
    """The total is not the one that the caller expects; details: expected, total."""

    default_code = "expected_total_differs"


class NoTermsInForce(Refused):
    """No version of the programme is in force at that moment: there is nothing to price by."""

    default_code = "no_terms_in_force"


class TooLateToReopen(Refused):
    """The checkout can no longer be reopened."""

    default_code = "too_late_to_reopen"


class MixedCurrencies(Invalid):
    """A line is in another currency than its basket."""

    default_code = "mixed_currencies"


class PromotionForbidden(Refused):
    """A policy of the law refuses the promotions on a line; details: kind, found, allowed, in minor units."""

    default_code = "promotion_forbidden"


class PurchasesDependedOn(Refused):
    """Something was built on the purchases of an import, or their points are spent: it is not taken back.

    `since` says what there is, and how much of it.
    """

    default_code = "purchases_depended_on"
