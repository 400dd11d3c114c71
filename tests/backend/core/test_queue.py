"""The doorbell goes to Limn's own broker, from any thread, and a dead broker costs little."""

import subprocess
import threading
import time

import pytest
import redis

from backend.config.launch.broker import find_server, write_configuration
from backend.core import queue
from tests.ports import free_port


@pytest.fixture
def broker(tmp_path, settings):
    """A real broker of the test's own."""
    port = free_port()
    configuration = write_configuration(tmp_path, port=port, password="secret")
    process = subprocess.Popen([find_server(), str(configuration)], stdout=subprocess.DEVNULL)
    client = redis.Redis(port=port, password="secret")
    for _ in range(100):
        try:
            client.ping()
            break
        except redis.ConnectionError:
            time.sleep(0.05)
    settings.LIMN_BROKER_URL = f"redis://:secret@127.0.0.1:{port}/0"
    queue._doorbell.cache_clear()
    yield client
    process.terminate()
    process.wait()
    queue._doorbell.cache_clear()


def test_a_ring_reaches_the_queue_of_limns_own_broker_from_any_thread(broker):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(queue.ring("a.task", "7", queue="ml")))
    thread.start()
    thread.join()

    assert answers == [True]
    assert broker.llen("ml") == 1


def test_a_broker_that_is_away_is_no_error(settings):
    settings.LIMN_BROKER_URL = f"redis://127.0.0.1:{free_port()}/0"
    queue._doorbell.cache_clear()

    assert queue.ring("a.task", "7") is False

    queue._doorbell.cache_clear()
