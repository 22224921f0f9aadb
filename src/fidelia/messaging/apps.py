from __future__ import annotations

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "fidelia.messaging"
    label = "messaging"

    def ready(self) -> None:
        from fidelia.kernel.sms import find_gateway

        find_gateway()  # a declaration that cannot be used stops the start, not the first code at night
