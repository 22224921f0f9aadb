"""The long work of activity."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fidelia.jobs.operations import JobKind, Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText

from .operations.rewarding import choice_of, reward_history


def _try(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    return reward_history(by=by, at=at, choice=choice_of(arguments), progress=progress, is_trial=True)


def _reward(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    return reward_history(by=by, at=at, choice=choice_of(arguments), progress=progress)


JOBS = (
    JobKind(
        name="history.try",
        label=LocalizedText(en="What past purchases would give", fr="Ce que donneraient les achats passés"),
        right="purchase.import",
        function=_try,
    ),
    JobKind(
        name="history.reward",
        label=LocalizedText(en="Points for past purchases", fr="Points des achats passés"),
        right="purchase.import",
        function=_reward,
    ),
)
