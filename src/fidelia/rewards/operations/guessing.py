"""Nobody guesses codes: after so many wrong ones whoever asks waits, also for right ones, or the wait would tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from fidelia.access.operations import check_failures, count_failure
from fidelia.kernel.actor import Actor

GUESSES = 30
GUESSED_IN = timedelta(minutes=10)
_KIND = "code look-up"


def guesser_of(by: Actor) -> str:
    """Who is held to have typed what a caller sends."""
    return f"{by.kind}:{by.id}"


def check_guesser(subject: str, *, at: datetime) -> None:
    """Let one ask who typed few wrong codes of late. Outside a transaction. Raises RateLimited."""
    check_failures(kind=_KIND, subject=subject, limit=GUESSES, period=GUESSED_IN, at=at)


def count_wrong_code(subject: str, *, at: datetime) -> None:
    """Count a code that nothing has. Outside a transaction."""
    count_failure(kind=_KIND, subject=subject, limit=GUESSES, period=GUESSED_IN, at=at)


def count_wrong_codes(subject: str, codes: Iterable[str], known: Mapping[str, Any], *, at: datetime) -> None:
    """Count those of the codes of a basket that neither a coupon, nor a voucher, nor a gift card has.

    `known` is what `rewards_for_rules` told of the basket.
    """
    told = {**known.get("codes", {}), **known.get("gift_cards", {})}
    for code in dict.fromkeys(codes):
        if told.get(code, {}).get("state", "unknown") == "unknown":
            count_wrong_code(subject, at=at)
