"""Preview a purchase: what recording it now would give, rule by rule. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass

from fidelia.kernel.actor import Actor
from fidelia.programme.queries import Terms, terms_of
from fidelia.rules import Decision, Settlement, record_decision

from .deciding import settle_purchase
from .purchases import earns, values_of
from .reading import Known, read_surroundings
from .requests import PurchaseRequest, check_line

# No caller's keys are kept under it: a preview is never a replay.
_NOBODY = "preview"


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be decided; `settlement` and `decision` are None where no member earns by it."""

    terms: Terms | None
    settlement: Settlement | None = None
    decision: Decision | None = None


def preview_purchase(*, by: Actor, request: PurchaseRequest) -> Preview:
    """Decide a purchase by the rules in force at its moment. Raises as `record_purchase`, keys and dates apart."""
    if not by.may_somewhere("purchase.record"):
        by.require("purchase.record")
    for i, line in enumerate(request.lines):
        check_line(line, f"/lines/{i}")
    around = read_surroundings(by, request, owner=_NOBODY, locks=False)
    assert not isinstance(around, Known), "nothing is recorded under the owner of previews"
    by.require("purchase.record", around.scope)
    terms = terms_of(around.version_id) if around.version_id is not None else None
    if terms is None or not earns(request.occurred_at, around.member, terms):
        return Preview(terms)
    settlement, known = settle_purchase(terms, values_of(request, around, terms), request.occurred_at)
    decision = record_decision(
        terms.rule_set, known, settlement, rule_version_id=str(terms.version_id), occurred_at=request.occurred_at
    )
    return Preview(terms, settlement, decision)
