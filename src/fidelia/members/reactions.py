"""How members reacts to what happened: a code that was asked for is sent, if somebody has the address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.outbox import Announced
from fidelia.messaging.operations import MessageRequest, queue_messages
from fidelia.messaging.operations.defaults import LOG_IN_CODE, SPENDING_CODE
from fidelia.organisation.queries import find_portal

from .models import Aim, Code
from .queries import CODE_MINUTES, SPENDING_MINUTES, candidates_of, contact_of, digits_of


def send_codes(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Send each code to the address it was asked for; to an address that no member has, nothing."""
    portal = find_portal()
    asked = Code.objects.filter(id__in=[UUID(event.payload["code_id"]) for event in events], expires_at__gt=at)
    requests = []
    is_open = portal is not None and portal.is_open
    requests += [_to_spend(code) for code in asked if code.aim == Aim.SPEND]
    for code in asked.exclude(aim=Aim.SPEND) if is_open else ():
        to = candidates_of(code.address) if code.aim == Aim.LOG_IN else (code.customer_id,)
        if to and to[0] is not None:
            digits = digits_of(code)
            requests.append(
                MessageRequest(
                    customer_id=to[0],
                    template=LOG_IN_CODE,
                    purpose="access",
                    idempotency_key=f"members.send_codes:{code.id}",
                    variables={
                        "minutes": str(CODE_MINUTES),
                        "portal": portal.name if portal is not None else "",
                        "is_new_address": code.aim == Aim.ADDRESS,
                    },
                    secrets={"code": f"{digits[:3]}\u00a0{digits[3:]}"},
                    address=code.address,
                    channel="sms" if contact_of(code.address) == "phone" else "email",
                    language=code.language,
                    valid_for=code.expires_at - at,
                )
            )
    queue_messages(by=by, at=at, requests=requests)


def _to_spend(code: Code) -> MessageRequest:
    assert code.customer_id is not None, "points are spent by a member"
    digits = digits_of(code)
    return MessageRequest(
        customer_id=code.customer_id,
        template=SPENDING_CODE,
        purpose="access",
        idempotency_key=f"members.send_codes:{code.id}",
        variables={"minutes": str(SPENDING_MINUTES)},
        secrets={"code": f"{digits[:3]}\u00a0{digits[3:]}"},
        address=code.address,
        channel="sms" if contact_of(code.address) == "phone" else "email",
        language=code.language,
        valid_for=code.expires_at - code.asked_at,
    )
