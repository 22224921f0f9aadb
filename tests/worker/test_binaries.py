"""Which PostgreSQL may open which cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from fidelia.worker.errors import NoBinaries
from fidelia.worker.postgres.binaries import (
    Binaries,
    choose_binaries,
    find_client_binaries,
    list_binaries,
    read_cluster_major,
)

NEW = Binaries(Path("/new"), "18.4")
OLD = Binaries(Path("/old"), "16.14")


def test_the_wheel_brings_a_postgresql_that_says_what_it_is() -> None:
    assert [binaries.major for binaries in list_binaries({})] == [18, 16]


def test_a_new_cluster_is_made_by_the_newest() -> None:
    assert choose_binaries(None, [NEW, OLD]) == NEW


def test_a_cluster_is_opened_by_the_version_that_made_it() -> None:
    assert choose_binaries(16, [NEW, OLD]) == OLD


def test_a_cluster_of_a_version_that_is_not_at_hand_is_left_alone() -> None:
    with pytest.raises(NoBinaries) as refusal:
        choose_binaries(17, [NEW, OLD])

    assert refusal.value.message == (
        "The database was made by PostgreSQL 17, and only that version may open it; at hand is 18.4 and 16.14. "
        "Let FIDELIA_POSTGRES_BIN name the folder with the programs of PostgreSQL 17."
    )


def test_a_new_cluster_is_not_made_by_one_that_is_too_old() -> None:
    with pytest.raises(NoBinaries, match=r"14\.2 is too old: Fidelia needs 15 or newer"):
        choose_binaries(None, [Binaries(Path("/older"), "14.2")])


def test_a_folder_that_was_asked_for_is_the_only_one(tmp_path: Path) -> None:
    [binaries] = list_binaries({"FIDELIA_POSTGRES_BIN": str(list_binaries({})[1].folder)})
    assert binaries.major == 16

    with pytest.raises(NoBinaries, match="cannot be run"):
        list_binaries({"FIDELIA_POSTGRES_BIN": str(tmp_path)})


def test_a_server_newer_than_every_pg_dump_is_named() -> None:
    with pytest.raises(NoBinaries, match="The server is PostgreSQL 99, and pg_dump 18 at hand is older"):
        find_client_binaries(99, {})


def test_pg_version_is_read(tmp_path: Path) -> None:
    assert read_cluster_major(tmp_path) is None
    (tmp_path / "PG_VERSION").write_text("18\n", encoding="ascii")
    assert read_cluster_major(tmp_path) == 18
