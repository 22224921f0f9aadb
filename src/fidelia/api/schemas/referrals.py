"""Referrals, a member's code, and what both sides are told."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from fidelia.referral.models import Referral
from fidelia.referral.queries import MyReferral, ReferredFriend, sentence_of_state

from .programme import TextOut
from .types import Cursor, Id, Input, Output, PageQuery, shown

_ID = "019a5c1e-9900-7000-8000-000000000009"
_ENROLMENT = "019a5c1e-8200-7000-8000-000000000012"
State = Literal["pending", "review", "qualified", "rewarded", "refused", "taken_back"]


class ReferralIn(Input):
    """A new member who came by a code; `ip` and `device` are what they signed up with, kept as hashes."""

    model_config = shown({"code": "7KQ4MBXH", "enrolment_id": _ENROLMENT, "ip": "203.0.113.7"})
    code: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    enrolment_id: Id
    ip: str = Field("", max_length=45)
    device: str = Field("", max_length=200)


class ReviewIn(Input):
    """A person's word on a referral that is doubted."""

    model_config = shown({"is_accepted": True})
    is_accepted: bool


class ReferralQuery(PageQuery):
    """Which referrals."""

    after: Cursor | None = None
    state: State | None = None


_REFERRAL = {
    "id": _ID, "state": "qualified", "reason": "",
    "sentence": {"en": "The purchases are there. The reward comes when the time for returns is over.",
                 "fr": "Les achats sont faits. La récompense vient une fois le délai de retour passé."},
    "referrer_enrolment_id": "019a5c1e-8200-7000-8000-000000000011", "friend_enrolment_id": _ENROLMENT,
    "recorded_at": "2026-11-02T09:30:00Z", "qualified_at": "2026-11-20T10:00:00Z",
    "due_at": "2026-12-04T23:00:00Z", "decided_at": None,
}  # fmt: skip


class ReferralOut(Output):
    """A referral. `reason` is of one that is refused, in review or taken back; `due_at` when both are rewarded."""

    model_config = shown(_REFERRAL)
    id: UUID
    state: State
    reason: str
    sentence: TextOut
    referrer_enrolment_id: UUID
    friend_enrolment_id: UUID
    recorded_at: datetime
    qualified_at: datetime | None
    due_at: datetime | None
    decided_at: datetime | None


class ReferralPage(Output):
    """Referrals, the last changed first."""

    model_config = shown({"data": [_REFERRAL], "next": None})
    data: list[ReferralOut]
    next: str | None


_FRIEND = {
    "referral_id": _ID, "initial": "M", "state": "pending", "reason": "", "since": "2026-11-02T09:30:00Z",
    "sentence": {"en": "Signed up. The reward comes with the first purchases.",
                 "fr": "Inscription faite. La récompense vient avec les premiers achats."},
}  # fmt: skip


class FriendOut(Output):
    """One referral as a side sees it: the first letter of the other's first name, and how far it is."""

    model_config = shown(_FRIEND)
    referral_id: UUID
    initial: str
    state: State
    reason: str
    since: datetime
    sentence: TextOut


_MINE = {
    "code": "7KQ4MBXH", "path": "/join/?ref=7KQ4MBXH", "friends": [_FRIEND], "as_friend": None,
    "promise": {"en": "After their first purchase, you get 500 points and your friend gets 200 points.",
                "fr": "Après son premier achat, vous recevez 500 points et votre filleul reçoit 200 points."},
}  # fmt: skip


class MyReferralOut(Output):
    """What a member sees of referral; `path` is of the members' portal."""

    model_config = shown(_MINE)
    code: str
    path: str
    promise: TextOut
    friends: list[FriendOut]
    as_friend: FriendOut | None


def referral_out(found: Referral) -> ReferralOut:
    plain = ("id", "state", "reason", "recorded_at", "qualified_at", "due_at", "decided_at")
    return ReferralOut(
        sentence=_both(found.state, found.reason), referrer_enrolment_id=found.referrer_id,
        friend_enrolment_id=found.friend_id, **{name: getattr(found, name) for name in plain},
    )  # fmt: skip


def my_referral_out(mine: MyReferral, code: str) -> MyReferralOut:
    return MyReferralOut(
        code=code, path=f"/join/?ref={code}", promise=TextOut(en=mine.sentence("en"), fr=mine.sentence("fr")),
        friends=[_friend_out(one) for one in mine.friends],
        as_friend=None if mine.as_friend is None else _friend_out(mine.as_friend),
    )  # fmt: skip


def _friend_out(seen: ReferredFriend) -> FriendOut:
    plain = ("referral_id", "initial", "state", "reason", "since")
    return FriendOut(sentence=_both(seen.state, seen.reason), **{name: getattr(seen, name) for name in plain})


def _both(state: str, reason: str) -> TextOut:
    return TextOut(en=sentence_of_state(state, reason, "en"), fr=sentence_of_state(state, reason, "fr"))
