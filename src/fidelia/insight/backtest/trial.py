"""By which rules the occasions of a history are judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fidelia.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Trial:
    """By which rules occasions are judged: those in the period by `tried`, others by the version that decided them.

    `tried` None: every occasion by its own version. `versions` are by their ids.
    """

    versions: Mapping[str, RuleSet]
    tried: RuleSet | None = None
    begins: datetime | None = None
    ends: datetime | None = None

    @property
    def rule_sets(self) -> list[RuleSet]:
        return [*self.versions.values(), *([self.tried] if self.tried is not None else [])]
