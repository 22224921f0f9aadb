from __future__ import annotations

from django.apps import AppConfig


class ShadowConfig(AppConfig):
    name = "fidelia.shadow"
    label = "shadow"
