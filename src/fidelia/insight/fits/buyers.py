"""What every model of repeat buying can be asked, whichever it is: measures take any of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Protocol, TypeVar

from numpy.typing import ArrayLike

from .arrays import Floats
from .history import BuyingHistory
from .maximum import Fit
from .sentences import Sentence
from .sentences import gettext_noop as _

NOBODY: Final = 0.01  # share of customers who have left, below which nobody is said to have


class BuyerModel(Protocol):
    """A buy-till-you-die model at given parameters, in continuous time.

    frequency x, recency t_x, age T as in `history`; arrays of one length, or single numbers. Times in the model's unit.
    Every method raises ImpossibleNumbers for values that no buyer can have.
    """

    @property
    def parameters(self) -> dict[str, float]: ...

    def log_likelihood(self, history: BuyingHistory) -> float: ...

    def probability_alive(
        self, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, *, ahead: float = 0.0
    ) -> Floats:
        """Probability, 0 to 1, that the customer still buys at all at age T, or a time `ahead` of it."""

    def expected_purchases(
        self, horizon: ArrayLike, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
    ) -> Floats:
        """Purchases expected in the `horizon` after age T, given the history."""

    def expected_purchases_of_new(self, horizon: ArrayLike) -> Floats:
        """Repeat purchases expected of somebody in the `horizon` after the first purchase."""

    def probability_of_count(self, count: ArrayLike, horizon: ArrayLike) -> Floats:
        """Probability that somebody makes exactly `count` repeat purchases in the `horizon` after the first."""

    def probability_of_future_count(
        self, count: ArrayLike, horizon: ArrayLike, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
    ) -> Floats:
        """Probability of exactly `count` purchases in the `horizon` after age T, given the history."""


B = TypeVar("B", bound=BuyerModel)


def with_word_on_leaving(fit: Fit[B], history: BuyingHistory, label: str) -> Fit[B]:
    """Return the fit, with a plain sentence in place of its messages when nobody to speak of has left.

    That is common: in a year of wholesale, say, the parameters of leaving run to the edge, for there is none to see.
    """
    alive = fit.model.probability_alive(history.frequency, history.recency, history.age)
    if not fit.messages or 1 - float(history.weights @ alive) / history.n >= NOBODY:
        return fit
    told = _(
        "{model} finds that nobody has left for good: these customers buy seldom rather than leave. Predictions hold, "
        "but the probability of being alive tells nobody apart: judge by silence, or take a longer period."
    )
    return replace(fit, messages=(Sentence(told, model=label),))
