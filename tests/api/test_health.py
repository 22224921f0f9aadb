"""Whether the installation serves: asked by a balancer, without a key."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError, connection

from fidelia.api import health


@pytest.mark.django_db
def test_health_tells_of_the_database_and_of_the_worker_in_one_statement(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = client.get("/api/health")
    assert (answer.status_code, answer.json()) == (200, {"database": "answers", "worker": "silent"})
    assert answer["Cache-Control"] == "no-store"
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers (last_heartbeat) values (now() - interval '2 minutes')")
        assert client.get("/api/health").json()["worker"] == "silent"
        cursor.execute("insert into procrastinate_workers (last_heartbeat) values (now())")
    assert client.get("/api/health").json()["worker"] == "alive"
    assert client.post("/api/health").status_code == 405


@pytest.mark.django_db
def test_a_database_that_is_away_is_a_503(client, monkeypatch):
    class Away:
        def cursor(self):
            raise OperationalError("connection refused at /var/run/secret")

    monkeypatch.setattr(health, "connection", Away())
    answer = client.get("/api/health")
    assert answer.status_code == 503
    told = json.loads(answer.content)
    assert told["code"] == "unavailable"
    assert "secret" not in answer.content.decode()
