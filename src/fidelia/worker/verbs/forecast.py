"""`fidelia forecast`: the months ahead under the version in force and under a draft, with intervals."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.worker.readiness import django_ready

HELP = "forecast points, liability and tiers of the months ahead under a version, with intervals"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--programme", default="", metavar="SLUG", help="which, where there are several")
    parser.add_argument("--version", type=int, metavar="N", help="under which version (the one in force)")
    parser.add_argument("--months", type=int, default=12, metavar="N", help="1 to 24 (12)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed gives the same futures (1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all of it as JSON, too")


def run(arguments: argparse.Namespace) -> int:
    django_ready()
    from fidelia.insight.operations.forecasting import forecast_version
    from fidelia.programme.errors import UnknownVersion
    from fidelia.programme.queries import get_only_programme, get_programme, get_version, version_in_force

    at, named = clock.now(), arguments.programme
    programme = get_programme(named) if named else get_only_programme(sandbox=False)
    number = arguments.version
    version = get_version(programme, number) if number else version_in_force(programme, at)
    if version is None:
        raise UnknownVersion("No version is in force.")
    kept = forecast_version(
        by=Actor.system("fidelia forecast"), at=at, version=version, months=arguments.months, seed=arguments.seed
    )
    _print(kept.result)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(kept.result, indent=1) + "\n", encoding="utf-8")
    return 0


def _print(result: dict[str, Any]) -> None:
    percent = round(100 * result["confidence"])
    print(f"{len(result['months'])} months, {result['draws']} futures of {result['customers']} members; {percent} %")
    for one in result["versions"]:
        print(f"version {one['number']}")
        for name, each in one["totals"].items():
            print(f"  points {name}: {each['mean']:.0f} ({each['low']:.0f} to {each['high']:.0f})")
        for key, now, mean, low, high in one["tiers"]:
            print(f"  tier {key or '-'}: {now} now, {mean:.0f} at the end ({low:.0f} to {high:.0f})")
    check = result["check"]
    if check is not None:
        print(f"checked: of {check['months']} months that came, {check['purchases']['within']} lay in the interval "
              f"by purchases, {check['points']['within']} by points")  # fmt: skip
