"""A programme as a file: its document, its plan, its draft and what a second person said of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from fidelia.programme.models import ProgrammeVersion
from fidelia.programme.queries.approvals import VersionApproval

from .types import Input, Output, Text300, shown


class DocumentQuery(Input):
    """Which version; the one in force unless told."""

    version: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,8}$")] | None = None


class DocumentOut(Output):
    """A version as its one document, to the letter."""

    model_config = shown({"programme": "fidelio", "version": 3, "text": "rules: []\n"})
    programme: str
    version: int
    text: str


class PlanIn(Input):
    """A document of a programme (YAML or JSON), and whether history is replayed by it."""

    model_config = shown({"text": "rules: []\n", "programme": "fidelio", "backtest": False})
    text: str = Field(max_length=200_000)
    programme: str = Field("", max_length=60)
    backtest: bool = True


class PlanOut(Output):
    """What a document would change against the version in force; amounts in minor units."""

    model_config = shown(
        {
            "programme": "fidelio",
            "currency": "EUR",
            "points_scale": 0,
            "from_version": 3,
            "differences": {"en": [], "fr": []},
            "law": [],
            "warnings": [{"kind": "unbounded", "rule": "gift", "other": ""}],
            "rules": {"gift": {"en": "Gift", "fr": "Cadeau"}},
            "backtest": None,
        }
    )
    programme: str
    currency: str
    points_scale: int
    from_version: int | None
    differences: dict[str, list[dict[str, Any]]]
    law: list[dict[str, Any]]
    warnings: list[dict[str, str]]
    held: list[dict[str, Any]] = Field(
        [], description="What members hold today, or was used, that the document does not have or allows less of."
    )
    not_replayed: list[str] = Field([], description="Parts that change and that no replay of purchases follows.")
    rules: dict[str, dict[str, str]]
    backtest: dict[str, Any] | None


class DraftIn(Input):
    """A document of a programme, to be its next draft."""

    model_config = shown({"text": "rules: []\n", "programme": "fidelio", "note": "For the winter"})
    text: str = Field(max_length=200_000)
    programme: str = Field("", max_length=60)
    note: Text300 = ""


class DraftOut(Output):
    """The draft: a second person publishes it."""

    model_config = shown({"programme": "fidelio", "number": 4, "state": "draft"})
    programme: str
    number: int
    state: str


class ApprovalIn(Input):
    """What the second person should know."""

    model_config = shown({"note": "Pull request 214"})
    note: Annotated[str, StringConstraints(max_length=1000)] = ""


class ApprovalOut(Output):
    """What a second person said of a version as it is written now; people decide in the console, never a key."""

    model_config = shown(
        {
            "programme": "fidelio",
            "version": 4,
            "standing": "asked",
            "asked_by": "ci",
            "asked_at": "2026-03-02T09:30:00Z",
            "note": "Pull request 214",
            "decided_by": None,
            "decided_at": None,
            "decision_note": "",
        }
    )
    programme: str
    version: int
    standing: Literal["not_asked", "asked", "approved", "refused", "outdated"]
    asked_by: str | None
    asked_at: datetime | None
    note: str
    decided_by: str | None
    decided_at: datetime | None
    decision_note: str


def approval_out(version: ProgrammeVersion, found: VersionApproval) -> ApprovalOut:
    asked = found.approval
    return ApprovalOut(
        programme=version.programme.slug,
        version=version.number,
        standing=found.standing.value,
        asked_by=asked.asked_by_label if asked else None,
        asked_at=asked.asked_at if asked else None,
        note=asked.note if asked else "",
        decided_by=asked.decided_by_label or None if asked else None,
        decided_at=asked.decided_at if asked else None,
        decision_note=asked.decision_note if asked else "",
    )
