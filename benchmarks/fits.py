"""How much work the fits are, beside the libraries of the field: CPU seconds, wall and peak memory on the same data.

Run it by `python -m benchmarks.fits`, with `--customers 100000` for less, `--peers /folder/bin/python` for libraries
that live in another environment (`pip install lifetimes pymc-marketing` there); those not found are named. Every
contender runs in a process of its own, reads the same arrays, and has one thread of BLAS and OpenMP: processor
seconds are then what one processor did, for all alike. Loading libraries and data is printed apart from the fit; what
a library compiles inside its fit (pymc-marketing) cannot be taken out, so it is run twice and the second run counts,
with its compiled code on disk.

The customers are drawn from BG/NBD and Gamma-Gamma with the parameters of CDNOW, twice: with purchases on whole days,
as shops know them, and at any moment, where no two customers are alike and grouping has nothing to group.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"), "1")
TRUTH = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426, "p": 6.25, "q": 3.74, "gamma": 15.44}
MODELS = ("bg_nbd", "mbg_nbd", "pareto_nbd", "gamma_gamma")
CONTENDERS = ("fidelia", "lifetimes", "pymc-marketing")
TIME_MAX = 900


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--peers", default=sys.executable, help="the Python that has lifetimes and pymc-marketing")
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=MODELS)
    parser.add_argument("--only", nargs="*", default=list(CONTENDERS), choices=CONTENDERS)
    parser.add_argument("--run", nargs=3, metavar=("CONTENDER", "MODEL", "FILE"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run:
        print(json.dumps(run_here(*asked.run)))
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, columns in data_sets(asked.customers):
            path = Path(folder) / "customers.npz"
            np.savez(path, **columns)
            print(f"\n{name}: {len(columns['x']):,} customers, {int((columns['x'] > 0).sum()):,} of whom bought again")
            head = ("", "", "load CPU", "fit CPU", "fit wall", "peak MiB", "log-likelihood")
            print("{:12} {:15} {:>9} {:>9} {:>9} {:>9} {:>16}".format(*head))
            for model in asked.models:
                for contender in asked.only:
                    tell(model, contender, measured(contender, model, path, asked.peers))


def data_sets(customers: int) -> list[tuple[str, dict[str, Any]]]:
    sets = [
        ("drawn, whole days", drawn(customers, whole_days=True)),
        ("drawn, any moment", drawn(customers, whole_days=False)),
    ]
    cdnow = Path(__file__).resolve().parents[2] / "shared" / "data" / "cdnow" / "cdnow_full.csv.gz"
    if cdnow.exists():
        sets.insert(0, ("CDNOW", read_cdnow(cdnow)))
    else:
        print("CDNOW is not beside the checkout (../shared/data/cdnow): its rows are left out.")
    return sets


def drawn(customers: int, *, whole_days: bool) -> dict[str, Any]:
    """Draw customers 27 to 39 weeks old; t_x is the x-th of N uniform moments, a beta variate."""
    chance = np.random.default_rng(1805)
    age = chance.uniform(27, 39, customers)
    if whole_days:
        age = np.floor(age * 7) / 7
    rate, leaving = chance.gamma(TRUTH["r"], 1 / TRUTH["alpha"], customers), chance.beta(0.793, 2.426, customers)
    due = chance.poisson(rate * age)
    x = np.minimum(due, np.minimum(chance.geometric(np.maximum(leaving, 1e-9)), 1_000_000))
    last = age * chance.beta(np.maximum(x, 1), np.maximum(due - x + 1, 1))
    t_x = np.where(x > 0, np.maximum(np.ceil(last * 7), 1) / 7 if whole_days else last, 0.0)
    nu = chance.gamma(TRUTH["q"], 1 / TRUTH["gamma"], customers)
    mean = np.where(x > 0, chance.gamma(TRUTH["p"] * np.maximum(x, 1)) / nu / np.maximum(x, 1), 0.0)
    return {"x": x.astype(float), "t_x": t_x, "age": age, "mean": mean}


def read_cdnow(path: Path) -> dict[str, Any]:
    import csv
    import gzip

    from fidelia.insight.fits import count_purchases

    rows = list(csv.DictReader(gzip.decompress(path.read_bytes()).decode().splitlines()))
    counted = count_purchases(
        [int(row["customer_id"]) for row in rows],
        [row["date"] for row in rows],
        amounts=[float(row["amount"]) for row in rows],
        until=np.datetime64("1997-09-30"),
        observed_until=np.datetime64("1998-06-30"),
    )
    return {"x": counted.frequency, "t_x": counted.recency, "age": counted.age, "mean": counted.mean_spend}


def measured(contender: str, model: str, path: Path, peers: str) -> dict[str, Any] | str:
    """Run one contender in its own process; return what it measured, or why there is nothing to tell."""
    python = sys.executable if contender == "fidelia" else peers
    command = [python, "-W", "ignore", __file__, "--run", contender, model, str(path)]
    answer: dict[str, Any] | str = ""
    for _time in range(2 if contender == "pymc-marketing" else 1):
        try:
            done = subprocess.run(
                command, env=os.environ | THREADS, capture_output=True, text=True, timeout=TIME_MAX, check=False
            )
        except subprocess.TimeoutExpired:
            return f"not done after {TIME_MAX} s"
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if not lines:
            return (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        answer = json.loads(lines[-1])
    return answer


def tell(model: str, contender: str, found: dict[str, Any] | str) -> None:
    if isinstance(found, str):
        why = "not installed" if "ModuleNotFoundError" in found else found
        print(f"{model:12} {contender:15} {why[:90]}")
        return
    numbers = [found[name] for name in ("load", "cpu", "wall", "peak")]
    print(f"{model:12} {contender:15} " + " ".join(f"{value:9.2f}" for value in numbers) + f" {found['value']:16.3f}")


def run_here(contender: str, model: str, path: str) -> dict[str, Any]:
    prepare = {"fidelia": with_fidelia, "lifetimes": with_lifetimes, "pymc-marketing": with_pymc}[contender]
    columns = dict(np.load(path))
    fit = prepare(model, columns)
    loaded, began = time.process_time(), time.perf_counter()
    parameters = fit()
    cpu, wall = time.process_time() - loaded, time.perf_counter() - began
    peak = peak_memory()
    return {"load": loaded, "cpu": cpu, "wall": wall, "peak": peak, "value": log_likelihood(model, parameters, columns)}


def peak_memory() -> float:
    """Return MiB; Linux says it per program, where getrusage goes on from that of the parent."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def with_fidelia(model: str, columns: dict[str, Any]) -> Any:
    from fidelia.insight import fits

    def fit() -> list[float]:
        if model == "gamma_gamma":
            return list(
                fits.fit_gamma_gamma(
                    fits.SpendingHistory.from_arrays(columns["x"], columns["mean"])
                ).parameters.values()
            )
        # Grouping is part of the work: the others are given one row per customer, and so are we.
        history = fits.BuyingHistory.from_arrays(columns["x"], columns["t_x"], columns["age"])
        return list(getattr(fits, f"fit_{model}")(history).parameters.values())

    return fit


def with_lifetimes(model: str, columns: dict[str, Any]) -> Any:
    import lifetimes

    names = {"bg_nbd": "BetaGeoFitter", "mbg_nbd": "ModifiedBetaGeoFitter", "pareto_nbd": "ParetoNBDFitter"}
    kept = (columns["x"] > 0) & (columns["mean"] > 0)

    def fit() -> list[float]:
        if model == "gamma_gamma":
            found = lifetimes.GammaGammaFitter().fit(columns["x"][kept], columns["mean"][kept])
        else:
            found = getattr(lifetimes, names[model])().fit(columns["x"], columns["t_x"], columns["age"])
        return [float(value) for value in found.params_.values]

    return fit


def with_pymc(model: str, columns: dict[str, Any]) -> Any:
    import pandas
    from pymc_marketing import clv

    names = {"bg_nbd": "BetaGeoModel", "mbg_nbd": "ModifiedBetaGeoModel", "pareto_nbd": "ParetoNBDModel"}
    table = pandas.DataFrame(
        {
            "customer_id": np.arange(len(columns["x"])),
            "frequency": columns["x"],
            "recency": columns["t_x"],
            "T": columns["age"],
            "monetary_value": columns["mean"],
        }
    )

    def fit() -> list[float]:
        if model == "gamma_gamma":
            bought = table[(table["frequency"] > 0) & (table["monetary_value"] > 0)]
            found, wanted = clv.GammaGammaModel(data=bought), ("p", "q", "v")
        else:
            found = getattr(clv, names[model])(data=table)
            wanted = ("r", "alpha", "s", "beta") if model == "pareto_nbd" else ("r", "alpha", "a", "b")
        found.fit(method="map")
        return [float(found.fit_result[name].mean()) for name in wanted]

    return fit


def log_likelihood(model: str, parameters: list[float], columns: dict[str, Any]) -> float:
    """Log-likelihood by one and the same formula for all; the peers' environment needs nothing but numpy and scipy."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
    from fidelia.insight import fits

    if model == "gamma_gamma":
        return fits.GammaGamma(*parameters).log_likelihood(
            fits.SpendingHistory.from_arrays(columns["x"], columns["mean"])
        )
    kind = {"bg_nbd": fits.BgNbd, "mbg_nbd": fits.MbgNbd, "pareto_nbd": fits.ParetoNbd}[model]
    history = fits.BuyingHistory.from_arrays(columns["x"], columns["t_x"], columns["age"])
    return kind(*parameters).log_likelihood(history)


if __name__ == "__main__":
    main()
