"""How often a forecast holds what came: the installation's own history is cut at one date after another.

`python -m benchmarks.forecasts` makes a scratch installation with the invented shop of 1,500 customers; `--here` takes
the installation at hand. From each cut the months after it are forecast with nothing but what was known by then, and
printed is how many of those months, and of the sums of all, lay in the interval of 80 %, by purchases and by points.
"""

# ruff: noqa: E402 – Django is made ready before what needs it
from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fidelia.config.settings")
django.setup()

from fidelia.insight.backtest.resampling import MONTH, Baskets
from fidelia.insight.operations.backtesting import replay
from fidelia.insight.operations.exporting import export_facts
from fidelia.insight.operations.forecasting import DOUBT, _baskets, _check, _once, _Seen, _Wanted
from fidelia.insight.operations.grounds import Asked, open_ground
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.programme.queries import get_only_programme, parse_document, version_in_force

from .installation import scratch_installation

DRAWS, CUTS, LEAST_MONTHS = 100, 12, 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=3, help="so many ahead of each cut")
    parser.add_argument("--customers", type=int, default=1_500, help="of the invented shop")
    parser.add_argument("--here", action="store_true", help="measure the installation at hand, as it is")
    asked = parser.parse_args()
    if asked.here:
        measure(asked.months)
        return
    with scratch_installation():
        run("fidelia.worker", "demo", "--no-serve", f"--customers={asked.customers}")
        run("benchmarks.forecasts", "--here", f"--months={asked.months}")


def run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-m", module, *arguments], check=True)


def measure(months: int) -> None:
    """Print a row for each cut, and how often the interval held."""
    baskets = history()
    print(f"{baskets.months} months, {len(baskets.day):,} days with purchases; {months} months ahead, interval of 80 %")
    held = {"purchases": [0, 0, 0], "points": [0, 0, 0]}
    for ago in range(months, months + CUTS):
        found = at_cut(baskets, months, ago)
        if found is None:
            break
        for name, counts in held.items():
            told = found[name]
            counts[0] += told["within"]
            counts[1] += told["whole"]["is_within"]
            counts[2] += 1
            came, low, high = (told["whole"][each] for each in ("came", "low", "high"))
            print(f"  {ago:2} months ago, {name:9}: {told['within']} of {months}; {came:,.0f} came, "
                  f"{low:,.0f} to {high:,.0f} said")  # fmt: skip
    for name, (within, whole, cuts) in held.items():
        print(f"{name}: {within} of {cuts * months} months, {whole} of {cuts} sums lay in the interval")


def history() -> Baskets:
    """Return the purchases of all members under the version in force."""
    at, by = clock.now(), Actor.system("benchmarks")
    programme = get_only_programme(sandbox=False)
    version = version_in_force(programme, at)
    assert version is not None, "a version is in force"
    terms = parse_document(programme, version.document, version_id=version.id)
    seen = _Seen()
    with open_ground(Asked(programme, version.document), export_facts(by=by, at=at)) as ground:
        replay(ground, terms, lambda _done, _all: None, lambda what, _was, now: seen.take(what, now, 0, 1))
    return _baskets(seen, at, terms)[0]


def at_cut(baskets: Baskets, months: int, ago: int) -> dict[str, Any] | None:
    """Forecast from a cut as it would have been forecast then, widened by what its own checks had found."""
    known = baskets.before(int(baskets.end - ago * MONTH))
    if known.months < LEAST_MONTHS:
        return None
    wanted = _Wanted(months, DRAWS, ago)
    check = _check(known, replace(wanted, months=min(months, known.months // 4)))
    return _once(baskets, wanted, ago, check["doubt"] if check is not None else DOUBT)


if __name__ == "__main__":
    main()
