"""Addresses of the till."""

from __future__ import annotations

from django.urls import path

from . import cards, coming_back, questions, selling, views

app_name = "till"
urlpatterns = [
    path("", views.till, name="till"),
    path("worker.js", views.worker, name="worker"),
    path("state/", questions.state, name="state"),
    path("scan/", questions.scan, name="scan"),
    path("products/", questions.products, name="products"),
    path("members/", questions.join, name="members"),
    path("members/<uuid:customer_id>/", questions.member, name="member"),
    path("cards/", cards.give, name="cards"),
    path("bill/", selling.bill, name="bill"),
    path("sales/", selling.sales, name="sales"),
    path("codes/", selling.codes, name="codes"),
    path("queue/", selling.queue, name="queue"),
    path("returns/", coming_back.give_back, name="returns"),
    path("cancellations/", coming_back.cancel, name="cancellations"),
    path("gift-cards/", cards.gift_card, name="gift_cards"),
]
