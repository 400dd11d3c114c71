"""Doors: patients, and what is known of them beside the images."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.core.actor import Actor
from backend.imaging.domain.messages_patients import (
    ClinicalCsvIn,
    ClinicalCsvOut,
    ClinicalIn,
    ClinicalListOut,
    ClinicalOut,
    PatientDetailOut,
)
from backend.imaging.selectors import patients
from backend.imaging.services import clinical


class PatientView(APIView):
    """One patient."""

    @extend_schema(operation_id="patient_get", responses={200: PatientDetailOut})
    def get(self, request: Request, patient_id: UUID) -> Response:
        """Return a patient with the studies one may see, oldest first."""
        found = patients.patient_detail(actor=Actor.of(request), patient_id=patient_id)
        return Response(found.model_dump(mode="json"))


class ClinicalView(APIView):
    """What is known of a patient beside the images."""

    @extend_schema(
        operation_id="clinical_list",
        parameters=[OpenApiParameter("history", bool, description="Withdrawn entries too.")],
        responses={200: ClinicalListOut},
    )
    def get(self, request: Request, patient_id: UUID) -> Response:
        """List facts, measurements and notes."""
        found = patients.clinical_list(
            actor=Actor.of(request),
            patient_id=patient_id,
            with_history=request.query_params.get("history") == "true",
        )
        return Response(found.model_dump(mode="json"))

    @extend_schema(operation_id="clinical_add", request=ClinicalIn, responses={201: ClinicalOut})
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Write an entry."""
        body = ClinicalIn.model_validate(request.data)
        row = clinical.clinical_add(actor=Actor.of(request), patient_id=patient_id, body=body)
        answer = patients.clinical_out(row).model_dump(mode="json")
        return Response(answer, status=status.HTTP_201_CREATED)


class ClinicalEntryView(APIView):
    """One entry."""

    @extend_schema(
        operation_id="clinical_correct", request=ClinicalIn, responses={200: ClinicalOut}
    )
    def put(self, request: Request, patient_id: UUID, entry_id: UUID) -> Response:
        """Correct it; the old one stays to be read."""
        row = clinical.clinical_correct(
            actor=Actor.of(request),
            patient_id=patient_id,
            entry_id=entry_id,
            body=ClinicalIn.model_validate(request.data),
        )
        return Response(patients.clinical_out(row).model_dump(mode="json"))

    @extend_schema(operation_id="clinical_withdraw", responses={204: None})
    def delete(self, request: Request, patient_id: UUID, entry_id: UUID) -> Response:
        """Withdraw it; it stays to be read."""
        clinical.clinical_withdraw(
            actor=Actor.of(request), patient_id=patient_id, entry_id=entry_id
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class ClinicalCsvView(APIView):
    """Many entries at once."""

    @extend_schema(
        operation_id="clinical_import", request=ClinicalCsvIn, responses={200: ClinicalCsvOut}
    )
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Take a table in; lines that say nothing sensible are left and told."""
        body = ClinicalCsvIn.model_validate(request.data)
        told = clinical.clinical_import(
            actor=Actor.of(request), patient_id=patient_id, text=body.text
        )
        return Response(told.model_dump(mode="json"))
