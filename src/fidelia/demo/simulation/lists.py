"""The invented shop's own lists: names, towns and articles, read once from the files beside."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources


@cache
def read_list(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of `demo/lists/<name>.csv`, as texts by column."""
    text = resources.files("fidelia.demo").joinpath("lists", f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
