"""What activating an offer refuses."""

from __future__ import annotations

from fidelia.kernel.errors import NotFound, Refused


class UnknownOffer(NotFound):
    """The programme has no such offer to activate now."""

    default_code = "unknown_offer"


class OfferNotOpen(Refused):
    """The offer cannot be activated yet, or no more."""

    default_code = "offer_not_open"


class OfferActivated(Refused):
    """The member has activated the offer already."""

    default_code = "offer_activated"


class OfferTaken(Refused):
    """As many members as may have activated the offer."""

    default_code = "offer_taken"
