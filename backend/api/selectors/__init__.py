"""Read side: whether Limn can work, and what an administrator looks at."""

from backend.api.selectors.admin import audit_describe, system_describe
from backend.api.selectors.readiness import readiness

__all__ = ["audit_describe", "readiness", "system_describe"]
