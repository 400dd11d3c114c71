"""The browser application's page, for every address that no other door takes."""

from pathlib import Path

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import ensure_csrf_cookie

from backend.core.http import PROBLEM_TYPE, problem_document

_NOT_PAGES = ("api/", "worker/", "dicomweb/", "frames/", "static/", "assets/", "events")


@ensure_csrf_cookie
def single_page(_request: HttpRequest, _path: str) -> HttpResponseBase:
    """Return index.html; addresses below the API's prefixes are 404 instead."""
    if _path.startswith(_NOT_PAGES):
        document = problem_document(status=404, code="not_found", detail="There is nothing here.")
        return JsonResponse(document, status=404, content_type=PROBLEM_TYPE)
    page = Path(settings.LIMN_FRONTEND) / "index.html"
    if not page.is_file():
        text = "The browser application is not built. Run `make demo`, or `npm run build` in frontend/."
        return HttpResponse(text, status=503, content_type="text/plain")
    response = FileResponse(page.open("rb"), content_type="text/html; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response
