"""Eight tills in one process: each sends its next purchase as soon as the last one is answered, on a kept connection.

A process of its own, started by `benchmarks.purchases` with everything to send prepared, and reading no more of an
answer than its length: on two cores a careful client would measure itself.

Called as `python -m benchmarks.tills HOST PORT TILLS SECONDS`; stdin holds one raw HTTP request after another, each
preceded by its length in four bytes. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Till:
    door: socket.socket
    sent_at: float = 0.0
    read: bytearray = field(default_factory=bytearray)

    def send(self, request: bytes) -> None:
        self.read.clear()
        self.sent_at = time.perf_counter()
        self.door.sendall(request)

    def take(self) -> int | None:
        """Read what has come; return the status once the answer is whole."""
        self.read += self.door.recv(65536)
        head, separator, body = self.read.partition(b"\r\n\r\n")
        if not separator:
            return None
        length = int(bytes(head).lower().split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
        return int(head[9:12]) if len(body) >= length else None


def main(host: str, port: str, tills: str, seconds: str) -> None:
    requests = read_requests(sys.stdin.buffer.read())
    selector = selectors.DefaultSelector()
    for _number in range(int(tills)):
        door = socket.create_connection((host, int(port)))
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        till = Till(door)
        selector.register(door, selectors.EVENT_READ, till)
        first = next(requests, None)
        if first is not None:
            till.send(first)
    print(json.dumps(serve(selector, requests, float(seconds))))


def serve(selector: selectors.BaseSelector, requests: Iterator[bytes], seconds: float) -> dict[str, object]:
    began, waits, statuses, answered = time.perf_counter(), [], Counter[int](), 0
    sent = len(selector.get_map())
    while time.perf_counter() - began < seconds and answered < sent:
        for key, _events in selector.select(timeout=1):
            till: Till = key.data
            status = till.take()
            if status is not None:
                waits.append(time.perf_counter() - till.sent_at)
                statuses[status] += 1
                answered += 1
                following = next(requests, None)
                if following is not None:
                    till.send(following)
                    sent += 1
    times = os.times()
    return {
        "seconds": time.perf_counter() - began,
        "waits_ms": [round(wait * 1000, 3) for wait in waits],
        "statuses": statuses,
        "cpu": times.user + times.system,
    }


def read_requests(packed: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(packed):
        (length,) = struct.unpack_from("!I", packed, place)
        yield packed[place + 4 : place + 4 + length]
        place += 4 + length


if __name__ == "__main__":
    main(*sys.argv[1:])
