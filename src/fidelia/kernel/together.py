"""Together: the hot calls of a process go to the database together, in one trip. See ADR 0012.

    with hot_call():                      # a call arrives
        read = ask_together(…)            # it waits for the others that are on their way, then all are asked at once
        ...                               # each thinks by itself
        written = ask_together(…)

A trip begins as soon as no hot call of the process is thinking any more and as many wait as went together lately; so a
lone call goes at once. Each call gets what it would have got alone: where what was asked together fails, each asks
again by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from itertools import groupby
from threading import Lock, local
from typing import Any

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from .at_once import Asked, Row, ask_in_one_trip
from .db import ask, give_back_connection, is_observed, kept_connection

# So long a call waits for those that were with it lately and have not come again: a till whose purchase was answered
# sends its next one. Where they do not come, the next trip does not wait for them.
GATHERING_SECONDS = 0.0015
# So long at most a call waits for those that think, or for a trip that does not come back: then it goes with whoever
# waits beside it.
PATIENCE_SECONDS = 0.02
# So long a trip waits for a lock that somebody else holds: then only those ask again and wait who need it.
_LOCK_TIMEOUT: Asked = ("select set_config('lock_timeout', '50', true)", ())


class Kind(Enum):
    """In whose transaction a statement is executed when it travels with others; the value is the order of a trip."""

    READING = 1  # with all that read
    WRITING = 2  # with all that write so: it locks nothing but what `lock` names and what only this call knows
    WRITING_APART = 3  # in its own: it locks rows that many share, as a piece of stock


class _State(Enum):
    WAITING = 1
    TRAVELLING = 2
    ANSWERED = 3
    ALONE = 4


@dataclass(slots=True, eq=False)
class _Question:
    kind: Kind
    lock: str
    asked: Asked
    state: _State = _State.WAITING
    row: Row = None
    error: Exception | None = None
    bell: Lock = field(default_factory=Lock)

    def ring(self) -> None:
        if self.bell.locked():
            self.bell.release()


class _Here(local):
    is_hot = False


class _Line:
    """The hot calls of this process: who waits, how many think, how many trips are under way. Under its gate."""

    def __init__(self) -> None:
        self.gate = Lock()
        self.waiting: list[_Question] = []
        self.thinking = 0
        self.trips = 0
        self.expected = 0  # how many were here at once since the last trip began

    def enter(self) -> None:
        with self.gate:
            self.thinking += 1
            self.expected = max(self.expected, self.thinking + len(self.waiting))

    def join(self, question: _Question) -> None:
        with self.gate:
            question.bell.acquire()
            self.waiting.append(question)
            self.thinking -= 1

    def leave(self) -> None:
        with self.gate:
            self.thinking -= 1
            if self.waiting and self.all_wait():
                self.waiting[0].ring()

    def all_wait(self) -> bool:
        return not self.thinking and not self.trips

    def begin_trip(self) -> list[_Question]:
        trip = sorted(self.waiting, key=lambda one: (one.kind.value, one.lock))
        self.waiting.clear()
        self.trips += 1
        self.expected = len(trip)
        for one in trip:
            one.state = _State.TRAVELLING
        return trip

    def end_trip(self, trip: Sequence[_Question]) -> None:
        with self.gate:
            self.trips -= 1
            self.thinking += len(trip)
            for one in trip:
                if one.state is _State.TRAVELLING:
                    one.state = _State.ANSWERED
                one.ring()


_here, _line = _Here(), _Line()


@contextmanager
def hot_call() -> Iterator[None]:
    """Count the caller among the hot calls, so that others wait for it; give back the connection that it opened."""
    _line.enter()
    _here.is_hot = True
    try:
        yield
    finally:
        _here.is_hot = False
        _line.leave()
        give_back_connection()


def ask_together(statement: str, values: Sequence[Any], *, kind: Kind, lock: str) -> Any:
    """Execute a statement as `kernel.db.ask` does, together with those of other hot calls; elsewhere just as it does.

    `lock` names the first row that it locks and that others may lock too: statements of a kind travel in that order, so
    that no two trips wait for one another. Raises what `ask` raises.
    """
    if not _here.is_hot or is_observed():
        return ask(statement, values)
    question = _Question(kind, lock, (statement, values))
    _line.join(question)
    trip = _wait(question)
    if trip is not None:
        _travel(trip)
    if question.state is _State.ALONE:
        with kept_connection():
            return ask(statement, values)
    if question.error is not None:
        raise question.error
    return question.row


def _wait(question: _Question) -> list[_Question] | None:
    """Return the trip to make, where it is this call that makes it; None once another has."""
    while True:
        with _line.gate:
            if question.state not in (_State.WAITING, _State.TRAVELLING):
                return None
            is_ready = question.state is _State.WAITING and _line.all_wait()
            if is_ready and len(_line.waiting) >= _line.expected:
                return _line.begin_trip()
        is_rung = question.bell.acquire(timeout=GATHERING_SECONDS if is_ready else PATIENCE_SECONDS)
        with _line.gate:
            if not is_rung and question.state is _State.WAITING and (_line.all_wait() or not is_ready):
                return _line.begin_trip()


def _travel(trip: list[_Question]) -> None:
    try:
        _ask_all(trip)
    except OperationalError as error:  # nobody knows what was done
        for one in trip:
            one.error = error
    except Exception:  # nothing was done: whose fault it is comes out when each asks again
        for one in trip:
            one.state = _State.ALONE
    finally:
        _line.end_trip(trip)


def _ask_all(trip: list[_Question]) -> None:
    if len(trip) == 1:
        trip[0].state = _State.ALONE
        return
    groups = [list(group) for _key, group in groupby(trip, _transaction_of)]
    opened = connections[DEFAULT_DB_ALIAS]
    with kept_connection(), opened.wrap_database_errors:
        opened.ensure_connection()
        answers = ask_in_one_trip(opened.connection, [_transaction(group) for group in groups])
    for group, rows in zip(groups, answers, strict=True):
        for place, one in enumerate(group):
            if rows is None:
                one.state = _State.ALONE
            else:
                one.row = rows[place - len(group)]


def _transaction_of(question: _Question) -> object:
    return question if question.kind is Kind.WRITING_APART else question.kind


def _transaction(group: list[_Question]) -> list[Asked]:
    asked = [one.asked for one in group]
    return asked if group[0].kind is Kind.READING else [_LOCK_TIMEOUT, *asked]
