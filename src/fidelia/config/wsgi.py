"""The WSGI application that granian serves."""

from __future__ import annotations

import os
from typing import cast

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fidelia.config.settings")
_django = get_wsgi_application()
# Every page is imported before the first request: nobody waits for that, and what cannot be imported does not serve.
_addresses = get_resolver().url_patterns

from fidelia.api.straight import Application, StraightRoad  # noqa: E402 - only now are the apps there

application = StraightRoad(cast(Application, _django))
