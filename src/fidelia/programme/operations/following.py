"""Follow the tiers of everybody: what time alone ends is announced; a version with other tiers reaches all members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.jobs.operations import Progress, queue_job
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.rules.tiers import NO_TIER, TierSet

from ..models import Enrolment, Programme, ProgrammeVersion
from ..queries import parse_document, terms_of, tiers_of_each_at, version_in_force
from ..queries.tier_facts import derive_held
from .tiers import announce_begun_tiers, rederive_tiers

FOLLOW = "programme.follow_tiers"
ROWS_A_ROUND = 500
ROUNDS_MAX = 100_000
SAMPLE_MAX = 2_000


def follow_tiers(*, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Announce what time has ended, then derive everybody anew in each programme whose tiers are others by now.

    Stopped, it goes on from the last members done; run again, it finds nothing to do. Raises Denied
    (programme.publish), StopRequested.
    """
    by.require("programme.publish")
    announced = _announce_all(at, progress)
    moved = sum(_follow_version(programme, at, progress) for programme in Programme.objects.order_by("id"))
    return {"ended_by_time": announced, "moved_by_version": moved}


def _announce_all(at: datetime, progress: Progress) -> int:
    announced = 0
    for _round in range(ROUNDS_MAX):
        with transaction_of_use_case():
            found = announce_begun_tiers(at=at, limit=ROWS_A_ROUND)
        announced += found
        if not found:
            break
        progress.step(found)
    return announced


def _follow_version(programme: Programme, at: datetime, progress: Progress) -> int:
    version = version_in_force(programme, at)
    version_id = version.id if version is not None else None
    if version_id == programme.tiers_version_id:
        return 0
    moved = 0
    if _tiers_of(version_id) != _tiers_of(programme.tiers_version_id):
        moved = _derive_everybody(programme, at, progress)
    Programme.objects.filter(id=programme.id).update(tiers_version_id=version_id)
    return moved


def _tiers_of(version_id: UUID | None) -> tuple[TierSet, ...]:
    return terms_of(version_id).tier_sets if version_id is not None else ()


def _derive_everybody(programme: Programme, at: datetime, progress: Progress) -> int:
    members = Enrolment.objects.filter(programme=programme, ended_at__isnull=True)
    reached: Mapping[str, Any] = progress.checkpoint or {}
    after = UUID(reached["after"]) if reached.get("programme") == str(programme.id) else None
    progress.expect(progress.done + (members.filter(id__gt=after) if after else members).count())
    moved = 0
    for _round in range(ROUNDS_MAX):
        left = members.filter(id__gt=after) if after else members
        ids = list(left.order_by("id").values_list("id", flat=True)[:ROWS_A_ROUND])
        if not ids:
            break
        with transaction_of_use_case():
            moved += len(rederive_tiers(at=at, enrolment_ids=ids))
            progress.reach({"programme": str(programme.id), "after": str(ids[-1])}, count=len(ids))
        after = ids[-1]
        progress.show()
    return moved


def follow_version_soon(*, by: Actor, at: datetime, version_id: UUID) -> None:
    """Building block: queue the work when a version that came or went just now changes who holds which tier."""
    version = ProgrammeVersion.objects.select_related("programme").get(id=version_id)
    in_force = version_in_force(version.programme, at)
    now = in_force.id if in_force is not None else None
    if _tiers_of(now) != _tiers_of(version.programme.tiers_version_id):
        queue_job(by=by, at=at, kind=FOLLOW, arguments={})


@dataclass(frozen=True, slots=True)
class TierPreview:
    """What the tiers of a version would do at once: of `looked_at` members out of `members`, who would go where.

    `moves` counts by (tier held now, tier then); an empty key is no tier.
    """

    members: int
    looked_at: int
    moves: Counter[tuple[str, str]]


def preview_tiers(*, by: Actor, at: datetime, version: ProgrammeVersion, most: int = SAMPLE_MAX) -> TierPreview:
    """Return how many members would hold another tier if the version were in force; nothing is written.

    Exact for up to `most` members; of more, it looks at so many drawn at random.
    Raises Denied (programme.see).
    """
    programme = version.programme
    by.require("programme.see", Scope(programme.partner_id))
    terms = parse_document(programme, version.document, version_id=version.id)
    members = Enrolment.objects.filter(programme=programme, ended_at__isnull=True)
    count = members.count()
    drawn = list(members.order_by("id" if count <= most else "?")[:most])
    held = tiers_of_each_at([member.id for member in drawn], at)
    derived = derive_held(terms.tiers, programme, drawn, terms.zone) if terms.tiers is not None else {}
    moves: Counter[tuple[str, str]] = Counter()
    for member in drawn if terms.tiers is not None else []:
        reached = next((each.tier for each in reversed(derived[member.id]) if each.valid_from <= at), NO_TIER)
        if reached != held.get(member.id, NO_TIER):
            moves[held.get(member.id, NO_TIER), reached] += 1
    return TierPreview(count, len(drawn), moves)
