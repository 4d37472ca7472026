"""Django's settings; everything a company sets comes from the environment (docs/operations/settings.md)."""

import os
from pathlib import Path

from counterflow.config import database, embedded_layout
from counterflow.config.secret_key import secret_key

BASE = Path(__file__).resolve().parent.parent
ENVIRONMENT = os.environ.get("COUNTERFLOW_ENV", "development")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = False
SECRET_KEY = secret_key(production=PRODUCTION)
ALLOWED_HOSTS = os.environ.get("COUNTERFLOW_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("COUNTERFLOW_ORIGINS", "").split(",") if origin]

ROOMS = (
    "kernel",
    "ledger",
    "registry",
    "catalog",
    "facilities",
    "access",
    "evidence",
    "orders",
    "policies",
    "workqueue",
    "returns",
    "logistics",
    "receiving",
    "refunds",
    "recovery",
    "reconciliation",
    "approvals",
    "backtests",
    "clocks",
    "desk",
    "api",
    "console",
)
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    *(f"counterflow.{room}" for room in ROOMS),
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "counterflow.console.middleware.ContentPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "counterflow.config.urls"
WSGI_APPLICATION = "counterflow.config.wsgi.application"
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

DATABASES = database.databases()
PROCRASTINATE_IMPORT_PATHS = [
    "counterflow.flows",
    "counterflow.approvals.tasks",
    "counterflow.ledger.tasks",
    "counterflow.desk.tasks",
    "counterflow.evidence.tasks",
    "counterflow.policies.tasks",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# A call may carry 10,000 items; a form and a file have bounds of their own.
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# Photos and documents are served by a page that asks who may see them, so this folder has no address of its own.
MEDIA_ROOT = Path(os.environ.get("COUNTERFLOW_MEDIA") or embedded_layout.home() / "media")
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
EVIDENCE_BYTES_MAX = int(os.environ.get("COUNTERFLOW_PHOTO_MB", "12")) * 1024 * 1024
DOCUMENT_BYTES_MAX = int(os.environ.get("COUNTERFLOW_DOCUMENT_MB", "10")) * 1024 * 1024

# The company prefix under which pallets get their SSCC. 952 is what GS1 keeps for demonstrations and examples.
GS1_PREFIX = os.environ.get("COUNTERFLOW_GS1_PREFIX", "9521234")

# What all goodwill of an order may come to, in percent of what was invoiced for it; never more than all of it.
GOODWILL_PERCENT_MAX = max(0, min(100, int(os.environ.get("COUNTERFLOW_GOODWILL_PERCENT", "100"))))

# What more customers than this share (a parcel shop's address, a switchboard's number) links no accounts.
LINK_SHARED_MAX = max(2, int(os.environ.get("COUNTERFLOW_LINK_SHARED", "10")))

AUTH_USER_MODEL = "access.User"
LOGIN_URL = "/sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
if os.environ.get("COUNTERFLOW_FAST_HASHER") == "1" and not PRODUCTION:
    # Tests sign in hundreds of times; the strength of the hash is not what they are about.
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if os.environ.get("COUNTERFLOW_PROXY") == "1" else None
X_FRAME_OPTIONS = "DENY"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = True
STATIC_URL = "/static/"
# Built assets carry their own hashes; they are served from where the package has them.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
SILENCED_SYSTEM_CHECKS: list[str] = []
# Faults go to standard error, where whatever runs the server keeps its log. Pages that people miss do not.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "level": "ERROR"}},
    "root": {"handlers": ["stderr"], "level": "ERROR"},
}

# Mail goes to a server where one is named; else it becomes files, and the screens say so.
MAIL_FOLDER = embedded_layout.home() / "mail"
EMAIL_HOST = os.environ.get("COUNTERFLOW_MAIL_HOST", "")
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend" if EMAIL_HOST else "counterflow.desk.mailbox.Folder"
EMAIL_PORT = int(os.environ.get("COUNTERFLOW_MAIL_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("COUNTERFLOW_MAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("COUNTERFLOW_MAIL_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("COUNTERFLOW_MAIL_TLS", "1") == "1"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("COUNTERFLOW_MAIL_FROM", "returns@localhost")
