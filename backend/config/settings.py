"""Django's settings; the same file for `make demo`, tests and production.

What differs stands in the environment (see docs/operations.md for the list).
"""

from pathlib import Path

from backend.config import environment as env

BASE_DIR = Path(__file__).resolve().parents[2]
LIMN_VERSION = "0.1.0"
LIMN_DATA = Path(env.text("LIMN_DATA", str(BASE_DIR / ".limn"))).resolve()
LIMN_BLOBS = env.text("LIMN_BLOBS", str(LIMN_DATA / "blobs"))
LIMN_S3_ENDPOINT = env.text("LIMN_S3_ENDPOINT", "")
LIMN_CACHE = LIMN_DATA / "cache"
LIMN_CACHE_BYTES = env.number("LIMN_CACHE_BYTES", 20 * 1024**3, least=1 << 20)
LIMN_HTJ2K_COPIES_OVER = env.number("LIMN_HTJ2K_COPIES_OVER", 0)
LIMN_UPLOADS = LIMN_DATA / "uploads"
LIMN_WEB_URL = env.text("LIMN_WEB_URL", "http://127.0.0.1:8000")
LIMN_EVENTS_URL = env.text("LIMN_EVENTS_URL", "/events")
LIMN_WORKER_TOKEN = env.text("LIMN_WORKER_TOKEN")
LIMN_DEID_KEY = env.text("LIMN_DEID_KEY", env.kept(LIMN_DATA / "secrets" / "deid-key"))
LIMN_WATCH_ROOTS = env.words("LIMN_WATCH_ROOTS", "")
LIMN_DIMSE_PORT = env.number("LIMN_DIMSE_PORT", 0)
LIMN_DIMSE_HOST = env.text("LIMN_DIMSE_HOST", "0.0.0.0")  # noqa: S104  senders come from outside
LIMN_DIMSE_AE = env.text("LIMN_DIMSE_AE", "LIMN")
LIMN_FRAME_TOKEN_SECONDS = env.number("LIMN_FRAME_TOKEN_SECONDS", 900, least=30)
LIMN_LEASE_SECONDS = env.number("LIMN_LEASE_SECONDS", 30, least=2)
LIMN_UPLOAD_MAX_BYTES = env.number("LIMN_UPLOAD_MAX_BYTES", 16 * 1024**3, least=1)

SECRET_KEY = env.text("LIMN_SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = env.words("LIMN_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("LIMN_ORIGINS", LIMN_WEB_URL)
LIMN_HTTPS = env.flag("LIMN_HTTPS", default=False)

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "backend.core",
    "backend.audit",
    "backend.accounts",
    "backend.imaging",
    "backend.projects",
    "backend.annotations",
    "backend.releases",
    "backend.inference",
    "backend.worklists",
    "backend.exports",
    "backend.api",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "backend.core.http.NoStoreMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "backend.config.urls"
APPEND_SLASH = False
WSGI_APPLICATION = "backend.config.wsgi.application"
TEMPLATES: list[dict[str, object]] = []

_database = env.database(env.text("DATABASE_URL"))
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.name,
        "USER": _database.user,
        "PASSWORD": env.text("DATABASE_PASSWORD", _database.password),
        "HOST": _database.host,
        "PORT": _database.port,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": False,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = LIMN_HTTPS
CSRF_COOKIE_SECURE = LIMN_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if LIMN_HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if LIMN_HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
LIMN_FRONTEND = Path(env.text("LIMN_FRONTEND", str(BASE_DIR / "frontend" / "dist")))
WHITENOISE_ROOT = LIMN_FRONTEND if LIMN_FRONTEND.is_dir() else None
WHITENOISE_INDEX_FILE = True
# As nginx does it: what carries its hash in its name never changes, everything else is asked about.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/assets/"
WHITENOISE_MAX_AGE = 0

DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = None

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "backend.accounts.authentication.TokenAuthentication",
        "backend.accounts.authentication.CookieAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "backend.core.http.problem_response",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Limn",
    "DESCRIPTION": "Label DICOM images together with AI, and build proven training sets.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "PREPROCESSING_HOOKS": ["backend.api.schema.only_api"],
    "POSTPROCESSING_HOOKS": ["backend.api.schema.describe_problems"],
}

LIMN_BROKER_URL = env.text("LIMN_BROKER_URL")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "pydicom": {"level": "ERROR"},
        "pynetdicom": {"level": "ERROR"},
    },
}
