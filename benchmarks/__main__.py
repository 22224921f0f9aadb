"""All benchmarks, one after the other: `make bench`. Each makes what it needs and removes it.

`python -m benchmarks --short` measures each for a few seconds or rows only: that all of them run, not how fast.
`python -m benchmarks purchases checkouts` runs some.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

# Each with what makes it short.
ALL = {
    "rules": (),
    "outbox": (),
    "posting": ("--rounds", "1"),
    "purchases": ("--seconds", "3"),
    "checkouts": ("--seconds", "2"),
    "rewards": (),
    "night": ("--members", "5000"),
    "till": ("--purchases", "100"),
    "imports": (),
    "openings": ("--rows", "20000"),
    "fits": ("--customers", "5000"),
    "report": ("--rows", "200000", "--purchases", "20000"),
    "facts": ("--rows", "50000"),
    "backtest": ("20000",),
    "forecasts": ("--customers", "400"),
    "pages": ("--customers", "2000"),
    "insight": ("--customers", "2000"),
}


def main() -> int:
    """Run each in a process of its own, so that none measures what another has left behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(ALL)}")
    parser.add_argument("--short", action="store_true", help="so short that the figures say nothing")
    asked = parser.parse_args()
    unknown = sorted(set(asked.names) - set(ALL))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}")
    failed = [name for name in asked.names or ALL if not run(name, ALL[name] if asked.short else ())]
    if failed:
        print(f"\nFailed: {', '.join(failed)}.")
    return 1 if failed else 0


def run(name: str, options: tuple[str, ...]) -> bool:
    print(f"\n# {name}", flush=True)
    command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.{name}", *options]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
