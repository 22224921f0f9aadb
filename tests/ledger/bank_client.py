"""One process of the bank test: python -m tests.ledger.bank_client ADDRESS SEED ACTS ACCOUNT…

Moves points at random between the accounts: transfers, holds that are released, keys sent twice. As a reader (ACTS
"read"), asks for the total of all accounts in one statement until its input is closed. Prints what it did as JSON.
"""

from __future__ import annotations

import json
import os
import random
import select
import sys
from uuid import UUID

import django
import psycopg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fidelia.config.settings")
django.setup()

from .client import Client, Refused  # noqa: E402

TOTAL = "select sum(posted)::bigint, min(posted - held)::bigint, min(held)::bigint from ledger_balance"


def main(address: str, seed: str, acts: str, *accounts: str) -> None:
    with Client(address) as client:
        if acts == "read":
            report = read(client)
        else:
            report = move(client, random.Random(int(seed)), int(acts), [UUID(account) for account in accounts])
    sys.stdout.write(json.dumps(report))


def read(client: Client) -> dict[str, object]:
    seen: set[tuple[int, int]] = set()
    reads = 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        total, least, least_held = client.ask(TOTAL)[0]
        seen.add((total, min(least, least_held, 0)))
        reads += 1
    return {"reads": reads, "seen": sorted(seen)}


def move(client: Client, chance: random.Random, acts: int, accounts: list[UUID]) -> dict[str, object]:
    done: dict[str, int] = {}
    for act in range(acts):
        giver, taker = chance.sample(accounts, 2)
        kind = chance.choices(["transfer", "twice", "hold"], [6, 2, 2])[0]
        key = f"{chance.random()}-{act}"
        try:
            if kind == "hold":
                hold = client.post("hold", giver, chance.randint(1, 5)).posting_id
                client.post("release", giver, None, target_id=hold)
            else:
                amount = chance.randint(1, 5)
                for _time in range(2 if kind == "twice" else 1):
                    client.transfer(giver, taker, amount, key)
        except Refused as refusal:
            kind = str(refusal)
        except psycopg.errors.DeadlockDetected:
            kind = "deadlock"
        done[kind] = done.get(kind, 0) + 1
    return done


if __name__ == "__main__":
    main(*sys.argv[1:])
