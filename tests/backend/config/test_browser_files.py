"""How long a browser may keep the files of the application, where the web process serves them."""

import pytest
from django.test import Client


@pytest.fixture
def client(tmp_path, settings):
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-Dc7aHteN.js").write_text("export {};")
    (tmp_path / "index.html").write_text("<!doctype html>")
    settings.WHITENOISE_ROOT = settings.LIMN_FRONTEND = tmp_path
    return Client()


def test_a_file_with_its_hash_in_its_name_is_kept_and_never_asked_about_again(client):
    kept = client.get("/assets/index-Dc7aHteN.js")["Cache-Control"]
    assert "immutable" in kept
    assert int(kept.split("max-age=")[1].split(",")[0]) >= 31_536_000


@pytest.mark.parametrize("address", ["/", "/work/17"])
def test_the_page_that_names_those_files_is_asked_about_every_time(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Cache-Control"].startswith(("no-cache", "max-age=0"))
