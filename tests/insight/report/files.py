"""Files of purchases for reports: a shop that was invented, in the French way of writing."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FIRST = datetime(2024, 11, 1, 9, tzinfo=UTC)
HEADER = "N° ticket;Date;Heure;Code article;Libellé;Famille;Qté;PU TTC;Remise;Code client;Magasin"
KINDS = ("Thés noirs", "Thés verts", "Tisanes à l’hibiscus")


def shop_file(folder: Path, *, customers: int = 300, seed: int = 7) -> Path:
    """Write two years of receipts as a French till would: semicolons, decimal commas, Windows-1252."""
    chance, lines, receipt = random.Random(seed), [HEADER], 1000
    for customer in range(customers):
        pace, day = chance.gammavariate(2.0, 12.0) + 3, chance.uniform(0, 500)
        until = day + chance.expovariate(1 / 260)
        while day < min(until, 745):
            receipt += 1
            at = FIRST + timedelta(days=day)
            for _line in range(chance.randint(1, 3)):
                code = chance.randrange(12)
                price, rebate = 250 + 175 * code, chance.choice([0, 0, 0, 50])
                lines.append(_line_of(receipt, at, code, chance.randint(1, 3), price, rebate, customer))
            if chance.random() < 0.04:
                lines.append(_line_of(receipt + 900_000, at + timedelta(days=2), 1, -1, 425, 0, customer))
            day += chance.expovariate(1 / pace)
    path = folder / "caisse-élégante.csv"
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("cp1252"))
    return path


def _line_of(receipt: int, at: datetime, code: int, units: int, price: int, rebate: int, customer: int) -> str:
    name = "" if customer % 10 == 9 else f"C{customer:05}"
    return (
        f"{receipt};{at:%d/%m/%Y};{at:%H:%M};THE-{code:03};Thé nº {code} « Éléonore »;{KINDS[code % 3]};{units};"
        f"{price // 100},{price % 100:02};{rebate // 100},{rebate % 100:02};{name};LYON"
    )


def write(folder: Path, *lines: str, name: str = "ventes.csv") -> Path:
    """Write lines as they stand, in UTF-8."""
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
