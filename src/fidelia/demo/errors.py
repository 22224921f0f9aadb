"""Why the invented shop is not filled in.

Refused
├── NotEmpty      the installation holds data that is not the demo's
└── Unfinished    the demo was begun here and not finished
"""

from __future__ import annotations

from fidelia.kernel.errors import Refused


class NotEmpty(Refused):
    """The installation holds data that is not the demo's."""

    default_code = "not_empty"


class Unfinished(Refused):
    """The demo was begun here and not finished."""

    default_code = "demo_unfinished"
