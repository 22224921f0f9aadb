"""The way of a draft into force, as steps: written, put forward, read by a second person, published."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from fidelia.kernel.actor import Actor
from fidelia.programme.queries.approvals import Standing, VersionApproval, approval_of
from fidelia.ui.parts import Step

from .programme_parts import VersionView


def four_eyes(view: VersionView, by: Actor) -> dict[str, Any]:
    """Return what a draft's pages say of its approval: the steps, where it stands, and what this person may do now."""
    found = approval_of(view.version)
    asked = found.approval
    standing = found.standing
    is_asker = asked is not None and asked.asked_by_id == by.id
    approved, refused = standing is Standing.APPROVED, standing is Standing.REFUSED
    may_decide = standing is Standing.ASKED and view.may_publish and not view.is_own and not is_asker
    return {
        "standing": standing.value,
        "approval": asked,
        "steps": _steps(found),
        "sentence": _sentence(found),
        "may_ask": view.may_draft and standing in {Standing.NOT_ASKED, Standing.OUTDATED, Standing.REFUSED},
        "may_decide": may_decide,
        "may_publish": view.may_publish and not refused and (approved or not view.is_own),
    }


def _steps(found: VersionApproval) -> list[Step]:
    standing = found.standing
    forward = standing in {Standing.ASKED, Standing.APPROVED, Standing.REFUSED}
    approved = standing is Standing.APPROVED
    return [
        Step(_("Written"), "done"),
        Step(_("Put forward"), "done" if forward else "now"),
        Step(
            _("Refused") if standing is Standing.REFUSED else _("Approved by a second person"),
            "done" if approved else "now" if forward else "next",
        ),
        Step(_("In force"), "now" if approved else "next"),
    ]


def _sentence(found: VersionApproval) -> str:
    """Say in one sentence where the draft stands and what comes next."""
    asked = found.approval
    if asked is None:
        return _("Put the draft forward when it is ready: a second person reads it before members meet it.")
    names = {"asker": asked.asked_by_label, "name": asked.decided_by_label}
    return {
        Standing.ASKED: _("%(asker)s asked for an approval; another person who may publish reads it and decides."),
        Standing.APPROVED: _(
            "%(name)s approved it as it stands; it may be published. A change asks for a new approval."
        ),
        Standing.REFUSED: _("%(name)s refused it as it stands: change it, then put it forward again."),
        Standing.OUTDATED: _("It was changed after it was put forward: put it forward again."),
    }[found.standing] % names
