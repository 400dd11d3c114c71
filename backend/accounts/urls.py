"""Addresses of this room's doors."""

from django.urls import URLPattern, URLResolver, path

from backend.accounts.api import (
    PasswordView,
    SessionView,
    TokensView,
    TokenView,
    UsersView,
    UserView,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/session", SessionView.as_view(), name="session"),
    path("api/v1/session/password", PasswordView.as_view(), name="password"),
    path("api/v1/users", UsersView.as_view(), name="users"),
    path("api/v1/users/<uuid:user_id>", UserView.as_view(), name="user"),
    path("api/v1/tokens", TokensView.as_view(), name="tokens"),
    path("api/v1/tokens/<uuid:token_id>", TokenView.as_view(), name="token"),
]
