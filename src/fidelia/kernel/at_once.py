"""Ask PostgreSQL by libpq itself, with statements that it reads and plans once per connection. See the Note below.

For the statements of the hottest calls, whose text never changes and whose columns are texts, outside a transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import Connection, DataError, OperationalError
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.generators import fetch_many, send
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import wait

Row = tuple[str | None, ...]
Asked = tuple[str, Sequence[Any]]  # a statement and its values
SECONDS_BETWEEN_LOOKS = 10.0  # at whether Python wants to stop, while we wait for an answer

_prepared: WeakKeyDictionary[Connection[Any], dict[str, bytes]] = WeakKeyDictionary()
_numbers = count()


def ask_at_once(opened: Connection[Any], statement: str, values: Sequence[Any]) -> list[Row]:
    """Execute a statement; return its rows. Raises what the driver raises."""
    texts = _texts(values)
    try:
        result = _execute_prepared(opened, statement, texts)
    except InvalidSqlStatementName:
        # After a ROLLBACK or a DROP the driver forgets all that it has prepared, by DEALLOCATE ALL, and ours with it.
        # Nothing was executed, so it is prepared anew.
        _prepared.pop(opened, None)
        result = _execute_prepared(opened, statement, texts)
    return _rows_of(result)


def ask_in_one_trip(opened: Connection[Any], transactions: Sequence[Sequence[Asked]]) -> list[list[list[Row]] | None]:
    """Execute several transactions of such statements, one after the other, by one way to the server and back.

    Return the rows of each statement; None for a transaction of which a statement failed, and which therefore was
    rolled back: who wants to know why asks again. The others are not touched by it. Raises OperationalError where the
    connection is lost, and nobody knows which were committed.
    """
    server = opened.pgconn
    ready = [[(_name_of(opened, statement), _texts(values)) for statement, values in one] for one in transactions]
    server.enter_pipeline_mode()
    for one in ready:
        for name, texts in one:
            server.send_query_prepared(name, texts)
        server.pipeline_sync()
    # The driver's connections never wait to send: what the socket does not take at once stays here until it is flushed,
    # and reading alone does not. A trip of some hundred kilobytes would hang, in the middle of a transaction.
    wait(send(server), server.socket, SECONDS_BETWEEN_LOOKS)
    results = [_results_of(server, len(one)) for one in ready]
    server.exit_pipeline_mode()
    if server.status == ConnStatus.BAD:
        raise OperationalError("the connection is lost")
    answers = [_answers_of(one) for one in results]
    if None in answers:  # perhaps because what was prepared is forgotten
        _prepared.pop(opened, None)
    return answers


def _results_of(server: PGconn, statements: int) -> list[PGresult]:
    """Return the results of a transaction, once it has ended."""
    found = [wait(fetch_many(server), server.socket, SECONDS_BETWEEN_LOOKS) for _one in range(statements + 1)]
    if not all(found):
        raise OperationalError("the connection is lost")
    return [results[0] for results in found[:-1]]


def _answers_of(results: Sequence[PGresult]) -> list[list[Row]] | None:
    return [_rows_of(result) for result in results] if all(map(_is_good, results)) else None


def _rows_of(result: PGresult) -> list[Row]:
    columns = range(result.nfields)
    return [tuple([_text_of(result.get_value(row, column)) for column in columns]) for row in range(result.ntuples)]


def _text_of(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def _execute_prepared(opened: Connection[Any], statement: str, texts: list[Any]) -> PGresult:
    server = opened.pgconn
    return _check(server, server.exec_prepared(_name_of(opened, statement), texts))


def _name_of(opened: Connection[Any], statement: str) -> bytes:
    """Return the name under which the server keeps a statement; unless it knows it, it learns it."""
    names = _prepared.setdefault(opened, {})
    name = names.get(statement)
    if name is None:
        # Never a name that was used before: what is forgotten here is not always forgotten there.
        name = b"fidelia_%d" % next(_numbers)
        _check(opened.pgconn, opened.pgconn.prepare(name, _numbered(statement)))
        names[statement] = name
    return name


def _is_good(result: PGresult) -> bool:
    return result.status in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


def _check(server: PGconn, result: PGresult) -> PGresult:
    if not _is_good(result):
        # An error without a code is libpq's own: it says in words that the connection is lost, sometimes before its
        # status does.
        if server.status == ConnStatus.BAD or result.error_field(DiagnosticField.SQLSTATE) is None:
            raise OperationalError("the connection is lost")
        raise error_from_result(result, encoding="utf-8")
    return result


def _numbered(statement: str) -> bytes:
    """Write placeholders as the server reads them: $1, $2, …"""
    first, *others = statement.split("%s")
    return "".join([first, *(f"${number}{part}" for number, part in enumerate(others, 1))]).encode()


def _texts(values: Sequence[Any]) -> list[Any]:
    """Return values as they are sent. None is a null; the driver's types forget it."""
    return [_as_text(value) for value in values]


def _as_text(value: Any) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        text = hex_of(value)
    elif isinstance(value, list):
        text = "{" + ",".join([_quoted(part) for part in value]) + "}"
    else:
        text = str(value)
    if "\0" in text:  # libpq would stop reading there
        raise DataError("a text of PostgreSQL holds no NUL character")
    return text.encode()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def hex_of(value: bytes) -> str:
    """Return bytes as PostgreSQL reads them in JSON and in text."""
    return "\\x" + value.hex()


# Note [At once]
#
# A cursor of the driver takes 17 us of CPU and 2 us for each value, Django's around it 10 us; libpq by the driver's own
# `pq` takes 4 us and 0.3 us. In a transaction it is left to the cursor, which knows of BEGIN and of what has failed; so
# it is where statements are counted. An error is the driver's, and comes out as Django's either way.
