"""Delivering: what the server says for now and for good, a server that is down, a worker that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from fidelia.customers.models import ContactPoint
from fidelia.kernel import clock
from fidelia.kernel.models import OutboxEvent
from fidelia.messaging.jobs import DeliveryRun
from fidelia.messaging.models import Message
from fidelia.messaging.operations import Outcome
from fidelia.worker.delivery import run_delivery
from tests.conftest import ROOT, address_of
from tests.serving import free_port

from .letters import DAY, run_worker, someone, write_to
from .post_office import PostOffice

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_address_refused_for_good_is_not_tried_again(post_office: PostOffice) -> None:
    post_office.refusals["leo@exemple.fr"] = "550 5.1.1 no such person"
    customer, other = someone(), someone(email="rocco@exemple.fr")
    message = write_to(customer.id)
    write_to(other.id)
    assert run_worker().outcomes == {Outcome.FAILED: 1, Outcome.SENT: 1}
    failed = Message.objects.get(id=message.id)
    assert (failed.state, failed.reason, failed.detail) == ("failed", "smtp_550", "5.1.1 no such person")
    assert ContactPoint.objects.get(customer=customer).status == "bounced"
    assert OutboxEvent.objects.get(name="message.failed").payload["reason"] == "smtp_550"
    assert write_to(customer.id, idempotency_key="next").reason == "no_address"


def test_a_refusal_by_policy_says_nothing_about_the_address(post_office: PostOffice) -> None:
    post_office.refusals["leo@exemple.fr"] = "550 5.7.1 we do not like your sender"
    write_to(someone().id)
    run_worker()
    assert Message.objects.get().state == "failed"
    assert ContactPoint.objects.get().status == "active"


def test_a_refusal_for_now_is_tried_again_after_a_pause(post_office: PostOffice) -> None:
    post_office.refusals["leo@exemple.fr"] = "451 4.3.0 come back later"
    write_to(someone().id)
    assert run_worker().outcomes == {Outcome.DEFERRED: 1}
    waiting = Message.objects.get()
    assert (waiting.state, waiting.reason) == ("queued", "smtp_451")
    assert waiting.next_attempt_at == DAY + timedelta(minutes=1)
    del post_office.refusals["leo@exemple.fr"]
    assert run_worker(DAY + timedelta(seconds=59)).outcomes == {}
    assert run_worker(DAY + timedelta(minutes=1)).outcomes == {Outcome.SENT: 1}
    sent = Message.objects.get()
    assert (sent.state, sent.reason, sent.attempts) == ("sent", "", 2)


def test_it_gives_up_after_eight_attempts(post_office: PostOffice) -> None:
    post_office.data_answer = "451 4.7.1 greylisted"
    write_to(someone().id)
    at = DAY
    for _attempt in range(8):
        run_worker(at)
        at = Message.objects.get().next_attempt_at
    assert (Message.objects.get().state, Message.objects.get().attempts) == ("failed", 8)
    assert Message.objects.get().reason == "smtp_451"


def test_a_server_that_is_down_costs_one_attempt_of_one_message(settings: Any) -> None:
    port = free_port()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    for number in range(3):
        write_to(someone(email=f"n{number}@exemple.fr").id)
    run = run_worker()
    assert (run.outcomes, run.server_is_down) == ({Outcome.SERVER_DOWN: 1}, True)
    assert sorted(Message.objects.values_list("state", "attempts")) == [("queued", 0), ("queued", 0), ("queued", 1)]
    with PostOffice(port) as office:
        assert run_worker(DAY + timedelta(minutes=1)).outcomes == {Outcome.SENT: 3}
        assert sorted(office.recipients) == ["n0@exemple.fr", "n1@exemple.fr", "n2@exemple.fr"]


def test_a_killed_worker_s_message_is_sent_once_more_with_the_same_id(post_office: PostOffice) -> None:
    message = write_to(someone().id, at=clock.now())
    kill_a_worker_in_the_middle(post_office)
    left = Message.objects.get()
    assert (left.state, post_office.taken) == ("sending", [])
    assert left.claimed_at is not None
    early = run_worker(left.claimed_at + timedelta(minutes=14))
    late = run_worker(left.claimed_at + timedelta(minutes=16))
    assert (early, late) == (DeliveryRun(), DeliveryRun(late.outcomes, recovered=1))
    assert [mail["Message-ID"] for mail in post_office.taken] == [message.message_id]
    assert Message.objects.get().state == "sent"


def test_a_message_whose_worker_dies_twice_is_in_doubt(post_office: PostOffice) -> None:
    write_to(someone().id, at=clock.now())
    kill_a_worker_in_the_middle(post_office)
    put_back_the_claim(minutes=16)
    kill_a_worker_in_the_middle(post_office)
    put_back_the_claim(minutes=16)
    assert run_worker(clock.now()).in_doubt == 1
    doubtful = Message.objects.get()
    assert (doubtful.state, doubtful.reason) == ("in_doubt", "worker_died_twice")
    assert post_office.taken == []


def kill_a_worker_in_the_middle(office: PostOffice) -> None:
    """Start a worker of its own and kill it while the server is reading its message."""
    office.asked.clear()
    office.may_answer.clear()
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER],
        cwd=ROOT,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "fidelia.config.settings",
            "FIDELIA_DATABASE_URL": address_of(str(connection.settings_dict["NAME"])),
            "FIDELIA_SMTP_HOST": "127.0.0.1",
            "FIDELIA_SMTP_PORT": str(office.port),
        },
    )
    try:
        assert office.asked.wait(150)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait(120)
    office.forget_those_under_way()


WORKER = """
import django
django.setup()
from fidelia.kernel.actor import Actor
from fidelia.kernel.clock import now
from fidelia.messaging.jobs import deliver_due_messages
deliver_due_messages(by=Actor.system("worker"), clock=now)
"""


def put_back_the_claim(*, minutes: int) -> None:
    """Let the time pass that a lease lasts."""
    claimed_at: datetime = clock.now() - timedelta(minutes=minutes)
    Message.objects.filter(state="sending").update(claimed_at=claimed_at)


def test_the_loop_of_the_worker_delivers_until_it_is_stopped(post_office: PostOffice) -> None:
    write_to(someone().id, at=clock.now())
    stop = threading.Event()
    loop = threading.Thread(target=run_delivery, args=(stop,))
    loop.start()
    try:
        assert post_office.got_one.wait(120)
    finally:
        stop.set()
        loop.join(120)
    assert not loop.is_alive()
    assert Message.objects.get().state == "sent"
