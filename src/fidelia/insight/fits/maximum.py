"""Maximum likelihood: the way up, the standard errors at the top, and the words when there is no top.

All parameters of the models are positive, so the search runs over their logarithms, by Newton's method with the exact
gradient and Hessian that each model states. A step never goes further than the log-likelihood can be trusted to follow
its second-order expansion (trust region), and where it bends the wrong way its absolute curvature is used. Sources:
Nocedal & Wright, *Numerical Optimization* (2006), chapters 3 and 4; Dauphin et al., NIPS 2014, for the curvature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

import numpy as np

from fidelia.insight.errors import NoConvergence

from .arrays import Booleans, Floats
from .sentences import Sentence
from .sentences import gettext_noop as _

STEPS_MAX: Final = 200
REACH: Final = 12.0  # a log parameter moves at most this far from its scale: a factor of 160,000
GAIN_LEFT: Final = 1e-9  # of log-likelihood, below which the top is reached
ROUNDING: Final = 1e-14
AT_EDGE: Final = 1e-6
FLAT: Final = 1e-3  # curvature below which a logarithm has a standard error above 30: it is not known at all
BLURRED: Final = 2.0  # a standard error of a log parameter beyond this is a factor of 7 either way


@dataclass(frozen=True, slots=True)
class Curved:
    """A log-likelihood at one point, with its gradient and Hessian by the parameters themselves."""

    value: float
    gradient: Floats
    hessian: Floats

    def by_logarithms(self, parameters: Floats) -> Curved:
        """Return the same with derivatives by the logarithms: θ ∂/∂θ, and θ_i θ_j ∂²/∂θ_i ∂θ_j + δ_ij θ_i ∂/∂θ_i."""
        slope = parameters * self.gradient
        return Curved(self.value, slope, self.hessian * np.outer(parameters, parameters) + np.diag(slope))

    def __add__(self, other: Curved) -> Curved:
        return Curved(self.value + other.value, self.gradient + other.gradient, self.hessian + other.hessian)


Surface = Callable[[Floats], Curved]


class Model(Protocol):
    """A model at given parameters; `names` in the order in which its surface takes them."""

    @property
    def parameters(self) -> dict[str, float]: ...


M_co = TypeVar("M_co", bound=Model, covariant=True)
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True, eq=False)
class Fit(Generic[M_co]):
    """A model at the parameters that make the data most likely.

    log_likelihood   its maximum, without the constants that no parameter touches (as the papers print it)
    standard_errors  of each parameter, from the observed information of the log parameters by the delta method; empty
                     when the data do not tell the parameters apart (a message says so)
    covariance       of the logarithms of the parameters, in their order; 0 in directions that the data leave open, in
                     which predictions do not change either
    converged        the top lies inside and is curved; else a message says what to do
    n                customers (or cases) behind it
    """

    model: M_co
    log_likelihood: float
    standard_errors: dict[str, float]
    covariance: Floats
    converged: bool
    messages: tuple[Sentence, ...]
    n: float

    @property
    def parameters(self) -> dict[str, float]:
        return self.model.parameters


@dataclass(slots=True)
class _Climb:
    """Where the search stands."""

    surface: Surface
    low: Floats
    high: Floats
    place: Floats
    here: Curved = field(init=False)
    radius: float = 1.0
    arrived: bool = False

    def __post_init__(self) -> None:
        self.place = np.clip(self.place, self.low, self.high)
        self.here = self.look(self.place)

    def look(self, place: Floats) -> Curved:
        parameters = np.exp(place)
        return self.surface(parameters).by_logarithms(parameters)

    def step(self) -> None:
        move = self.next_move()
        gain = 0.5 * float(self.here.gradient @ move)
        tolerance = GAIN_LEFT + ROUNDING * abs(self.here.value)
        if gain <= tolerance:
            self.arrived = True
            return
        length = float(np.sqrt(move @ move))
        there = np.clip(self.place + move, self.low, self.high)
        seen = self.look(there)
        if _is_finite(seen) and seen.value >= self.here.value - tolerance:
            self.place, self.here = there, seen
            self.radius = min(4.0, 2 * self.radius)
        else:
            self.radius = min(self.radius, length) / 4
        self.arrived = self.radius < 1e-9

    def next_move(self) -> Floats:
        """Newton's move within the radius; what would pass a bound goes to it, and the others make the best of that."""
        slope, hessian = self.here.gradient, self.here.hessian
        held = ((self.place <= self.low) & (slope < 0)) | ((self.place >= self.high) & (slope > 0))
        to_bound, move = np.zeros_like(slope), np.zeros_like(slope)
        for _bound in range(len(slope)):
            free = np.where(held, 0.0, 1.0)
            move = to_bound + _newton_move((slope + hessian @ to_bound) * free, hessian * np.outer(free, free))
            move *= min(1.0, self.radius / max(float(np.sqrt(move @ move)), 1e-300))
            out = ~held & ((self.place + move < self.low) | (self.place + move > self.high))
            if not out.any():
                break
            to_bound = np.where(out, np.clip(self.place + move, self.low, self.high) - self.place, to_bound)
            held |= out
        return move


def fit_by_likelihood(
    make: Callable[..., M],
    names: tuple[str, ...],
    surface: Surface,
    *,
    starts: Iterable[Floats],
    scale: Floats,
    n: float,
    thin_surface: Surface | None = None,
) -> Fit[M]:
    """Climb from each start and return the highest top.

    `scale` holds the size that each parameter would naturally have (bounds are relative to it); `thin_surface`, the
    log-likelihood of fewer customers, brings the search near the top at little cost before all are asked.
    Raises NoConvergence when the log-likelihood is not finite at any start or the steps run out.
    """
    center = np.log(scale)
    low, high = center - REACH, center + REACH
    places = [np.log(start) for start in starts]
    if thin_surface is not None:
        places = [_best_climb(thin_surface, low, high, places).place]
    climb = _best_climb(surface, low, high, places)
    if not climb.arrived:
        raise NoConvergence(
            Sentence(
                _(
                    "The search for the parameters {names} did not settle after {steps} steps. Use a model with fewer "
                    "parameters, or take more customers or a longer period."
                ),
                names=", ".join(names),
                steps=f"{STEPS_MAX}",
            )
        )
    return _fit_at(climb, make, names, n)


def _best_climb(surface: Surface, low: Floats, high: Floats, places: list[Floats]) -> _Climb:
    best: _Climb | None = None
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        for place in places:
            climb = _Climb(surface, low, high, place)
            for _step in range(STEPS_MAX):
                if climb.arrived or not _is_finite(climb.here):
                    break
                climb.step()
            if _is_finite(climb.here) and (best is None or climb.here.value > best.here.value):
                best = climb
    if best is None:
        raise NoConvergence(
            Sentence(
                _(
                    "The likelihood of these numbers cannot be computed at any start: look for values that are off by "
                    "orders of magnitude, and say time in another unit (weeks rather than seconds)."
                )
            )
        )
    return best


def _newton_move(slope: Floats, hessian: Floats) -> Floats:
    size, axes = np.linalg.eigh(-hessian)
    size = np.maximum(np.abs(size), 1e-10 * max(1.0, float(np.abs(size).max())))
    move: Floats = axes @ ((axes.T @ slope) / size)
    return move


def _is_finite(seen: Curved) -> bool:
    return bool(np.isfinite(seen.value) and np.isfinite(seen.gradient).all() and np.isfinite(seen.hessian).all())


def _fit_at(climb: _Climb, make: Callable[..., M], names: tuple[str, ...], n: float) -> Fit[M]:
    parameters = np.exp(climb.place)
    held = (climb.place <= climb.low + AT_EDGE) | (climb.place >= climb.high - AT_EDGE)
    covariance, is_whole = _covariance(climb.here.hessian, held)
    errors = parameters * np.sqrt(np.diag(covariance))
    return Fit(
        model=make(*parameters.tolist()),
        log_likelihood=climb.here.value,
        standard_errors=dict(zip(names, errors.tolist(), strict=True)) if is_whole else {},
        covariance=covariance,
        converged=is_whole,
        messages=_messages(names, held, covariance, is_whole),
        n=n,
    )


def _covariance(hessian: Floats, held: Booleans) -> tuple[Floats, bool]:
    """Inverse of the observed information where it is curved, and whether it is curved in every direction."""
    free = np.flatnonzero(~held)
    size, axes = np.linalg.eigh(-hessian[np.ix_(free, free)])
    curved = size > FLAT
    covariance = np.zeros_like(hessian)
    covariance[np.ix_(free, free)] = (axes[:, curved] / size[curved]) @ axes[:, curved].T
    return covariance, bool(curved.all() and not held.any())


def _messages(names: tuple[str, ...], held: Booleans, covariance: Floats, is_whole: bool) -> tuple[Sentence, ...]:
    if held.any():
        return (
            Sentence(
                _(
                    "The data push {names} to the edge: what this parameter describes hardly varies between these "
                    "customers. Predictions hold; the parameter means nothing by itself. Compare with a simpler model."
                ),
                names=", ".join(np.array(names)[held].tolist()),
            ),
        )
    elif not is_whole:
        return (
            Sentence(
                _(
                    "The data do not tell {names} apart: several sets describe them equally well. Predictions hold; "
                    "standard errors cannot be given. Take more customers or a longer period."
                ),
                names=", ".join(names),
            ),
        )
    blurred = [name for name, error in zip(names, np.sqrt(np.diag(covariance)), strict=True) if error > BLURRED]
    if blurred:
        told = _("The data say little about {names}: the interval covers a factor of 50 and more.")
        return (Sentence(told, names=", ".join(blurred)),)
    return ()
