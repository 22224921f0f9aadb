"""What can be done to many customers at once: the buttons of the list."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from fidelia.kernel.actor import Actor
from fidelia.programme.operations.together import RIGHTS

ACTS = {
    "enrol": (_("Enrol in a programme"), _("Enrol them"), "user-plus"),
    "points": (_("Correct points"), _("Correct the points"), "coins"),
    "segment": (_("Put into a segment"), _("Put them into it"), "users-group"),
}


def acts_open_to(by: Actor) -> list[dict[str, Any]]:
    """Return the acts that a person may do somewhere: code, text, icon."""
    return [
        {"code": code, "text": title, "icon": icon}
        for code, (title, _verb, icon) in ACTS.items()
        if by.may_somewhere(RIGHTS[code])
    ]
