"""Print what of the header rows in tests/intake/corpus is not proposed as what it is, and how many columns are.

Usage: python tools/import_corpus.py
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fidelia.config.settings")

import django

django.setup()

from tests.intake.corpus import entries  # noqa: E402 - Django is set up before
from tests.intake.test_corpus import judged, proposed  # noqa: E402 - Django is set up before


def main() -> None:
    """Print what is not right, and how many columns of each kind of file are."""
    counts: dict[str, Counter[str]] = {}
    with TemporaryDirectory() as folder:
        for entry in entries():
            told = judged(entry, proposed(Path(folder), entry))
            counts.setdefault(entry.kind, Counter()).update(one[0] for one in told)
            for verdict, name, known, taken in told:
                if verdict != "right":
                    print(f"{verdict:8} {entry.kind}: {entry.of} · {name} is {known}, taken for {taken or 'nothing'}")
    for kind, count in {**counts, "all": sum(counts.values(), Counter())}.items():
        print(kind, dict(count))


if __name__ == "__main__":
    main()
