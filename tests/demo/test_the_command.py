"""`fidelia demo` as a person meets it: it fills and says how to log in, and never touches what is somebody's."""

from __future__ import annotations

import re

import pytest

from tests.worker.conftest import Run, fidelia, home, migrated_home

__all__ = ["fidelia", "home", "migrated_home"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_it_fills_once_and_then_finds_the_shop_there(fidelia: Run) -> None:
    first = fidelia("demo", "--customers", "100", "--no-serve", "--password", "O namenlose Freude!")
    assert first.returncode == 0, first.stderr
    assert "http://localhost:8000/console/" in first.stdout
    assert "sophie.berthier@maison-eleonore.example" in first.stdout
    assert "O namenlose Freude!" in first.stdout
    assert re.search(r"^  live_[0-9a-f]{16}_", first.stdout, re.MULTILINE)
    again = fidelia("demo", "--no-serve")
    assert again.returncode == 0, again.stderr
    assert "is here already" in again.stdout
    assert "O namenlose Freude!" in again.stdout
    assert "live_" not in again.stdout
    doctor = fidelia("doctor", "--ledger")
    assert "Every account of the ledger adds up" in doctor.stdout
    assert doctor.returncode == 0, doctor.stdout


@pytest.mark.usefixtures("migrated_home")
def test_it_refuses_an_installation_that_somebody_uses(fidelia: Run) -> None:
    founded = fidelia(
        *("set-up", "--name", "Chez Rocco", "--country", "FR", "--currency", "EUR", "--time-zone", "Europe/Paris"),
    )
    assert founded.returncode == 0, founded.stderr
    refused = fidelia("demo", "--customers", "100", "--no-serve")
    assert refused.returncode == 1
    assert "holds data already" in refused.stderr


def test_a_number_of_customers_out_of_bounds_is_wrong_usage(fidelia: Run) -> None:
    refused = fidelia("demo", "--customers", "3")
    assert refused.returncode == 2
    assert "from 100 to 500,000" in refused.stderr
