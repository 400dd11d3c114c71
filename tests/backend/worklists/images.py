"""Grids that a viewer can be shown: with instances in the tables, but no files."""

import itertools

from backend.imaging.models import Grid, Instance
from tests.factories import make_grid

_numbers = itertools.count(1)
PIXEL_MODULE = {
    "served": {
        "samples_per_pixel": 1,
        "photometric_interpretation": "MONOCHROME2",
        "bits_allocated": 16,
        "bits_stored": 12,
        "high_bit": 11,
        "pixel_representation": 0,
        "planar_configuration": None,
    },
    "values": [
        {
            "slope": 2.0,
            "intercept": -1000.0,
            "rescale_type": "HU",
            "center": [40.0],
            "width": [350.0],
            "voi_function": None,
            "aspect": None,
        }
    ],
}


def make_image(*, rows: int = 5, columns: int = 7, frame_count: int = 3) -> Grid:
    """Return a CT grid, each frame an instance of its own."""
    grid = make_grid(rows=rows, columns=columns, frame_count=frame_count)
    instances = [
        Instance(
            series=grid.series,
            sop_uid=f"1.2.826.0.7.{next(_numbers)}",
            sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
            blob_sha256="0" * 64,
            size_bytes=1,
            transfer_syntax_uid="1.2.840.10008.1.2.1",
            rows=rows,
            columns=columns,
            frame_count=1,
            pixel_module=PIXEL_MODULE,
            frame_geometry=[{"v": 0}],
            header="{}",
        )
        for _ in range(frame_count)
    ]
    Instance.objects.bulk_create(instances)
    grid.frames = [
        [instance.pk, 1, frame[2]] for instance, frame in zip(instances, grid.frames, strict=True)
    ]
    grid.save(update_fields=["frames"])
    return grid
