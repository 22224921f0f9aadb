"""/spending-codes: the code with which a member agrees that many points are spent."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router

from fidelia.kernel.points import parse_points
from fidelia.members.operations import CodeProof, ask_spending_code
from fidelia.programme.queries import see_enrolment

from .answers import answer
from .errors import located
from .exchange import Exchange, exchange_of
from .schemas.checkouts import ConfirmationIn
from .schemas.spending import SpendingCodeIn, SpendingCodeOut

router = Router(tags=["points"])


@router.post("", response={201: SpendingCodeOut}, summary="Send a member a code", operation_id="ask_spending_code")
def ask(request: HttpRequest, body: SpendingCodeIn) -> HttpResponse:
    """For who spends more points at once than the programme lets go without one: by text, else by e-mail. It works for
    five minutes, once, for up to so many points; send its token and the digits that the member tells as `confirmation`.
    Five an hour for a member. Needs reward.redeem.
    """
    exchange = exchange_of(request)
    with located("/enrolment_id"):
        enrolment = see_enrolment(by=exchange.by, enrolment_id=body.enrolment_id, right="reward.redeem")
    with located("/points"):
        points = parse_points(body.points, enrolment.programme.points_currency.scale)
    code = ask_spending_code(
        by=exchange.by, at=exchange.at, enrolment_id=enrolment.id, points=points, language=body.language or ""
    )
    return answer(SpendingCodeOut(token=code.token, sent_to=code.sent_to, expires_at=code.expires_at), 201)


def proof_of(exchange: Exchange, confirmation: ConfirmationIn | None) -> CodeProof | None:
    """Return what a call shows for the member's yes."""
    if confirmation is None:
        return None
    return CodeProof(confirmation.token, confirmation.digits, f"{exchange.by.kind}:{exchange.by.id}")
