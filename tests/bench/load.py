"""Load over kept connections: wrk where it is installed, else threads of this process."""

import http.client
import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 8
LOAD_SECONDS = 4.0
_DONE = re.compile(r"(\d+) requests in")
_P99 = re.compile(r"99%\s+([\d.]+)(us|ms|s)")
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


@dataclass(frozen=True)
class Asked:
    """What is asked for in turn; each answer is 200 with `size` bytes."""

    paths: Sequence[str]
    headers: Mapping[str, str]
    size: int


def in_threads(work: list[Callable[[], None]]) -> float:
    """Run all at once and return the seconds until the last has ended."""
    began = time.monotonic()
    threads = [threading.Thread(target=each) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - began


def generator() -> str:
    """Return what makes the load."""
    return "wrk" if shutil.which("wrk") else "Python, which takes its share"


@dataclass(frozen=True)
class Load:
    """Answers per second, and how long all but one in a hundred took at most, in ms."""

    rate: float
    p99_ms: float


def load_of(port: int, asked: Asked, folder: Path, connections: int = CONNECTIONS) -> Load:
    """Ask as fast as the answers come, over so many connections."""
    if shutil.which("wrk"):
        return _load_by_wrk(port, asked, folder, connections)
    until = time.monotonic() + LOAD_SECONDS
    times: list[list[float]] = [[] for _ in range(connections)]

    def load(turn: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        n = turn
        while (began := time.monotonic()) < until:
            path = asked.paths[n % len(asked.paths)]
            connection.request("GET", path, headers=dict(asked.headers))
            answer = connection.getresponse()
            if answer.status != 200 or len(answer.read()) != asked.size:
                raise RuntimeError(f"{path}: {answer.status}")
            times[turn].append((time.monotonic() - began) * 1e3)
            n += connections

    seconds = in_threads([lambda t=turn: load(t) for turn in range(connections)])
    every = sorted(each for own in times for each in own)
    return Load(len(every) / seconds, every[len(every) * 99 // 100])


def _load_by_wrk(port: int, asked: Asked, folder: Path, connections: int) -> Load:
    listed = ", ".join(json.dumps(path) for path in asked.paths)
    headers = ", ".join(f"[{json.dumps(k)}]={json.dumps(v)}" for k, v in asked.headers.items())
    script = folder / "load.lua"
    script.write_text(
        f"local n, paths, headers = 0, {{{listed}}}, {{{headers}}}\n"
        "request = function() n = n + 1\n"
        'return wrk.format("GET", paths[n % #paths + 1], headers) end\n'
    )
    argv = ["wrk", "-t1", f"-c{connections}", f"-d{LOAD_SECONDS:.0f}s", "--latency", "-s"]
    told = subprocess.run(
        [*argv, str(script), f"http://127.0.0.1:{port}/"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    done, slow = _DONE.search(told), _P99.search(told)
    if done is None or slow is None or "Non-2xx" in told or "Socket errors" in told:
        raise RuntimeError(told)
    milliseconds = float(slow.group(1)) * _UNITS[slow.group(2)]
    return Load(int(done.group(1)) / LOAD_SECONDS, milliseconds)
