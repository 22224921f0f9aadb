"""Every setting of Fidelia. Environment variables begin with FIDELIA_ (docs/administrator/configuration.md)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from fidelia.worker.postgres.paths import database_url, default_home

from .environment import database_from_url, read_amounts, read_flag, read_int, read_list, read_path, read_text
from .secret import secret_key_of

PACKAGE = Path(__file__).resolve().parent.parent
HOME = read_path("FIDELIA_HOME", default_home())

DEBUG = read_flag("FIDELIA_DEBUG", default=False)
SECRET_KEY = read_text("FIDELIA_SECRET_KEY") or secret_key_of(HOME)
ALLOWED_HOSTS = read_list("FIDELIA_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = read_list("FIDELIA_TRUSTED_ORIGINS", [])
BASE_URL = read_text("FIDELIA_BASE_URL", "http://localhost:8000").rstrip("/")
# How many proxies stand in front: each adds the address it was asked from; what stands before those is anybody's word.
PROXIES = read_int("FIDELIA_PROXIES", 0, least=0, most=5)
BEHIND_TLS = BASE_URL.startswith("https://")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "procrastinate.contrib.django",
    "fidelia.kernel",
    "fidelia.ui",
    "fidelia.access",
    "fidelia.organisation",
    "fidelia.files",
    "fidelia.jobs",
    "fidelia.intake",
    "fidelia.customers",
    "fidelia.products",
    "fidelia.ledger",
    "fidelia.programme",
    "fidelia.subscriptions",
    "fidelia.rewards",
    "fidelia.cards",
    "fidelia.activity",
    "fidelia.referral",
    "fidelia.shadow",
    "fidelia.messaging",
    "fidelia.insight",
    "fidelia.campaigns",
    "fidelia.members",
    "fidelia.persons",
    "fidelia.api",
    "fidelia.console",
    "fidelia.portal",
]

MIDDLEWARE = [
    "fidelia.api.door.ApiDoor",  # answers /api/ by itself: no session, no form token, no language
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "fidelia.config.urls"
WSGI_APPLICATION = "fidelia.config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "fidelia.console.context.console",
            ],
        },
    }
]

FORM_RENDERER = "fidelia.ui.forms.Renderer"
CSRF_FAILURE_VIEW = "fidelia.config.errors.stale_form"

# The login role owns the tables and migrates; the running application takes the role below, which cannot change the
# ledger's past (see kernel's first migration). `fidelia migrate` empties the variable.
DATABASES: dict[str, Any] = {
    "default": {
        **database_from_url(
            database_url(HOME, os.environ),
            role=read_text("FIDELIA_DATABASE_ROLE", "fidelia_app"),
        ),
        "CONN_MAX_AGE": 0,
        "ATOMIC_REQUESTS": False,
    }
}
POOL_MAX = read_int("FIDELIA_DATABASE_POOL_MAX", 8, least=0, most=100)
if POOL_MAX:
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": POOL_MAX, "timeout": 10}
# A statement of the hot path is planned at its second use on a connection. PgBouncer in transaction mode below 1.21
# cannot keep such plans: turn them off behind one.
if read_flag("FIDELIA_DATABASE_PREPARED", default=True):
    DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 1
# What the rules of a programme may read: (currency) -> Catalogue. Programme lies below who gives the fields.
PURCHASE_CATALOGUE = "fidelia.activity.queries.purchase_catalogue"
NIGHTLY_REWARDS = [
    "fidelia.subscriptions.operations.nightly.follow_all",
    "fidelia.rewards.operations.nightly.issue_due",
]
TIER_FACTS = "fidelia.activity.queries.tier_facts.list_purchase_facts"
# The tables of facts that insight exports for analytics.
FACTS = "fidelia.config.registries.FACTS"
# The kinds of long work, and what hands them to procrastinate.
JOBS = "fidelia.config.registries.JOBS"
IMPORTS = "fidelia.config.registries.IMPORTS"
PROCRASTINATE_ON_APP_READY = "fidelia.jobs.jobs.register_tasks"
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/console/login/"
LOGIN_REDIRECT_URL = "/console/"

LANGUAGE_CODE = read_text("FIDELIA_LANGUAGE", "fr")
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
# Where files that people hand in are kept: a folder, or an address that fsspec knows. Drafts lie on this disk.
FILES = read_text("FIDELIA_FILES") or str(HOME / "files")
FILES_INCOMING = HOME / "incoming"
FILE_BYTES_MAX = read_int("FIDELIA_FILE_BYTES_MAX", 4 << 30, least=1_000, most=1 << 40)
# Where the facts for analytics are kept: a folder, or an address that fsspec knows; then readers copy them to here.
FACTS_ROOT = read_text("FIDELIA_FACTS") or str(HOME / "facts")
# What a message costs, by channel, in the operator's currency: for the return of campaigns.
MESSAGE_COSTS = read_amounts("FIDELIA_MESSAGE_COSTS", ("email", "sms"))
# The master of a Spark that computes the measures of a refresh; empty: DuckDB, in the process of the worker.
SPARK = read_text("FIDELIA_SPARK")
FACTS_HERE = HOME / "facts"

SESSION_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_AGE = 12 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = read_text("FIDELIA_SMTP_HOST")
EMAIL_PORT = read_int("FIDELIA_SMTP_PORT", 25, least=1, most=65535)
EMAIL_HOST_USER = read_text("FIDELIA_SMTP_USER")
EMAIL_HOST_PASSWORD = read_text("FIDELIA_SMTP_PASSWORD")
EMAIL_USE_TLS = read_flag("FIDELIA_SMTP_STARTTLS", default=False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = read_text("FIDELIA_MAIL_FROM", "fidelia@localhost")

# Text messages: which gateway hands them over, how it is asked, and the secrets of both directions.
SMS_GATEWAY = read_text("FIDELIA_SMS")
SMS_TEMPLATE = read_text("FIDELIA_SMS_TEMPLATE")
SMS_SECRET = read_text("FIDELIA_SMS_SECRET")
SMS_CALLBACK_SECRET = read_text("FIDELIA_SMS_CALLBACK_SECRET")
SMS_COUNTRIES = [country.upper() for country in read_list("FIDELIA_SMS_COUNTRIES", [])]
SMS_CODES_AN_HOUR_MAX = read_int("FIDELIA_SMS_CODES_AN_HOUR_MAX", 300, least=1, most=1_000_000)

# A JSON body above this is refused before it is read (a batch of 1,000 purchases is about 600 kB).
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3_000  # the columns of an import are one field each, at most a thousand
DATA_UPLOAD_MAX_MEMORY_SIZE = read_int("FIDELIA_BODY_BYTES_MAX", 1_000_000, least=10_000, most=100_000_000)

# How long a call on a checkout waits for another on the same checkout, member or code before it is refused.
CHECKOUT_WAIT_MS = read_int("FIDELIA_CHECKOUT_WAIT_MS", 2_000, least=10, most=60_000)
# How long an open checkout keeps what it reserved, from its last update on.
CHECKOUT_RESERVED_SECONDS = read_int("FIDELIA_CHECKOUT_RESERVED_SECONDS", 1_800, least=1, most=30 * 86_400)

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": read_text("FIDELIA_LOG_LEVEL", "WARNING")},
}
