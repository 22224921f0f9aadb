"""What shadow mode refuses."""

from __future__ import annotations

from fidelia.kernel.errors import Invalid, NotFound, Refused


class NoShadow(NotFound):
    """The programme decides beside no vendor now."""

    default_code = "no_shadow"


class ShadowRunning(Refused):
    """The programme has a shadow already."""

    default_code = "shadow_running"


class ShadowEnded(Refused):
    """The shadow is over: purchases are recorded for real."""

    default_code = "shadow_ended"


class ClosuresOnly(Refused):
    """In shadow mode a till sends the closure of a checkout with its basket, and what comes back: nothing is reserved,
    cancelled or opened again.
    """

    default_code = "closures_only"


class ProgrammeLive(Refused):
    """The programme has granted points already; a shadow begins before anything is granted."""

    default_code = "programme_live"


class MalformedGrants(Invalid):
    """What a vendor is said to have granted cannot be read."""

    default_code = "malformed_grants"


class NotReconciled(Refused):
    """The opening balances are not what the vendor's total says."""

    default_code = "not_reconciled"
