"""The setting that names a Spark: a refresh writes the same traits and the same chapters as by DuckDB."""

from __future__ import annotations

import random
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fidelia.customers.models import Trait
from fidelia.insight.errors import SparkMissing
from fidelia.insight.measures import spark
from fidelia.insight.models import Chapter, FactExport, RfmScore
from fidelia.insight.operations import refresh, write_chapters
from tests.cast import AT, actor_with
from tests.insight.shop import buy, customers, open_shop, purchase

pytestmark = pytest.mark.django_db(transaction=True)
ROCCO = actor_with("insight.*", label="Rocco")


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"


def history() -> None:
    """A hundred and twenty people of different rhythms, by day and by night, some returns, some sales to nobody."""
    open_shop()
    drawn, rows = random.Random(1805), []
    for person in customers(120):
        day, rhythm = drawn.uniform(1, 400), drawn.choice((15, 30, 60, 200))
        while day < 700:
            at = AT - timedelta(days=720 - day, minutes=drawn.randrange(1_440))
            sale = purchase(person, drawn.randrange(500, 9_000), at)
            rows.append(sale)
            if drawn.random() < 0.05:
                back = {"kind": "return", "returns_purchase_id": sale.pk}
                rows.append(purchase(person, -sale.total, at + timedelta(days=3), **back))
            day += drawn.expovariate(1 / rhythm)
    rows += [purchase(None, 1_000, AT - timedelta(days=day)) for day in range(1, 300, 9)]
    buy(rows)


def written() -> tuple[set[tuple[UUID, str, Any, Any, Any]], set[tuple[Any, ...]], list[Any]]:
    Trait.objects.all().delete()
    done = refresh(by=ROCCO, at=AT)
    write_chapters(by=ROCCO, at=AT, refresh=done)
    traits = set(
        Trait.objects.filter(valid_until=None).values_list("customer_id", "name", "number", "text", "valid_from")
    )
    scores = set(RfmScore.objects.values_list("customer_id", "last_sale_at", "recency_days", "frequency", "amount"))
    return (
        traits,
        scores,
        list(Chapter.objects.order_by("language", "position").values_list("key", "finding", "offers")),
    )


@pytest.mark.slow
@pytest.mark.timeout(1800)  # a plan of Spark costs what a whole chapter does otherwise
def test_a_refresh_on_spark_writes_what_one_by_duckdb_writes(settings: Any) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'fidelia[spark]'")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17 or newer, and there is none")
    history()
    by_duckdb = written()
    settings.SPARK = "local[2]"
    used = spark._users
    by_spark = written()
    assert {name for _who, name, *_rest in by_spark[0]} >= {"rfm_segment", "lifecycle_stage", "expected_value"}
    assert by_spark == by_duckdb
    assert spark._users == used


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("cluster-of-mine", "write the address of a master"),
        ("local[0]", "write the address of a master"),
        ("local[2]", "pyspark is not installed"),
    ],
)
def test_a_spark_that_is_not_there_is_said_before_anything_is_exported(
    settings: Any, monkeypatch: pytest.MonkeyPatch, named: str, said: str
) -> None:
    open_shop()
    settings.SPARK = named
    monkeypatch.setattr(spark.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(SparkMissing, match=said):
        refresh(by=ROCCO, at=AT)
    assert not FactExport.objects.exists()


def test_java_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(spark.importlib.util, "find_spec", lambda _name: object())
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SparkMissing, match="no Java 17"):
        spark.look_for_spark("spark://master:7077")
