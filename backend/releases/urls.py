"""Addresses of this room's doors."""

from django.urls import URLPattern, URLResolver, path

from backend.releases.api import ReleaseManifestView, ReleasesView, ReleaseView

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/projects/<uuid:project_id>/releases", ReleasesView.as_view(), name="releases"),
    path("api/v1/releases/<uuid:release_id>", ReleaseView.as_view(), name="release"),
    path(
        "api/v1/releases/<uuid:release_id>/manifest",
        ReleaseManifestView.as_view(),
        name="release-manifest",
    ),
]
