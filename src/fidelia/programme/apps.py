from __future__ import annotations

from django.apps import AppConfig


class ProgrammeConfig(AppConfig):
    name = "fidelia.programme"
    label = "programme"

    def ready(self) -> None:
        """Learn the effects that installed packages bring, before the first document is read."""
        from fidelia.rules.effect_kinds import load_effect_kinds

        load_effect_kinds()
