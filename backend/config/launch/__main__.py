"""`up` starts Limn and stays; `stop` ends a running one; `reset` removes its data."""

import argparse
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import IO

from backend.config.launch import migrations, services
from backend.config.launch.broker import BrokerRefused
from backend.config.launch.layout import ROOT, Layout, port_is_free
from backend.config.launch.postgres import Postgres, PostgresRefused
from backend.config.launch.supervisor import StartFailed, Supervisor, kill_leftovers, say


def main() -> int:
    """Run one command of the launcher."""
    parser = argparse.ArgumentParser(prog="python -m backend.config.launch", description=__doc__)
    parser.add_argument("command", choices=["up", "stop", "reset"])
    parser.add_argument("--yes", action="store_true", help="reset without asking")
    arguments = parser.parse_args()
    layout = Layout.from_environment()
    if arguments.command == "stop":
        return stop(layout)
    if arguments.command == "reset":
        return reset(layout, sure=arguments.yes)
    return up(layout)


def up(layout: Layout) -> int:
    """Bring everything up and stay until Ctrl-C."""
    layout.prepare()
    lock = _take_lock(layout)
    if lock is None:
        say(f"Limn is already running on {layout.data}. `make stop` ends it.")
        return 1
    marks = (str(layout.data), "backend.config.", "ml_worker.celery_app")
    kill_leftovers(layout.run / "pids.json", marks)
    if not _ports_are_free(layout):
        return 1
    supervisor = Supervisor(layout.logs, layout.run / "pids.json")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: supervisor.stopping.set())
    database = None if os.environ.get("DATABASE_URL") else _own_database(layout)
    try:
        _start_all(layout, supervisor, database)
        if not supervisor.stopping.is_set():
            supervisor.watch()
    except (StartFailed, PostgresRefused, BrokerRefused) as error:
        say(str(error))
        return 1
    finally:
        say("Stopping; everything saved stays saved.")
        supervisor.stop()
        if database is not None:
            database.stop()
    return 0


def _ports_are_free(layout: Layout) -> bool:
    wanted = [(layout.port, "LIMN_PORT"), (layout.port + 1, "LIMN_PORT + 1")]
    if layout.dimse_port:
        wanted.append((layout.dimse_port, "LIMN_DIMSE_PORT"))
    for port, name in wanted:
        if not port_is_free(layout.host, port):
            say(f"Port {port} ({name}) is taken by another program.")
            say("End that program, or choose another port: LIMN_PORT=8100 make demo")
            return False
    return True


def _own_database(layout: Layout) -> Postgres:
    return Postgres(
        folder=layout.data / "postgres",
        port=layout.inner_port("postgres"),
        log_path=layout.logs / "postgres.log",
    )


def _start_all(layout: Layout, supervisor: Supervisor, database: Postgres | None) -> None:
    """Start everything; the web process loads its code while the database comes up."""
    say("Starting PostgreSQL.")
    if database is not None:
        database.initialise()
    url = os.environ.get("DATABASE_URL") if database is None else database.url
    broker_port = layout.inner_port("broker")
    own_broker = f"redis://:{layout.secret('broker')}@127.0.0.1:{broker_port}/0"
    broker_url = os.environ.get("LIMN_BROKER_URL") or own_broker
    env = services.environment(layout, database_url=str(url), broker_url=broker_url)
    _write_environment(layout, env)
    layout.gate.unlink(missing_ok=True)
    web = services.web(layout, env)
    supervisor.spawn(web)
    if database is not None:
        database.start()
    if broker_url == own_broker:
        supervisor.start(services.broker_service(layout, broker_port))
    if not migrations.are_applied(str(url)):
        _manage(env, "migrate", "--verbosity=0")
    layout.gate.touch()
    supervisor.wait(web)
    say("The web process answers.")
    supervisor.start(services.events(layout, env))
    supervisor.start(services.default_worker(layout, env))
    supervisor.start(services.ml_worker(env))
    if layout.dimse_port:
        supervisor.start(services.dimse(layout, env))
    if _demo_is_wanted() and not _demo_is_made(layout):
        _manage(env, "demo")
    _greet(layout)


def _manage(env: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    done = subprocess.run(command, env=env, check=False, cwd=ROOT)  # noqa: S603  our own program
    if done.returncode:
        raise StartFailed(f"`manage.py {arguments[0]}` failed; see the lines above.")


def _demo_is_wanted() -> bool:
    return os.environ.get("LIMN_DEMO", "1") != "0"


def _demo_is_made(layout: Layout) -> bool:
    """Say whether an earlier start finished the demo with as many patients."""
    done = layout.data / "demo" / "done"
    patients = os.environ.get("LIMN_DEMO_PATIENTS", "24")
    return done.exists() and done.read_text(encoding="utf-8").strip() == patients


def _greet(layout: Layout) -> None:
    say(f"Limn is ready at {layout.address}")
    signins = layout.data / "secrets" / "sign-ins.txt"
    if signins.exists() and _demo_is_wanted():
        for line in signins.read_text(encoding="utf-8").splitlines():
            say(line)
    else:
        say("Make the first administrator: .venv/bin/python manage.py createadmin EMAIL")
    say("Ctrl-C stops it; nothing is lost.")


def _write_environment(layout: Layout, env: dict[str, str]) -> None:
    """Keep the variables for `manage.py` in another terminal; owner-only, as it has secrets."""
    path = layout.data / "secrets" / "environment.json"
    path.touch(mode=0o600)
    names = [name for name in env if name.startswith(("LIMN_", "DATABASE_URL"))]
    path.write_text(json.dumps({name: env[name] for name in sorted(names)}), encoding="utf-8")


def _take_lock(layout: Layout) -> IO[str] | None:
    lock = (layout.run / "lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return None
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def stop(layout: Layout) -> int:
    """End the Limn that runs on this data folder."""
    path = layout.run / "lock"
    if not layout.run.is_dir() or not path.exists():
        say("Limn is not running here.")
        return 0
    probe = _take_lock_probe(layout)
    if probe is None:
        say("Limn is not running here.")
        return 0
    os.kill(probe, signal.SIGTERM)
    for _ in range(600):
        if _take_lock_probe(layout) is None:
            say("Limn has stopped.")
            return 0
        time.sleep(0.1)
    say("Limn did not stop within a minute; its log says why.")
    return 1


def _take_lock_probe(layout: Layout) -> int | None:
    """Return the process id of a running launcher, or None."""
    path = layout.run / "lock"
    with path.open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            return int(lock.read() or 0) or None
    return None


def reset(layout: Layout, *, sure: bool) -> int:
    """Remove the data folder, after asking."""
    if not layout.data.exists():
        say("There is no data to remove.")
        return 0
    if not sure:
        answer = input(f"Remove all images, labels and people in {layout.data}? Type 'remove': ")
        if answer.strip() != "remove":
            say("Nothing was removed.")
            return 1
    stop(layout)
    shutil.rmtree(layout.data)
    say("All data is removed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
