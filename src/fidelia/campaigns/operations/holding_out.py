"""The global control group: a stable share of all members whom no campaign treats, so that the whole can be told apart.

Who is in it follows from SHA-256("<salt>:<id of the person>"): its first eight bytes as a share of all they can be lie
below the share of the group. Nobody is drawn: a member who joins tomorrow has a place already, which has nothing to do
with who they are, and a larger share holds everybody of a smaller one. The same is written onto members as the dated
trait `global_control` ("control" or "treated"), which the segment of the same name reads: rules and analytics see it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from secrets import token_hex
from typing import Final
from uuid import UUID

from django.db import connection

from fidelia.access.operations import record_audit
from fidelia.customers.operations import place_members, place_segment, place_trait_definition, set_traits
from fidelia.customers.queries import survivors_of
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import Programme
from fidelia.programme.queries import list_programmes, member_ids_of

from ..errors import GlobalControlOutOfBounds
from ..models import Arm, GlobalControl

TRAIT: Final = "global_control"
PERMILLE_MAX: Final = 200
NAME: Final = LocalizedText(en="Global control group", fr="Groupe témoin permanent")
_CHUNK: Final = 5_000
_WHOLE: Final = 2**64


def change_global_control(
    *, by: Actor, at: datetime, share: Fraction, once: RequestKey | None = None
) -> GlobalControl | None:
    """Hold out this share of all members from now on; nought ends the group. The same share again changes nothing.

    People of the share before stay in a larger one, since the salt stays. Campaigns that run keep the people they drew.
    Returns the group that runs, None without one. Raises Denied (campaign.hold_out), GlobalControlOutOfBounds,
    RequestRepeated, IdempotencyKeyReused.
    """
    by.require("campaign.hold_out")
    permille = share * 1000
    if permille.denominator != 1 or not 0 <= permille <= PERMILLE_MAX:
        raise GlobalControlOutOfBounds("Hold out between 0.1% and 20% of the members, or nobody.", pointer="/share")
    with transaction_of_use_case():
        claim(once, at=at, resource_type="global_control", resource_id="")
        _one_at_a_time()
        current = current_control()
        if (current.permille if current else 0) == permille:
            return current
        last = GlobalControl.objects.order_by("-begins_at", "-id").first()
        if current is not None:
            current.ended_at = at
            current.save(update_fields=["ended_at"])
        group = _begin(by, at, int(permille), last) if permille else None
        written = group or last
        _write_down(by, at, group, written.segment_id if written is not None else None)
        record_audit(
            by=by, at=at, verb="campaign.hold_out", object_type="global_control",
            object_id=group.id if group is not None else current.id if current is not None else UUID(int=0),
            before={"permille": current.permille if current else 0}, after={"permille": int(permille)},
        )  # fmt: skip
    return group


def place_new_members(*, by: Actor, at: datetime) -> int:
    """Write down the place of members who joined, merged or left since; return how many hold another than before.

    Raises Denied (campaign.hold_out).
    """
    by.require("campaign.hold_out")
    with transaction_of_use_case():
        _one_at_a_time()
        group = current_control()
        return _write_down(by, at, group, group.segment_id) if group is not None else 0


def current_control() -> GlobalControl | None:
    """Return the group that runs."""
    return GlobalControl.objects.filter(ended_at=None).first()


def held_out_of(people: Iterable[UUID], group: GlobalControl | None) -> set[UUID]:
    """Return who of these persons (the survivors of merges) is in the group; nobody without one."""
    return {person for person in people if group is not None and is_held_out(group.salt, person, group.permille)}


def is_held_out(salt: str, person: UUID, permille: int) -> bool:
    """Tell whether the place of a person lies below the share of a group."""
    place = int.from_bytes(hashlib.sha256(f"{salt}:{person}".encode("ascii")).digest()[:8])
    return place * 1000 < permille * _WHOLE


def _one_at_a_time() -> None:
    # The lock of launches: one that draws now must know who is held out.
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('campaign.launch'))")


def _begin(by: Actor, at: datetime, permille: int, last: GlobalControl | None) -> GlobalControl:
    place_trait_definition(by=by, at=at, name=TRAIT, type="text", label=NAME)
    if last is not None:
        salt, segment_id = last.salt, last.segment_id
    else:
        condition = f'has(trait.{TRAIT}) && trait.{TRAIT} == "{Arm.CONTROL.value}"'
        segment_id = place_segment(by=by, at=at, key=TRAIT, name=NAME, condition=condition).id
        salt = token_hex(16)
    return GlobalControl.objects.create(
        permille=permille, salt=salt, segment_id=segment_id, begins_at=at, changed_by=by.label
    )


def _write_down(by: Actor, at: datetime, group: GlobalControl | None, segment_id: UUID | None) -> int:
    people = persons_of(*list_programmes()) if group is not None else []
    held = held_out_of(people, group)
    rows = ((one, TRAIT, (Arm.CONTROL if one in held else Arm.TREATED).value) for one in people)
    changed = set_traits(by=by.lent("customer.set_traits"), at=at, rows=rows, source="campaigns", whole=[TRAIT])
    if segment_id is not None:
        place_members(by=by, at=at, segment_id=segment_id)
    return changed


def persons_of(*programmes: Programme) -> list[UUID]:
    """Return the persons who are members of one of these programmes now, in order."""
    enrolled = sorted({one for programme in programmes for one in member_ids_of(programme)})
    chunks = (enrolled[start : start + _CHUNK] for start in range(0, len(enrolled), _CHUNK))
    return sorted({survivor for chunk in chunks for survivor in survivors_of(chunk).values()})
