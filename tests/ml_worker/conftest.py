"""Worker tests share a machine with others: one thread, and it sleeps while it waits.

Torchvision is made ready before a test imports segment_anything by itself.
"""

from ml_worker.threads import let_threads_sleep

let_threads_sleep()

from ml_worker.models.torchvision_compat import ensure_torchvision

ensure_torchvision()

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    torch.set_num_threads(1)
