"""Points that a member gives to another: their life with the taker, in which amounts, and what is kept of them.

"transfers": "keep"
"transfers": {"life": "restart", "minimum": "500", "maximum": "5000", "step": "100", "fee": "50"}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .reading import MalformedTerms, read_amount, read_choice, read_object

LIVES = ("keep", "restart", "refused")
AMOUNTS = ("minimum", "maximum", "step", "fee")
POINTER = "/points/transfers"


@dataclass(frozen=True, slots=True)
class TransferPolicy:
    """Points given away "keep" their end or "restart" their life; or none are given ("refused").

    One gives `minimum` at least and `maximum` at most (None: any) at a time, in whole `step`s; `fee` of them is kept,
    whatever the amount. All in minor units.
    """

    life: str = "keep"
    minimum: int = 1
    maximum: int | None = None
    step: int = 1
    fee: int = 0

    def refusal_of(self, points: int) -> str | None:
        """Return why so many are not given: None, refused, below_minimum, above_maximum, not_a_step, gives_nothing."""
        if self.life == "refused":
            return "refused"
        elif points < self.minimum:
            return "below_minimum"
        elif self.maximum is not None and points > self.maximum:
            return "above_maximum"
        elif points % self.step:
            return "not_a_step"
        return None if points > self.fee else "gives_nothing"


KEEPS_ITS_END = TransferPolicy()


def parse_transfers(document: Any, scale: int) -> TransferPolicy:
    """Read the transfers of a points currency with `scale` decimals. Raises MalformedTerms."""
    if isinstance(document, str):
        return TransferPolicy(life=read_choice(document, POINTER, LIVES))
    known = read_object(document, POINTER, {"life", *AMOUNTS})
    said = {
        name: read_amount(known[name], f"{POINTER}/{name}", scale, least=0 if name == "fee" else 1)
        for name in AMOUNTS
        if known.get(name) is not None
    }
    policy = TransferPolicy(life=read_choice(known.get("life", "keep"), f"{POINTER}/life", LIVES), **said)
    if policy.maximum is not None and policy.maximum < policy.minimum:
        raise MalformedTerms("The most is not below the least.", pointer=f"{POINTER}/maximum")
    return policy
