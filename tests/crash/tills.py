"""Tills that go on through a fire: each sends purchase after purchase, and again with the same key until it knows."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

from fidelia.kernel.ids import new_id
from fidelia.worker.listening import Address

from .inside import card_of

ANSWER_SECONDS_MAX = 30
ATTEMPTS_MAX = 3_000
PAUSE_SECONDS = 0.1
CUSTOMER_SECONDS = 0.15  # each purchase is an e-mail, and these go one by one


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What a till was told: the purchase, its points, and whether an earlier attempt had recorded it."""

    purchase_id: str
    points: int
    was_replayed: bool
    attempts: int


class Till(threading.Thread):
    """One till. `acknowledged` is by idempotency key; `troubles` counts what it met on the way."""

    def __init__(self, address: Address, api_key: str, number: int) -> None:
        super().__init__(daemon=True)
        self.address, self.api_key, self.number = address, api_key, number
        self.acknowledged: dict[str, Acknowledged] = {}
        self.troubles: Counter[str] = Counter()
        self.stopping = threading.Event()
        self.failure: BaseException | None = None
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        try:
            for place in count():
                if self.stopping.is_set():
                    return
                self.sell(place)
                self.stopping.wait(CUSTOMER_SECONDS)
        except BaseException as failure:
            self.failure = failure
            raise

    def sell(self, place: int) -> None:
        """Send one purchase until it is acknowledged; a till that gave up would hide what was lost."""
        key, body = str(new_id()), json.dumps(self._basket(place)).encode()
        for attempt in range(1, ATTEMPTS_MAX):
            try:
                status, told, replayed = self._send(key, body)
            except (OSError, http.client.HTTPException) as trouble:
                self._hang_up()
                self._wait(type(trouble).__name__)
                continue
            if status == 201:
                self.acknowledged[key] = Acknowledged(told["id"], int(told["points"]), replayed, attempt)
                return
            assert status == 503, told  # nothing but "try again" is an answer to a purchase that is right
            self._wait("503")
        raise AssertionError(f"till {self.number} was never told what became of {key}")

    def _send(self, key: str, body: bytes) -> tuple[int, dict[str, Any], bool]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                self.address.host, self.address.port, timeout=ANSWER_SECONDS_MAX
            )
        headers = {
            "Authorization": f"Bearer {self.api_key}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        self._connection.request("POST", "/api/v1/purchases", body, headers)
        answer = self._connection.getresponse()
        told = json.loads(answer.read())
        return answer.status, told, answer.getheader("Idempotency-Replayed") == "true"

    def _basket(self, place: int) -> dict[str, Any]:
        """Two tills share each card, so that chains of decisions are fought over."""
        return {
            "receipt_number": f"{self.number}-{place}-{new_id()}",
            "occurred_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "currency": "EUR",
            "member": {"identity": f"card:{card_of(place % 3 + self.number // 2 * 3)}"},
            "lines": [{"product": f"P{line}", "quantity": "1", "net": f"{line + 1}.50"} for line in range(5)],
        }

    def _wait(self, trouble: str) -> None:
        self.troubles[trouble] += 1
        threading.Event().wait(PAUSE_SECONDS)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
