"""The Django application of this room."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Names the room."""

    name = "backend.accounts"
    label = "accounts"
