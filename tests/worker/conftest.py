"""Homes of their own for the tests of the embedded PostgreSQL; nothing of them stays."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fidelia.worker.postgres.paths import Places, find_places
from tests.homes import ROOT, begin_with, environ_of, forget

__all__ = ["ROOT", "begin_with", "environ_of", "forget"]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """An installation that has never been started."""
    home = tmp_path / "home"
    yield home
    forget(home)


@pytest.fixture
def migrated_home(home: Path, migrated: Places) -> Path:
    """An installation of its own that was migrated and never started since."""
    begin_with(migrated, find_places(home))
    return home


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
