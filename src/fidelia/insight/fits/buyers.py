"""What every model of repeat buying can be asked, whichever it is: measures take any of them."""

from __future__ import annotations

from typing import Protocol

from numpy.typing import ArrayLike

from .arrays import Floats
from .history import BuyingHistory


class BuyerModel(Protocol):
    """A buy-till-you-die model at given parameters, in continuous time.

    frequency x, recency t_x, age T as in `history`; arrays of one length, or single numbers. Times in the model's unit.
    Every method raises ImpossibleNumbers for values that no buyer can have.
    """

    @property
    def parameters(self) -> dict[str, float]: ...

    def log_likelihood(self, history: BuyingHistory) -> float: ...

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Floats:
        """Probability, 0 to 1, that the customer still buys at all at age T."""

    def expected_purchases(
        self, horizon: ArrayLike, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
    ) -> Floats:
        """Purchases expected in the `horizon` after age T, given the history."""

    def expected_purchases_of_new(self, horizon: ArrayLike) -> Floats:
        """Repeat purchases expected of somebody in the `horizon` after the first purchase."""

    def probability_of_count(self, count: ArrayLike, horizon: ArrayLike) -> Floats:
        """Probability that somebody makes exactly `count` repeat purchases in the `horizon` after the first."""
