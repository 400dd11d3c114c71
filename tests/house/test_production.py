"""The containers are described soundly: pinned, healthy, secrets from files, settings that exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
ONE_SHOT = {"migrate"}


def test_every_image_is_pinned_to_a_version():
    images = [service["image"] for service in COMPOSE["services"].values()]

    assert len(images) >= 8
    for image in images:
        tag = image.rsplit(":", 1)[-1]
        assert re.search(r"\d+\.\d+", tag), f"{image} is not pinned"


def test_every_lasting_service_has_a_health_check():
    lasting = {n: s for n, s in COMPOSE["services"].items() if n not in ONE_SHOT}

    assert lasting
    assert [name for name, service in lasting.items() if "healthcheck" not in service] == []


def test_secrets_come_from_files_and_stand_nowhere_else():
    text = (ROOT / "docker-compose.yml").read_text()

    assert all("file" in secret for secret in COMPOSE["secrets"].values())
    assert not re.search(r"(PASSWORD|TOKEN|SECRET_KEY): \S", text)


def test_every_variable_of_the_containers_is_one_that_limn_reads():
    read = "".join(
        path.read_text()
        for folder in ("backend", "ml_worker")
        for path in (ROOT / folder).rglob("*.py")
    )
    set_here = {
        name.removesuffix("_FILE")
        for service in COMPOSE["services"].values()
        for name in service.get("environment", {})
        if name.startswith(("LIMN_", "DATABASE_"))
    }

    assert len(set_here) > 8
    assert [name for name in set_here if f'"{name}"' not in read] == []


@pytest.mark.skipif(
    shutil.which("docker-compose") is None and shutil.which("docker") is None,
    reason="no docker compose on this machine",
)
def test_docker_compose_accepts_the_file(tmp_path):
    command = ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]
    if subprocess.run([*command, "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker is here without its compose plugin")
    copy = tmp_path / "docker-compose.yml"
    shutil.copy(ROOT / "docker-compose.yml", copy)
    done = subprocess.run(
        [*command, "-f", str(copy), "config", "-q"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
