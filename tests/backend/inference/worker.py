"""A model worker's side of the door: claim, work out something small, answer."""

import numpy as np
from django.conf import settings
from django.test import Client

from backend.core.blobs import blob_store
from backend.core.models import Job
from ml_worker.contract.masks import encode_mask, pack_masks

SEGMENT_SCORE = {"uncertainty": 0.4, "first_k": 3, "last_k": 7, "frames": []}


class FakeWorker:
    """Speaks HTTP as `ml_worker` does; its answers are made up but well formed."""

    def __init__(self, name="worker-1", token=None):
        self.name = name
        self.token = settings.LIMN_WORKER_TOKEN if token is None else token
        self.http = Client()

    def post(self, path, body):
        return self.http.post(
            f"/worker/v1/{path}",
            body,
            content_type="application/json",
            headers={"Authorization": f"Worker {self.token}"},
        )

    def claim(self, job, lease_s=30):
        return self.post(f"jobs/{job.pk}/claim", {"worker": self.name, "lease_s": lease_s})

    def beat(self, job, attempt, progress=0.5, **fields):
        body = {"attempt": attempt, "progress": progress, **fields}
        return self.post(f"jobs/{job.pk}/heartbeat", body)

    def answer(self, job, attempt, answer):
        return self.post(f"jobs/{job.pk}/answer", {"attempt": attempt, "answer": answer})

    def work(self, kind, make):
        """Claim the oldest open job of a kind and answer it with `make(request)`."""
        job = Job.objects.filter(kind=kind, state__in=["queued", "sent"]).earliest("created_at")
        claimed = self.claim(job).json()
        reply = self.answer(job, claimed["attempt"], make(claimed["request"]))
        assert reply.status_code == 204, reply.content
        return job


def stored(data: bytes) -> dict:
    return blob_store().put([data]).model_dump()


def trained(request, *, dice=0.81, weights=b"weights-1"):
    """Answer with a trained network of made-up quality."""
    return {
        "kind": "trained",
        "weights": stored(weights),
        "config": {"family": "unet2d", "segment_ids": [s["id"] for s in request["segments"]]},
        "metrics": {
            "per_segment": {
                1: {"dice_mean": dice, "dice_low": dice - 0.1, "dice_high": dice + 0.05, "n": 1}
            },
            "mean_dice": dice,
            "n_patients_held_out": 1,
        },
        "curve": [{"step": 50, "loss": 0.7, "dice": None, "at": "2026-01-02T03:04:05Z"}],
        "seconds": 12.5,
    }


def predicted(request, *, value=1, uncertainty=lambda place: 0.1 + 0.2 * place, error=None):
    """Answer with a square of one segment on the middle frame of each volume."""
    results = []
    for place, item in enumerate(request["volumes"]):
        volume = item["volume"]
        frames = volume["frames"]
        labels = np.zeros((volume["rows"], volume["columns"]), np.uint16)
        labels[2:7, 3 : 5 + place] = value
        pack = pack_masks({(0, frames[len(frames) // 2]["key"]): encode_mask(labels)})
        results.append(
            {
                "unit_id": item["unit_id"],
                "masks": None if error else stored(pack),
                "score": None
                if error
                else {
                    "uncertainty": uncertainty(place),
                    "foreground_fraction": 0.01,
                    "per_segment": {value: SEGMENT_SCORE},
                    "per_frame": {},
                    "features": [float(place), 0.5, -place * 2.0],
                },
                "error": error,
            }
        )
    return {
        "kind": "predicted",
        "version_id": request["version_id"],
        "weights_sha256": request["weights"]["sha256"],
        "results": results,
    }
