"""Homes of their own for the tests of the embedded PostgreSQL; nothing of them stays."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from fidelia.worker.postgres import stop_for_all
from fidelia.worker.postgres.paths import find_places
from fidelia.worker.processes import find_working_in

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """An installation that has never been started."""
    home = tmp_path / "home"
    yield home
    forget(home)


def forget(home: Path) -> None:
    """Stop what runs in a home, and remove what root keeps elsewhere."""
    subprocess.run([sys.executable, "-m", "fidelia.worker", "stop"], env=environ_of(home), check=True, cwd=ROOT)
    stop_for_all(home)
    places = find_places(home)
    assert find_working_in(places.data) == []
    shutil.rmtree(places.base, ignore_errors=True)
    for aside in places.base.parent.glob(f"{places.base.name}-of-removed-home-*"):
        shutil.rmtree(aside)


def environ_of(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a `fidelia` command in this home, with the embedded PostgreSQL."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FIDELIA_", "DJANGO_"))}
    return kept | {"FIDELIA_HOME": str(home), "PYTHONPATH": str(ROOT / "src")} | dict(more or {})


@pytest.fixture
def fidelia(home: Path, tmp_path: Path) -> Run:
    """Run a `fidelia` command to its end in this home, from a folder that is no checkout."""

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fidelia.worker", *arguments],
            env=environ_of(home, more),
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    return run
