"""The long work of shadow mode: explaining differences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from fidelia.jobs.operations import JobKind, Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText

from .models import Shadow
from .operations import compare_shadow

COMPARE: Final = "shadow.compare"


def compare(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Compare what every running shadow has judged with what its vendor told; no arguments."""
    counts = {"compared": 0, "different": 0}
    for shadow in Shadow.objects.select_related("programme").filter(ended_at=None).order_by("begun_at"):
        done = compare_shadow(by=by, at=at, shadow=shadow, told=progress.step)
        counts = {name: counts[name] + done[name] for name in counts}
    return counts


JOBS = (
    JobKind(
        name=COMPARE,
        label=LocalizedText(en="Comparison with the present vendor", fr="Comparaison avec le prestataire actuel"),
        right="programme.see",
        function=compare,
        cron="*/10 * * * *",
    ),
)
