"""The DIMSE process itself, on the tests' database, and people who call it."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

from django.db import connection
from pynetdicom import AE, build_role, evt

from tests.conftest import ROOT
from tests.ports import free_port

PATIENCE = 60.0


class DimseProcess:
    """`python -m backend.config.dimse`, which can be killed and started again."""

    def __init__(self, data):
        self.port = free_port()
        self.data = data
        self.process = None

    def start(self):
        url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}"
        environment = {
            **os.environ,
            "DATABASE_URL": url.format_map(connection.settings_dict),
            "LIMN_DATA": str(self.data),
            "LIMN_BLOBS": str(self.data / "blobs"),
            "LIMN_DIMSE_PORT": str(self.port),
            "LIMN_DIMSE_HOST": "127.0.0.1",
            "LIMN_DIMSE_AE": "LIMN",
            "LIMN_TEST_RUNNING": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "backend.config.dimse"], cwd=ROOT, env=environment
        )
        until = time.monotonic() + PATIENCE
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)

    @contextmanager
    def called(self, contexts, *, title="CT1", called="LIMN", receive=None):
        """Open an association as somebody; it is released afterwards, or what is left of it."""
        entity = AE(ae_title=title)
        for model, syntaxes in contexts:
            entity.add_requested_context(model, syntaxes)
        roles = [build_role(model, scp_role=True) for model, _ in contexts if receive]
        handlers = [(evt.EVT_C_STORE, receive)] if receive else []
        open_one = entity.associate(
            "127.0.0.1", self.port, ae_title=called, ext_neg=roles, evt_handlers=handlers
        )
        try:
            yield open_one
        finally:
            if open_one.is_established:
                open_one.release()
