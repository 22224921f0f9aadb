"""The `fidelia` command: verbs, refusals in one sentence, and a start without Django."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fidelia import __version__
from fidelia.kernel.errors import Refused
from fidelia.worker import command
from fidelia.worker.errors import HeldByAnother, WrongVariable
from fidelia.worker.listening import Address, read_address, refuse_taken

from .conftest import ROOT, Run, environ_of


def test_each_verb_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for name in command.VERBS:
        verb = command.load_verb(name)
        assert verb.HELP
        with pytest.raises(SystemExit) as end:
            command.main([name, "--help"])
        assert end.value.code == 0
        assert f"fidelia {name}" in capsys.readouterr().out


ENDS = """
import atexit, sys, threading
from fidelia.worker import command
def run(argv=None):
    import duckdb
    atexit.register(print, "what others do as we end")
    {last}
command.main = run
command.enter()
"""


@pytest.mark.parametrize(
    ("last", "code"),
    [("return 0", 0), ("return 3", 3), ("sys.exit(2)", 2), ("sys.exit('said')", 1), ("raise ValueError", 1)],
)
def test_a_process_ends_with_its_code_and_without_a_word_of_duckdb(last: str, code: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ENDS.format(last=last)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (ended.returncode, ended.stdout) == (code, "what others do as we end\n")
    assert "nanobind" not in ended.stderr


def test_it_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["version"]) == 0
    assert capsys.readouterr().out.startswith(f"Fidelia {__version__} ")


@pytest.mark.parametrize("arguments", [[], ["dance"], ["backup"], ["restore", "f", "--replace", "--into-empty"]])
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command.main(arguments)

    assert end.value.code == 2
    assert "usage: fidelia" in capsys.readouterr().err


def test_a_wrong_option_is_answered_with_the_usage_of_its_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command.main(["report", "sales.csv", "--to", "there"])

    assert end.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("usage: fidelia report")
    assert "--output FOLDER" in told
    assert told.endswith("unrecognized arguments: --to there\n")


def test_a_refusal_is_one_sentence_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_name: str) -> command.Verb:
        raise Refused("The till is closed.")

    monkeypatch.setattr(command, "make_parser", _Parser)
    monkeypatch.setattr(command, "load_verb", refuse)

    assert command.main([]) == 1
    assert capsys.readouterr().err == "fidelia: The till is closed.\n"


class _Parser:
    def parse_known_args(self, _argv: object) -> tuple[object, list[str]]:
        return type("Arguments", (), {"verb": "close"})(), []


def test_our_own_mistakes_are_not_explained_away() -> None:
    assert command.explain(ValueError("a bug")) is None
    assert command.explain(PermissionError(13, "Permission denied", "/srv/x")) == "Permission denied: /srv/x"


@pytest.mark.parametrize("verb", ["version", "status", "stop"])
def test_it_starts_without_django(verb: str, tmp_path: Path) -> None:
    script = (
        "import sys; from fidelia.worker.command import main; code = main(sys.argv[1:]); "
        "sys.exit(99 if 'django' in sys.modules else code)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, verb], env=environ_of(tmp_path / "home"), cwd=ROOT, check=False
    )

    assert ended.returncode == {"status": 3}.get(verb, 0)


def test_nothing_runs_in_a_home_that_was_never_started(fidelia: Run, home: Path) -> None:
    assert fidelia("status").stdout == f"Nothing runs in {home}.\n"
    assert fidelia("stop").stdout == f"Nothing runs in {home}.\n"
    assert not home.exists()


def test_a_server_of_your_own_that_does_not_answer_is_said_in_one_line(fidelia: Run) -> None:
    ended = fidelia(
        "migrate", FIDELIA_DATABASE_URL="postgresql://me@/shop?host=/nowhere", FIDELIA_DATABASE_POOL_MAX="0"
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("fidelia: The database does not answer: ")
    assert ended.stderr.count("\n") == 1


def test_a_database_that_was_never_migrated_is_not_worked_with(fidelia: Run) -> None:
    ended = fidelia("create-user", "leonore@prison.example", "--name", "Léonore")

    assert ended.returncode == 1
    assert ended.stderr.endswith("fidelia: The database is not of this version yet: run `fidelia migrate` first.\n")


def test_a_wrong_setting_is_named(fidelia: Run) -> None:
    own = "postgresql://me@/shop?host=/nowhere"
    ended = fidelia("migrate", FIDELIA_DATABASE_URL=own, FIDELIA_DEBUG="perhaps")

    assert (ended.returncode, ended.stderr) == (1, "fidelia: FIDELIA_DEBUG is “perhaps”; write true or false.\n")


def test_where_to_listen_is_host_and_port() -> None:
    assert read_address({}) == Address("127.0.0.1", 8000)
    assert read_address({"FIDELIA_LISTEN": "[::1]:80"}) == Address("::1", 80)
    assert Address("0.0.0.0", 8000).url == "http://localhost:8000"
    for wrong in ("8000", ":8000", "localhost:http", "localhost:70000", "localhost:"):
        with pytest.raises(WrongVariable, match="write host:port"):
            read_address({"FIDELIA_LISTEN": wrong})


def test_a_port_that_another_program_has_is_named() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(HeldByAnother, match=f"cannot listen at 127.0.0.1:{port}"):
            refuse_taken(Address("127.0.0.1", port))
    refuse_taken(Address("127.0.0.1", port))
