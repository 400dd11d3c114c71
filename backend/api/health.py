"""Alive and ready: for people, load balancers and the launcher."""

from django.http import HttpRequest, JsonResponse

from backend.api.selectors import readiness


def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer that the process is alive; touches nothing else."""
    return JsonResponse({"status": "alive"})


def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer whether Limn can work, part by part; 503 while something needed is away."""
    parts = readiness()
    ready = all(part["state"] == "ready" for part in parts.values())
    return JsonResponse(
        {"status": "ready" if ready else "not ready", "parts": parts}, status=200 if ready else 503
    )
