"""The refusals of insight.

Refused
└── NoExport
Invalid
├── WindowOutOfBounds
└── MalformedMoment
"""

from __future__ import annotations

from fidelia.kernel.errors import Invalid, Refused


class NoExport(Refused):
    """Nothing was exported yet, or not since the moment that is asked about."""

    default_code = "no_export"


class WindowOutOfBounds(Invalid):
    """A window is 1 to 3,660 days long."""

    default_code = "window_out_of_bounds"


class MalformedMoment(Invalid):
    """The text is not an instant with its time zone."""

    default_code = "malformed_moment"
