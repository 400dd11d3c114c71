"""The launcher's promises that need no whole start: ports, secrets, versions, sentences."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import psutil

from backend.config.launch.layout import Layout, port_is_free
from tests.installation import Installation
from tests.ports import free_port_pair

ROOT = Path(__file__).resolve().parents[2]


def launch(*arguments, **variables):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LIMN", "DATABASE"))}
    return subprocess.run(
        [sys.executable, "-m", "backend.config.launch", *arguments],
        cwd=ROOT,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    layout = Layout(data=tmp_path, port=8123, host="127.0.0.1")
    layout.prepare()

    first = layout.secret("web")

    assert len(first) >= 40
    assert layout.secret("web") == first
    mode = (tmp_path / "secrets" / "web").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_taken_port_is_named_with_what_to_do(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not port_is_free("127.0.0.1", port)

        done = launch("up", LIMN_DATA=str(tmp_path), LIMN_PORT=str(port))

    assert done.returncode == 1
    assert f"Port {port}" in done.stdout
    assert "LIMN_PORT=8100 make demo" in done.stdout


def test_the_dimse_door_needs_a_port_that_is_free(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        where = {"LIMN_DATA": str(tmp_path), "LIMN_PORT": str(free_port_pair())}

        done = launch("up", **where, LIMN_DIMSE_PORT=port)

    assert done.returncode == 1
    assert f"Port {port} (LIMN_DIMSE_PORT) is taken" in done.stdout
    assert "LIMN_DIMSE_PORT must be" in launch("up", **where, LIMN_DIMSE_PORT="dicom").stderr


def test_a_port_that_is_no_number_is_refused_in_a_sentence(tmp_path):
    done = launch("up", LIMN_DATA=str(tmp_path), LIMN_PORT="eighty")

    assert done.returncode == 1
    assert "LIMN_PORT must be a port number" in done.stderr


def test_stopping_what_does_not_run_is_no_error(tmp_path):
    done = launch("stop", LIMN_DATA=str(tmp_path))

    assert done.returncode == 0
    assert "not running" in done.stdout


def test_all_of_it_stops_when_the_terminal_is_closed():
    limn = Installation(demo=False)
    command = [sys.executable, "-m", "backend.config.launch", "up"]
    with subprocess.Popen(
        command, cwd=ROOT, env=limn.environment, stdout=subprocess.PIPE, text=True
    ) as launcher:
        assert launcher.stdout is not None
        assert any("Limn is ready" in line for line in launcher.stdout)
        services = [limn.pid(name) for name in ("web", "events", "worker", "ml_worker", "broker")]
        server = int((limn.data / "postgres" / "data" / "postmaster.pid").read_text().split()[0])

        launcher.stdout.close()
        launcher.send_signal(signal.SIGHUP)

        assert launcher.wait(60) == 0
    assert not [pid for pid in (*services, server) if psutil.pid_exists(pid)]
    shutil.rmtree(limn.data)
