"""People as columns, one value per person, and which column is what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fidelia.insight.report.facts import Refusal

Kind = Literal["share", "amount"]


@dataclass(frozen=True, slots=True, eq=False)
class Treatment:
    """Into which group each person was drawn: `control` is the value of those left alone, `arms` are all others."""

    column: str
    control: str
    arms: tuple[str, ...]
    groups: NDArray[Any]

    def members(self, group: str) -> NDArray[np.bool_]:
        """Return who was drawn into this group."""
        found: NDArray[np.bool_] = self.groups == group
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """What people did: 1 or 0 (`share`), or how much (`amount`)."""

    column: str
    kind: Kind
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PeopleFile:
    """One row per person. rows = people + Σ refusals.

    `known` are the columns known before, as texts: a model may learn from them. `ignored` names the columns that say
    nothing of a person's behaviour (ids, one value for all), each with its reason.
    """

    name: str
    currency: str
    rows: int
    people: int
    treatment: Treatment | None
    responses: tuple[Response, ...]
    known: dict[str, NDArray[Any]]
    ignored: tuple[tuple[str, str], ...]
    refusals: tuple[Refusal, ...]
    ids: NDArray[Any] | None = None  # what each person is called in the file, where a column says it
    satisfaction: str = ""  # the column, one of `known`, that says how satisfied each person is

    @property
    def shares(self) -> Sequence[Response]:
        """Responses that are yes or no, those given most often first."""
        return sorted((one for one in self.responses if one.kind == "share"), key=lambda one: -one.values.sum())
