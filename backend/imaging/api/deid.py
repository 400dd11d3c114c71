"""Doors: de-identification policies, files in quarantine, the way back."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.core.actor import Actor
from backend.imaging.domain.messages_deid import (
    ComparisonOut,
    IdentityOut,
    PolicyIn,
    PolicyListOut,
    PolicyOut,
    PolicyVersionListOut,
    PseudonymIn,
    QuarantineDecisionIn,
    QuarantinedOut,
    QuarantineListOut,
    RunReportOut,
)
from backend.imaging.selectors import quarantine
from backend.imaging.selectors.comparison import comparison
from backend.imaging.services.deid import identity_find, policy_add
from backend.imaging.services.quarantine import quarantine_decide

CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")


class PoliciesView(APIView):
    """De-identification policies."""

    @extend_schema(operation_id="deid_policies_list", responses={200: PolicyListOut})
    def get(self, request: Request) -> Response:  # noqa: ARG002  everybody sees the same
        """List the newest version of every policy, presets included."""
        return Response(quarantine.policies_list().model_dump(mode="json"))

    @extend_schema(operation_id="deid_policy_add", request=PolicyIn, responses={201: PolicyOut})
    def post(self, request: Request) -> Response:
        """Add the next version of a policy."""
        row = policy_add(actor=Actor.of(request), body=PolicyIn.model_validate(request.data))
        answer = quarantine.policy_out(row).model_dump(mode="json")
        return Response(answer, status=status.HTTP_201_CREATED)


class PolicyVersionsView(APIView):
    """The versions of one policy."""

    @extend_schema(operation_id="deid_policy_versions", responses={200: PolicyVersionListOut})
    def get(self, request: Request, name: str) -> Response:  # noqa: ARG002  all see the same
        """List every version, the newest first."""
        return Response(quarantine.policy_versions(name=name).model_dump(mode="json"))


class RunReportView(APIView):
    """What de-identification did in a delivery."""

    @extend_schema(operation_id="ingest_run_report", responses={200: RunReportOut})
    def get(self, request: Request, run_id: UUID) -> Response:
        """Return counts per attribute, never values."""
        found = quarantine.run_report(actor=Actor.of(request), run_id=run_id)
        return Response(found.model_dump(mode="json"))


class QuarantineView(APIView):
    """Files that wait for a person."""

    @extend_schema(
        operation_id="quarantine_list",
        parameters=[OpenApiParameter("state", str), OpenApiParameter("reason", str), CURSOR],
        responses={200: QuarantineListOut},
    )
    def get(self, request: Request) -> Response:
        """List one's files that wait, newest first; `state` asks for those already decided."""
        page = quarantine.quarantine_page(
            actor=Actor.of(request),
            state=request.query_params.get("state", ""),
            reason=request.query_params.get("reason", ""),
            cursor=request.query_params.get("cursor", ""),
        )
        return Response(page.model_dump(mode="json"))


class QuarantinedView(APIView):
    """One file in quarantine."""

    @extend_schema(operation_id="quarantine_get", responses={200: QuarantinedOut})
    def get(self, request: Request, file_id: UUID) -> Response:
        """Return why it waits, and where text was found."""
        row = quarantine.quarantined_get(actor=Actor.of(request), file_id=file_id)
        return Response(quarantine.quarantined_out(row).model_dump(mode="json"))


class QuarantinedPictureView(APIView):
    """The picture of a file in quarantine."""

    @extend_schema(
        operation_id="quarantine_picture",
        parameters=[
            OpenApiParameter("frame", int, description="From 1."),
            OpenApiParameter("of", str, enum=["sent", "stored"]),
        ],
        responses={(200, "image/png"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, file_id: UUID) -> HttpResponse:
        """Return a frame in its own size; nobody may keep a copy."""
        asked = request.query_params.get("frame", "1")
        number = int(asked) if asked.isascii() and asked.isdigit() else 0
        png = quarantine.quarantined_picture(
            actor=Actor.of(request),
            file_id=file_id,
            frame=number,
            of_stored=request.query_params.get("of") == "stored",
        )
        return HttpResponse(png, content_type="image/png", headers={"Cache-Control": "no-store"})


class QuarantineComparisonView(APIView):
    """A file in quarantine beside the stored one whose identifier it carries."""

    @extend_schema(operation_id="quarantine_comparison", responses={200: ComparisonOut})
    def get(self, request: Request, file_id: UUID) -> Response:
        """Return how headers and pixels differ; nothing of a stored one that one may not see."""
        found = comparison(actor=Actor.of(request), file_id=file_id)
        answer = Response(found.model_dump(mode="json"))
        answer["Cache-Control"] = "no-store"
        return answer


class QuarantineDecisionView(APIView):
    """What becomes of a file in quarantine."""

    @extend_schema(
        operation_id="quarantine_decide",
        request=QuarantineDecisionIn,
        responses={200: QuarantinedOut},
    )
    def post(self, request: Request, file_id: UUID) -> Response:
        """Blank boxes in all frames, release as it is, keep beside the stored one, or discard."""
        row = quarantine_decide(
            actor=Actor.of(request),
            file_id=file_id,
            body=QuarantineDecisionIn.model_validate(request.data),
        )
        return Response(quarantine.quarantined_out(row).model_dump(mode="json"))


class IdentityView(APIView):
    """The way back from a pseudonym."""

    @extend_schema(operation_id="deid_identity", request=PseudonymIn, responses={200: IdentityOut})
    def post(self, request: Request) -> Response:
        """Return who a pseudonym is; the question and its reason are on the record."""
        body = PseudonymIn.model_validate(request.data)
        found = identity_find(actor=Actor.of(request), pseudonym=body.pseudonym, reason=body.reason)
        answer = Response(found.model_dump(mode="json"))
        answer["Cache-Control"] = "no-store"
        return answer
