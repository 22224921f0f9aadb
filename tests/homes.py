"""Installations with an embedded PostgreSQL of their own, and one that was migrated for all of a run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from fidelia.worker.postgres import stop_for_all
from fidelia.worker.postgres.folders import make_private, prepare_folders
from fidelia.worker.postgres.paths import Places, find_places
from fidelia.worker.processes import find_working_in

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """An installation that was migrated and stopped. Others begin with a copy of its cluster: migrating takes long."""
    home = tmp_path_factory.mktemp("migrated") / "home"
    command = [sys.executable, "-m", "fidelia.worker", "migrate"]
    subprocess.run(command, env=environ_of(home), check=True, cwd=home.parent)
    yield find_places(home)
    forget(home)


def begin_with(migrated: Places, places: Places) -> None:
    """Give an installation that was never started the cluster of another, which is stopped."""
    if places.uid == os.geteuid() or places.binaries_base is not None:
        prepare_folders(places)
    else:  # root prepares the home of somebody else
        for folder in (places.home, places.base):
            make_private(folder, places.uid, places.gid)
    subprocess.run(["cp", "--archive", migrated.data, places.data], check=True)
    if places.binaries_base is not None:
        places.marker.parent.mkdir(exist_ok=True)
        places.marker.write_text(f"{places.base}\n", encoding="utf-8")


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
