"""What organisation refuses."""

from __future__ import annotations

from fidelia.kernel.errors import Invalid, NotFound, Refused


class OperatorAlreadySetUp(Refused):
    """The installation has its operator already; change it instead."""

    default_code = "operator_already_set_up"


class OperatorNotSetUp(NotFound):
    """Nobody has set the installation up yet."""

    default_code = "operator_not_set_up"


class PartnerUnknown(NotFound):
    """There is no such partner."""

    default_code = "partner_unknown"


class BannerUnknown(NotFound):
    """There is no such banner."""

    default_code = "banner_unknown"


class StoreUnknown(NotFound):
    """There is no such store, or it is not the actor's to see."""

    default_code = "store_unknown"


class PolicyUnknown(NotFound):
    """There is no such policy of the law."""

    default_code = "policy_unknown"


class CodeTaken(Refused):
    """Another partner, banner, or store of the banner has this code."""

    default_code = "code_taken"


class StoreClosed(Refused):
    """The store has closed."""

    default_code = "store_closed"


class ClosedBeforeOpened(Invalid):
    """The closing day is before the opening day."""

    default_code = "closed_before_opened"


class StoreCodeAmbiguous(Invalid):
    """Several banners use this store code: name the banner too."""

    default_code = "store_code_ambiguous"


class UnknownCountry(Invalid):
    """The code is not one of ISO 3166-1."""

    default_code = "unknown_country"


class UnknownLanguage(Invalid):
    """The product speaks French and English."""

    default_code = "unknown_language"


class UnknownChannel(Invalid):
    """A channel is store, web or phone."""

    default_code = "unknown_channel"


class MalformedCode(Invalid):
    """A code is 1 to 40 letters, digits, dots, hyphens and underscores."""

    default_code = "malformed_code"


class MalformedName(Invalid):
    """A name has 1 to 150 characters."""

    default_code = "malformed_name"


class MalformedPolicy(Invalid):
    """The country, dates, action or terms of a policy of the law cannot be such."""

    default_code = "malformed_policy"


class PoorContrast(Invalid):
    """Text in these colors would be hard to read: the ratio is under 4.5."""

    default_code = "poor_contrast"


class MalformedColor(Invalid):
    """A color is written # and six hexadecimal digits."""

    default_code = "malformed_color"


class MalformedLogo(Invalid):
    """A logo is a PNG, JPEG or WebP picture of at most 200 kB."""

    default_code = "malformed_logo"
