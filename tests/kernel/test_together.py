"""Together: what hot calls ask at once travels in one trip, and each gets what it would have got alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import Any

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection

from fidelia.kernel import db, together
from fidelia.kernel.db import renew_connections, transaction_of_use_case
from fidelia.kernel.together import Kind, ask_in_set, ask_together, hot_call

pytestmark = pytest.mark.django_db(transaction=True)
WHERE = "select pg_backend_pid()::text, pg_current_xact_id()::text"
WRITE = "insert into together (id) values (%s) returning id::text"
DIVIDE = "insert into together (id) values (12 / %s::int) returning id::text"
STAY = "select pg_sleep(300)::text"
END_WHO_STAYS = """select pg_terminate_backend(pid) from pg_stat_activity
where query like %s and state = 'active' and pid <> pg_backend_pid() and datname = current_database()"""
Asked = tuple[Kind, str, Sequence[Any]]


@pytest.fixture(autouse=True)
def _none_left_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let calls wait for all that the test sends, however slow the machine is."""
    monkeypatch.setattr(together, "GATHERING_SECONDS", 60)
    monkeypatch.setattr(together, "PATIENCE_SECONDS", 60)
    renew_connections()
    as_owner("create table together (id integer primary key)", "grant all on together to public")
    yield
    renew_connections()
    as_owner("drop table together")


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who stays behind does not wait for others to come back."""
    monkeypatch.setattr(together, "GATHERING_SECONDS", 0.2)


def as_owner(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in ("set role none", *statements):
            cursor.execute(statement)
    connection.close()


def ask_all(*asked: Asked) -> list[Future[Any]]:
    """Ask each in a thread of its own; all of them travel together."""
    together._line.expected = len(asked)

    def act(one: Asked) -> Any:
        kind, statement, values = one
        with hot_call():
            return ask_together(statement, values, kind=kind, lock=str(values))

    with ThreadPoolExecutor(len(asked)) as pool:
        return [pool.submit(act, one) for one in asked]


def rows(*asked: Asked) -> list[Any]:
    return [one.result() for one in ask_all(*asked)]


def written() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("select id from together order by id")
        return [number for (number,) in cursor.fetchall()]


def test_what_is_asked_at_once_travels_in_one_transaction() -> None:
    assert len(set(rows(*[(Kind.WRITING, WHERE, [])] * 4))) == 1


def test_what_locks_rows_of_many_has_a_transaction_of_its_own() -> None:
    found = rows(*[(Kind.WRITING_APART, WHERE, [])] * 3, (Kind.WRITING, WHERE, []), (Kind.WRITING, WHERE, []))
    assert len({backend for backend, _transaction in found}) == 1
    assert len({transaction for _backend, transaction in found}) == 4


def test_each_gets_its_own_answer() -> None:
    numbers = range(6)
    assert rows(*[(Kind.READING, "select %s::int::text", [number]) for number in numbers]) == [
        (str(number),) for number in numbers
    ]


def test_a_lone_call_goes_by_itself_and_does_not_wait() -> None:
    together._line.expected = 0
    with hot_call():
        assert ask_together("select 7::text", [], kind=Kind.READING, lock="") == ("7",)
        assert ask_together("select null::text where false", [], kind=Kind.READING, lock="") is None


@pytest.mark.parametrize("kind", [Kind.WRITING, Kind.WRITING_APART])
def test_one_that_fails_among_good_ones_fails_alone(kind: Kind) -> None:
    good, bad, other = ask_all((kind, WRITE, [1]), (kind, DIVIDE, [0]), (kind, WRITE, [2]))
    with pytest.raises(DataError, match="division by zero"):
        bad.result()
    assert (good.result(), other.result(), written()) == (("1",), ("2",), [1, 2])


def test_a_value_that_cannot_be_sent_harms_nobody_else(soon: None) -> None:
    good, bad = ask_all((Kind.WRITING, WRITE, [1]), (Kind.READING, "select %s::text", ["\0"]))
    with pytest.raises(DataError):
        bad.result()
    assert (good.result(), written()) == (("1",), [1])


def test_the_same_key_twice_is_written_once() -> None:
    outcomes = [one.exception() for one in ask_all(*[(Kind.WRITING, WRITE, [5])] * 3, (Kind.WRITING, WRITE, [6]))]
    assert [type(error) for error in outcomes if error is not None] == [IntegrityError] * 2
    assert written() == [5, 6]


def test_who_reads_is_not_touched_by_a_writer_that_fails(soon: None) -> None:
    read, failed = ask_all((Kind.READING, "select 3::text", []), (Kind.WRITING, DIVIDE, [0]))
    assert read.result() == ("3",)
    assert isinstance(failed.exception(), DataError)


def test_a_lost_connection_is_told_to_all_who_travelled_by_it() -> None:
    ender = Thread(target=end_who_stays)
    ender.start()
    for one in ask_all((Kind.WRITING, "select 3::text", []), (Kind.WRITING, STAY, []), (Kind.WRITING, WRITE, [1])):
        with pytest.raises(OperationalError):
            one.result()
    ender.join()
    renew_connections()
    assert (written(), rows((Kind.WRITING, WRITE, [1]), (Kind.WRITING, WRITE, [2]))) == ([], [("1",), ("2",)])


def end_who_stays() -> None:
    with connection.cursor() as cursor:
        cursor.execute("set role none")
        ended: list[Any] = []
        while not ended:
            cursor.execute(END_WHO_STAYS, [f"%{STAY}%"])
            ended = cursor.fetchall()
    connection.close()


def test_a_lock_of_somebody_else_holds_up_only_who_needs_it() -> None:
    rows((Kind.WRITING, WRITE, [1]), (Kind.WRITING, WRITE, [2]))
    change = "update together set id = id + 10 where id = %s returning id::text"
    together._line.expected = 2

    def act(number: int) -> Any:
        with hot_call():
            return ask_together(change, [number], kind=Kind.WRITING, lock=str(number))

    with ThreadPoolExecutor(2) as pool:
        with transaction_of_use_case(), connection.cursor() as cursor:
            cursor.execute("select from together where id = 1 for update")
            waiting, free = pool.submit(act, 1), pool.submit(act, 2)
            assert free.result(timeout=60) == ("12",)
            assert not waiting.done()
        assert waiting.result(timeout=60) == ("11",)


def test_it_goes_on_after_the_driver_has_forgotten_what_was_prepared() -> None:
    rows(*[(Kind.READING, WHERE, [])] * 2)
    for plain in db._kept:
        plain.execute("deallocate all")
    assert len(set(rows(*[(Kind.READING, WHERE, [])] * 2))) == 2  # each alone, once
    assert len(set(rows(*[(Kind.READING, WHERE, [])] * 2))) == 1


def test_inside_a_transaction_it_belongs_to_that_transaction() -> None:
    def act() -> Any:
        with hot_call(), transaction_of_use_case():
            first = ask_together(WRITE, [9], kind=Kind.WRITING, lock="")
            return first, ask_together("select id::text from together", [], kind=Kind.READING, lock="")

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(act).result() == (("9",), ("9",))


# Each row begins with its place in the set; nothing of what is not above zero.
SET = """with asked as materialized (
    select * from rows from (json_to_recordset(%s::json) as (number integer)) with ordinality
), kept as (
    insert into together (id) select 12 / number from asked where number >= 0 order by number returning id
)
select ordinality::text, number::text, (select count(*) from asked)::text from asked where number >= 0"""


def sets(*numbers: int, locks: Sequence[str] = (), kind: Kind = Kind.WRITING) -> list[Future[Any]]:
    """Ask for each number in a thread of its own, as members of one set."""
    together._line.expected = len(numbers)

    def act(number: int, lock: str) -> Any:
        with hot_call():
            return ask_in_set(SET, [f'{{"number":{number}}}'], kind=kind, lock=lock)

    with ThreadPoolExecutor(len(numbers)) as pool:
        return [pool.submit(act, *one) for one in zip(numbers, locks or map(str, numbers), strict=True)]


def test_a_set_is_one_statement_and_each_gets_its_own_row() -> None:
    assert [one.result() for one in sets(3, -1, 6, 12)] == [("3", "4"), None, ("6", "4"), ("12", "4")]
    assert written() == [1, 2, 4]


def test_a_bad_one_of_a_set_fails_alone_and_the_others_are_written() -> None:
    good, bad, other, last = sets(3, 0, 6, 12)
    assert isinstance(bad.exception(), DataError)
    assert [one.result() for one in (good, other, last)] == [("3", "1"), ("6", "1"), ("12", "1")]
    assert written() == [1, 2, 4]


def test_two_that_lock_the_same_row_are_never_in_one_set() -> None:
    found = sorted(one.result() for one in sets(3, 4, 6, 12, locks=["a", "a", "b", "c"]))
    assert [count for _number, count in found].count("3") == 3
    assert [count for _number, count in found].count("1") == 1
    assert written() == [1, 2, 3, 4]


def test_who_locks_no_row_of_others_shares_a_set() -> None:
    assert {one.result()[1] for one in sets(3, 6, locks=["", ""])} == {"2"}


def test_a_lone_call_is_a_set_of_one() -> None:
    together._line.expected = 0
    with hot_call():
        assert ask_in_set(SET, ['{"number":3}'], kind=Kind.WRITING, lock="a") == ("3", "1")
        assert ask_in_set(SET, ['{"number":-3}'], kind=Kind.WRITING, lock="a") is None
    assert ask_in_set(SET, ['{"number":4}'], kind=Kind.WRITING, lock="a") == ("4", "1")


def test_who_writes_goes_before_who_reads() -> None:
    questions = [together._Question(kind, "", ("", ()), is_of_set=False) for kind in (Kind.READING, Kind.WRITING)]
    line = together._Line()
    line.waiting += questions
    assert line.begin_trip() == questions[1:]
    assert (line.waiting, line.expected) == (questions[:1], 2)  # those who wrote are expected back
    assert line.begin_trip() == questions[:1]


def test_elsewhere_it_is_asked_as_ever() -> None:
    ask: Callable[..., Any] = ask_together
    assert ask("select 1::text", [], kind=Kind.READING, lock="") == ("1",)
    assert (together._line.thinking, together._line.waiting, together._line.trips) == (0, [], 0)
