"""Run the rule cases of files: `python tools/rule_cases.py my-cases.yaml`. See docs/reference/rule-cases.md."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from fidelia.rules.cases import run_case
from fidelia.rules.cases.reading import MalformedCase


def main(paths: list[str]) -> int:
    """Run every case; returns 1 when one differs."""
    failed = count = 0
    for path in paths:
        for case in yaml.safe_load(Path(path).read_text(encoding="utf-8")):
            count += 1
            try:
                differences = run_case(case)
            except MalformedCase as mistake:
                differences = [str(mistake)]
            failed += bool(differences)
            for difference in differences:
                print(f"{path}: {case.get('case', count)}: {difference}")
    print(f"{count - failed} of {count} cases hold.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
