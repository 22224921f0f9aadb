"""Whether the spending of many points needs the member's own yes."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from fidelia.rules.points_terms import PointsPolicy

from ..errors import ConfirmationNeeded
from ..models import Enrolment
from .terms import Terms


class SpendingProof(Protocol):
    """What shows that the member agrees; made by a module above, because it is there that codes are sent."""

    def enter(self, *, at: datetime) -> None:
        """Count a try and look at it, outside the transaction that spends. Raises what a wrong one is refused for."""

    def use(self, *, customer_id: UUID, points: int, at: datetime) -> None:
        """Use it up for so many points (minor units), in the transaction that spends them."""


class Proven:
    """Somebody who proved who they are just so: on the pages where members log in by such a code."""

    def enter(self, *, at: datetime) -> None:
        pass

    def use(self, *, customer_id: UUID, points: int, at: datetime) -> None:
        pass


def must_confirm(policy: PointsPolicy, points: int) -> bool:
    """Tell whether so many points (minor units) at once are spent with a proof only."""
    return policy.confirmed_above is not None and points > policy.confirmed_above


def check_confirmed(
    policy: PointsPolicy, proof: SpendingProof | None, *, customer_id: UUID, points: int, at: datetime
) -> None:
    """Use up the proof where one is needed. In the transaction that spends. Raises ConfirmationNeeded, and as `use`."""
    if not must_confirm(policy, points):
        return
    if proof is None:
        raise ConfirmationNeeded("So many points need the code that the member is sent.", pointer="/confirmation")
    proof.use(customer_id=customer_id, points=points, at=at)


def check_member_agrees(
    terms: Terms | None, proof: SpendingProof | None, *, enrolment: Enrolment, currency: str, amount: int, at: datetime
) -> None:
    """Use up the proof where so many points (minor units) of the main currency leave a member; codes are for that one.

    In the transaction that moves them. Raises ConfirmationNeeded, and as `use`.
    """
    if terms is not None and currency == enrolment.programme.points_currency_id:
        check_confirmed(terms.points, proof, customer_id=enrolment.customer_id, points=amount, at=at)
