"""Where an installation keeps its things, for root and for an ordinary user."""

from __future__ import annotations

from pathlib import Path

import pytest

from fidelia.worker.postgres.paths import (
    SOCKET_FOLDER_BYTES_MAX,
    database_url,
    find_home,
    find_places,
    short_hash,
    socket_url,
)

SHORT = Path("/srv/shop")


def test_a_named_home_is_taken(tmp_path: Path) -> None:
    assert find_home({"FIDELIA_HOME": "/srv/shop/../shop"}, tmp_path) == SHORT


def test_a_checkout_keeps_its_data_inside_also_when_asked_from_a_folder_below(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "fidelia"\n', encoding="utf-8")
    below = tmp_path / "docs" / "adr"
    below.mkdir(parents=True)

    assert find_home({}, below) == tmp_path / ".fidelia"


def test_the_project_of_somebody_else_is_no_checkout(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\ndependencies = ["fidelia"]\n', encoding="utf-8")

    assert find_home({}, tmp_path) == Path.home() / ".local" / "share" / "fidelia"


def test_an_ordinary_user_keeps_everything_in_the_home() -> None:
    places = find_places(SHORT, uid=1000)

    assert places.data == Path("/srv/shop/postgres/data")
    assert places.socket_folder == Path("/srv/shop/postgres/socket")
    assert places.uid == 1000
    assert places.binaries_base is None


def test_root_keeps_the_cluster_outside_for_an_account_without_rights() -> None:
    places = find_places(SHORT, uid=0)

    assert places.data == Path("/var/lib/fidelia") / short_hash(SHORT) / "data"
    assert places.socket_folder == Path("/var/lib/fidelia") / short_hash(SHORT) / "socket"
    assert (places.uid, places.gid) == (65534, 65534)
    assert places.leases == Path("/srv/shop/run/leases")


@pytest.mark.parametrize("length", [1, SOCKET_FOLDER_BYTES_MAX - 16, SOCKET_FOLDER_BYTES_MAX, 300])
def test_the_socket_always_has_a_name_short_enough_for_linux(length: int) -> None:
    folder = find_places(Path("/") / ("é" * (length // 2) or "x"), uid=1000).socket_folder

    assert len(bytes(folder / ".s.PGSQL.5432.lock")) <= 107


def test_two_homes_have_two_clusters() -> None:
    assert find_places(Path("/a"), uid=0).base != find_places(Path("/b"), uid=0).base


def test_the_address_leads_to_the_socket_and_to_no_port_of_the_network() -> None:
    assert socket_url(find_places(SHORT, uid=1000)) == (
        "postgresql://fidelia@/fidelia?host=%2Fsrv%2Fshop%2Fpostgres%2Fsocket&port=5432"
    )


def test_a_server_of_your_own_goes_before_the_embedded_one() -> None:
    own = "postgresql://me@db.example/shop"

    assert database_url(SHORT, {"FIDELIA_DATABASE_URL": own}) == own
    assert database_url(SHORT, {"FIDELIA_DATABASE_URL": ""}) == socket_url(find_places(SHORT))
