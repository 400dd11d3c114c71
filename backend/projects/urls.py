"""Addresses of this room's doors."""

from django.urls import URLPattern, URLResolver, path

from backend.projects.api import (
    MembersView,
    MemberView,
    ProjectsView,
    ProjectView,
    SchemasView,
    SchemaView,
    UnitsView,
)

_PROJECT = "api/v1/projects/<uuid:project_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/projects", ProjectsView.as_view(), name="projects"),
    path(_PROJECT, ProjectView.as_view(), name="project"),
    path(f"{_PROJECT}/schema", SchemaView.as_view(), name="schema"),
    path(f"{_PROJECT}/schemas", SchemasView.as_view(), name="schemas"),
    path(f"{_PROJECT}/members", MembersView.as_view(), name="members"),
    path(f"{_PROJECT}/members/<uuid:user_id>", MemberView.as_view(), name="member"),
    path(f"{_PROJECT}/units", UnitsView.as_view(), name="units"),
]
