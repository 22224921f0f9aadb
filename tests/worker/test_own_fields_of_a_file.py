"""`fidelia import --own-fields`: columns that nothing known is are kept as custom fields."""

from __future__ import annotations

from pathlib import Path

import pytest

from fidelia.customers.models import Customer, TraitDefinition
from fidelia.customers.queries import custom_values_of_each_at
from fidelia.kernel import clock
from fidelia.worker import command

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = "".join(f"C{n},Name{n},{'dry' if n % 2 else 'oily'},{36 + n % 6},allergie au nickel\n" for n in range(12))
FILE = f"Customer code,Last name,Skin type,Shoe size,Remarks\n{ROWS}"


def test_they_are_declared_and_filled_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "customers.csv"
    path.write_text(FILE)
    told = ["import", str(path), "--yes", "--own-fields", "--rejects", str(tmp_path / "r.csv")]
    assert command.main(told) == 0
    assert {one.name: one.type for one in TraitDefinition.objects.all()} == {
        "custom.skin_type": "text", "custom.shoe_size": "number"
    }  # fmt: skip
    one = Customer.objects.get(family_name="Name7")
    assert custom_values_of_each_at([one.id], clock.now())[one.id] == {"skin_type": "dry", "shoe_size": 37}
    assert "left out: Remarks" in capsys.readouterr().out
    assert command.main(told) == 0  # the same file again: the fields are known by their names
    assert TraitDefinition.objects.count() == 2
