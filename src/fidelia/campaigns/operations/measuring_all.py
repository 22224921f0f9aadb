"""Measure what the programme as a whole changes: members against the global control group, on exported facts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from fidelia.access.operations import record_audit
from fidelia.insight.measures.tallies import Counted, Tally
from fidelia.insight.queries import count_tallies_by_trait, get_last_export
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.programme.queries import list_programmes

from ..errors import AudienceTooSmall, NoGlobalControl
from ..models import Arm, GlobalControlResult
from .holding_out import TRAIT, current_control
from .watching import LookedAt, looked_at

PLANNED: Final = timedelta(days=365)


def measure_global_control(*, by: Actor, at: datetime) -> list[GlobalControlResult]:
    """Count what members and the group bought since it began, in the currency and the points of each programme.

    Everybody counts where the last night placed them, whatever reached them. Raises Denied (campaign.measure),
    NoGlobalControl, AudienceTooSmall, NoExport when the facts do not reach the beginning: refresh insight first.
    """
    by.require("campaign.measure")
    group = current_control()
    if group is None:
        raise NoGlobalControl("No global control group is held out.")
    export = get_last_export(since=group.begins_at)
    found = [
        (programme, count_tallies_by_trait(
            export=export, trait=TRAIT, since=group.begins_at, until=export.cut_off_at,
            programme=Counted(str(programme.id), programme.currency),
        ))
        for programme in list_programmes()
    ]  # fmt: skip
    if any({arm.value for arm in Arm} - set(tallies) for _programme, tallies in found):
        raise AudienceTooSmall("Too few members are known: a group has nobody.")
    with transaction_of_use_case():
        results = [
            GlobalControlResult.objects.create(
                control=group, programme_id=programme.id, export_id=export.id, counted_from=group.begins_at,
                counted_until=export.cut_off_at, currency=programme.currency, measured_at=at,
                tallies={arm: asdict(tally) for arm, tally in tallies.items()},
            )
            for programme, tallies in found
        ]  # fmt: skip
        record_audit(
            by=by, at=at, verb="campaign.measure", object_type="global_control", object_id=group.id,
            after={"until": export.cut_off_at},
        )  # fmt: skip
    return results


def watched_control(result: GlobalControlResult) -> LookedAt:
    """Return the effects of a result with intervals valid at every look; narrowest after a year."""
    treated, control = (Tally(**result.tallies[arm.value]) for arm in (Arm.TREATED, Arm.CONTROL))
    return looked_at(treated, control, (result.counted_until - result.counted_from) / PLANNED)
