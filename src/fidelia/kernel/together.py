"""Together: the hot calls of a process go to the database together, in one trip. See ADR 0012.

    with hot_call():                      # a call arrives
        read = ask_together(…)            # it waits for the others that are on their way, then all are asked at once
        ...                               # each thinks by itself
        written = ask_together(…)

What is asked as a set (`ask_in_set`) by several is one statement, which reads or writes for all of them at once.

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
from .db import ask, ask_all, give_back_connection, is_observed, kept_connection

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
    is_of_set: bool
    state: _State = _State.WAITING
    row: Row | None = None
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
        # Who writes goes first, and comes back to read with those who stay: a large set costs little more than a small.
        writing = [one for one in self.waiting if one.kind is not Kind.READING]
        staying = [one for one in self.waiting if one.kind is Kind.READING] if writing else []
        trip = sorted(writing or self.waiting, key=lambda one: (one.kind.value, one.lock))
        self.trips += 1
        self.expected = len(self.waiting)
        self.waiting = staying
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
    return _ask(_Question(kind, lock, (statement, values), is_of_set=False))


def ask_in_set(statement: str, parts: Sequence[str], *, kind: Kind, lock: str) -> Any:
    """Execute a statement that takes JSON arrays, with the elements that other hot calls hand to the same statement.

    `parts` has the elements for each array, between commas; each row of the answer begins with the place of the call in
    the set, counted from 1, and it gets the rest of its row, or None where there is none. A lone call is a set of one.
    Those that lock the same first row (`lock`, unless it is empty) are never in one set. Else as `ask_together`.
    """
    return _ask(_Question(kind, lock, (statement, parts), is_of_set=True))


def _ask(question: _Question) -> Any:
    if not _here.is_hot or is_observed():
        return _ask_alone(question)
    _line.join(question)
    while (trip := _wait(question)) is not None:  # perhaps of others, who go before this one
        _travel(trip)
    if question.state is _State.ALONE:
        with kept_connection():
            return _ask_alone(question)
    if question.error is not None:
        raise question.error
    return question.row


def _ask_alone(question: _Question) -> Any:
    if not question.is_of_set:
        return ask(*question.asked)
    rows = ask_all(*_asked_as_set([question]))
    return rows[0][1:] if rows else None


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


def _travel_alone(trip: list[_Question]) -> None:
    for one in trip:
        one.state = _State.ALONE


def _ask_all(trip: list[_Question]) -> None:
    travelling = _of_different_rows(trip)
    if len(travelling) == 1:
        _travel_alone(trip)
        return
    transactions = [_sets_of(list(group)) for _key, group in groupby(travelling, _transaction_of)]
    opened = connections[DEFAULT_DB_ALIAS]
    with kept_connection(), opened.wrap_database_errors:
        opened.ensure_connection()
        answers = ask_in_one_trip(opened.connection, [_asked_of(sets) for sets in transactions])
    for sets, answer in zip(transactions, answers, strict=True):
        if answer is None:
            _travel_alone([one for members in sets for one in members])
        else:
            for members, rows in zip(sets, answer[-len(sets) :], strict=True):
                _hand_out(members, rows)


def _of_different_rows(trip: list[_Question]) -> list[_Question]:
    """Return those that travel: of those of a set that lock the same row the first. The others go by themselves."""
    found: dict[object, _Question] = {}
    for one in trip:
        is_apart = not one.is_of_set or one.kind is Kind.READING or not one.lock
        if found.setdefault(one if is_apart else one.lock, one) is not one:
            one.state = _State.ALONE
    return list(found.values())


def _sets_of(group: list[_Question]) -> list[list[_Question]]:
    """Return the statements of a transaction, in the order of their first rows, each with those who ask it.

    A set locks the rows of all its members, in their order. Where other statements travel with one that waits without
    limit, as those that read do, only those of one row are a set: so every trip locks rows in the same order.
    """
    is_mixed = len({one.asked[0] for one in group}) > 1 and group[0].kind is Kind.READING
    sets: dict[object, list[_Question]] = {}
    for one in group:
        sets.setdefault((one.asked[0], one.lock if is_mixed else "") if one.is_of_set else one, []).append(one)
    return list(sets.values())


def _hand_out(members: list[_Question], rows: list[Row]) -> None:
    if not members[0].is_of_set:
        members[0].row = rows[0] if rows else None
    for place, *row in rows if members[0].is_of_set else ():
        members[int(place or 0) - 1].row = tuple(row)


def _transaction_of(question: _Question) -> object:
    return question if question.kind is Kind.WRITING_APART else question.kind


def _asked_of(sets: list[list[_Question]]) -> list[Asked]:
    asked = [_asked_as_set(members) if members[0].is_of_set else members[0].asked for members in sets]
    return asked if sets[0][0].kind is Kind.READING else [_LOCK_TIMEOUT, *asked]


def _asked_as_set(members: list[_Question]) -> Asked:
    parts = zip(*[one.asked[1] for one in members], strict=True)
    return members[0].asked[0], [f"[{','.join(filter(None, elements))}]" for elements in parts]
