"""Django's settings; everything a company sets comes from the environment (docs/operations/settings.md)."""

import os
from importlib.util import find_spec
from pathlib import Path

from counterflow.config import database

ENVIRONMENT = os.environ.get("COUNTERFLOW_ENV", "development")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = os.environ.get("COUNTERFLOW_DEBUG") == "1" and not PRODUCTION
SECRET_KEY = os.environ.get("COUNTERFLOW_SECRET_KEY", "dev")
ALLOWED_HOSTS = os.environ.get(
    "COUNTERFLOW_HOSTS", "localhost,127.0.0.1,[::1],testserver"
).split(",")
CSRF_TRUSTED_ORIGINS = [
    o for o in os.environ.get("COUNTERFLOW_ORIGINS", "").split(",") if o
]

ROOMS = [
    "kernel",
    "ledger",
    "catalog",
    "facilities",
    "access",
    "orders",
    "policies",
    "workqueue",
    "returns",
    "logistics",
    "receiving",
    "refunds",
    "reconciliation",
    "api",
    "console",
]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    *(
        f"counterflow.{room}"
        for room in ROOMS
        if find_spec(f"counterflow.{room}") and find_spec(f"counterflow.{room}.apps")
    ),
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "counterflow.config.urls"
WSGI_APPLICATION = "counterflow.config.wsgi.application"

DATABASES = database.databases()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if find_spec("counterflow.access") and find_spec("counterflow.access.models"):
    INSTALLED_APPS.insert(0, "django.contrib.auth")
    AUTH_USER_MODEL = "access.User"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = True
STATIC_URL = "/static/"
LOGIN_URL = "/sign-in"
BASE = Path(__file__).resolve().parent.parent
