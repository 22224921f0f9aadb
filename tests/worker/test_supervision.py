"""Keeping processes alive: started again with a pause, given up after some times, leaving no orphan."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from uuid import uuid4

import pytest

from fidelia.worker import supervision
from fidelia.worker.loops import run_loops
from fidelia.worker.processes import MARK, end_all, find_marked, is_alive, wait_until
from fidelia.worker.supervision import Child, keep_alive, stop_in_order

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
FAIL = [sys.executable, "-c", "raise SystemExit(7)"]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(supervision, "LOOK_SECONDS", 0.01)


def test_a_child_that_does_not_stay_alive_is_given_up() -> None:
    said: list[str] = []
    children = [Child("web", SLEEP, dict(os.environ)), Child("work", FAIL, dict(os.environ))]

    assert not keep_alive(children, threading.Event(), lambda: None, said.append)
    stop_in_order(children, said.append)

    assert said[0] == "`fidelia work` ended with code 7; it is started again in 0 s."
    assert said[-1] == "`fidelia work` ended with code 7, for the 6th time in a row; it is given up."
    assert len(said) == supervision.FAILURES_MAX + 1


def test_a_child_that_is_killed_is_started_again() -> None:
    said: list[str] = []
    stop = threading.Event()
    child = Child("web", SLEEP, dict(os.environ))
    pids: list[int] = []

    def look() -> None:
        process = child.process
        if process is not None and process.pid not in pids:
            pids.append(process.pid)
            if len(pids) == 1:
                process.kill()
            else:
                stop.set()

    assert keep_alive([child], stop, look, said.append)
    stop_in_order([child], said.append)

    assert said == ["`fidelia web` was ended by signal 9; it is started again in 0 s."]
    assert not any(map(is_alive, pids))


def test_what_a_killed_child_had_started_ends_with_it(tmp_path: Path) -> None:
    left = tmp_path / "pid"
    parent = (
        f"import subprocess, sys, time; p = subprocess.Popen({SLEEP!r}); "
        f"open({str(left)!r}, 'w').write(str(p.pid)); time.sleep(600)"
    )
    stop = threading.Event()
    child = Child("web", [sys.executable, "-c", parent], dict(os.environ))
    orphans: list[int] = []

    def look() -> None:
        if not orphans and left.exists() and left.read_text(encoding="ascii"):
            orphans.append(int(left.read_text(encoding="ascii")))
            assert child.process is not None
            child.process.kill()
        elif orphans and child.process is not None and child.failures:
            stop.set()

    keep_alive([child], stop, look, lambda _sentence: None)
    stop_in_order([child], lambda _sentence: None)

    assert wait_until(lambda: not is_alive(orphans[0]), seconds_max=60)


def test_processes_are_found_by_their_mark() -> None:
    mark = f"don-fernando-{uuid4()}"
    with subprocess.Popen(SLEEP, env=os.environ | {MARK: mark}) as marked:
        assert find_marked(mark) == [marked.pid]
        assert find_marked(f"rocco-{uuid4()}") == []
        end_all([marked.pid], seconds_max=60)
        assert marked.wait() == -15


def test_a_process_that_does_not_want_to_end_is_made_to() -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        end_all([process.pid], seconds_max=0.2)
        assert process.wait() == -9


def test_loops_run_side_by_side_until_told_to_stop() -> None:
    stop, met = threading.Event(), threading.Barrier(3)

    def loop(event: threading.Event) -> None:
        met.wait()
        event.wait()

    def stop_when_both_run() -> None:
        met.wait()
        stop.set()

    threading.Thread(target=stop_when_both_run).start()

    assert run_loops([loop, loop], stop)


def test_a_loop_that_fails_ends_the_others_and_the_process() -> None:
    def patient(event: threading.Event) -> None:
        event.wait()

    def failing(_event: threading.Event) -> None:
        raise OSError("no more")

    assert not run_loops([patient, failing], threading.Event())


def test_a_loop_that_ends_by_itself_has_failed() -> None:
    assert not run_loops([lambda _event: None], threading.Event())
