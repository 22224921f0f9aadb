from __future__ import annotations

from django.apps import AppConfig


class ReferralConfig(AppConfig):
    name = "fidelia.referral"
    label = "referral"
