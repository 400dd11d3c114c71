"""The route table: each app's doors under their prefix."""

from django.urls import include, path

from backend.api.health import healthz, readyz
from backend.api.schema import OpenApiView
from backend.api.spa import single_page

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("api/v1/openapi.json", OpenApiView.as_view(), name="openapi"),
    path("", include("backend.accounts.urls")),
    path("", include("backend.imaging.urls")),
    path("", include("backend.projects.urls")),
    path("", include("backend.annotations.urls")),
    path("", include("backend.inference.urls")),
    path("", include("backend.worklists.urls")),
    path("", include("backend.releases.urls")),
    path("", include("backend.exports.urls")),
    path("", include("backend.api.urls")),
    path("<path:_path>", single_page, name="page"),
    path("", single_page, {"_path": ""}, name="home"),
]
