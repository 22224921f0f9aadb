"""A person's own data in members: the devices she was logged in on; erased, they are gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from fidelia.customers.queries import list_contact_points
from fidelia.kernel.db import require_transaction
from fidelia.messaging.operations import forget_addressees

from .models import Aim, Code, MemberSession, SignUp, UsedLink

TABLES = ("members_code", "members_session", "members_sign_up", "members_used_link")


def collect(customer_ids: Sequence[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return the sign-ups and devices of a person (every id of `ids_of`)."""
    sessions = MemberSession.objects.filter(customer_id__in=list(customer_ids)).order_by("began_at")
    joined = SignUp.objects.filter(customer_id__in=list(customer_ids)).order_by("asked_at")
    sign_ups = [dict(row) for row in joined.values("person", "card", "referral", "asked_at", "joined_at")]
    return {
        "sign_ups": sign_ups,
        "devices": [dict(row) for row in sessions.values("device", "how", "began_at", "seen_at", "ended_at")],
    }


def erase(customer_ids: Sequence[UUID], *, at: datetime) -> dict[str, int]:
    """Log a person out everywhere and delete the rows, inside the caller's transaction; return how many of each.

    Called before the addresses go: a code that was asked for names nothing but one.
    """
    require_transaction()
    ids = list(customer_ids)
    addresses = [point.value for point in list_contact_points(ids) if point.channel in ("email", "phone")]
    # Those that wait for their code, which is at an address of the person, name an id that is to be.
    waiting = [row.token_hash for row in Code.objects.filter(aim=Aim.JOIN, address__in=addresses)]
    asked = SignUp.objects.filter(token_hash__in=waiting, joined_at=None)
    forget_addressees(customer_ids=list(asked.values_list("customer_id", flat=True)), at=at)
    signed_up = SignUp.objects.filter(Q(customer_id__in=ids) | Q(id__in=asked.values("id"))).delete()[0]
    codes = Code.objects.filter(Q(customer_id__in=ids) | Q(address__in=addresses)).delete()[0]
    return {
        "members_code": codes,
        "members_sign_up": signed_up,
        "members_session": MemberSession.objects.filter(customer_id__in=ids).delete()[0],
        "members_used_link": UsedLink.objects.filter(customer_id__in=ids).delete()[0],
    }
