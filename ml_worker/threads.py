"""Let the threads of numerical libraries sleep while they wait.

By default they spin: on a shared machine one training step was seen to cost four times its work.
Must be called before torch is imported.
"""

import os


def let_threads_sleep() -> None:
    """Choose sleeping over spinning unless the environment chose already."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
