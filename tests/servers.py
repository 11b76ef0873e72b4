"""Real servers for tests: PostgreSQL and Redis from this machine's packages, each in a folder of its own."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from attrs import define, field

REQUIRED = os.environ.get("LEMLIST_TEST_SERVERS") == "required"


def absent(what, advice):
    """Skip a test for want of a server; fail it where servers are required, as in CI."""
    if REQUIRED:
        pytest.fail(f"{what} is not here: {advice}")
    pytest.skip(f"{what} is not here: {advice}")


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def _family(pid):
    """Return a process and its descendants, the oldest first."""
    family = [pid]
    for one in family:
        with suppress(FileNotFoundError, ProcessLookupError):
            family += map(int, Path(f"/proc/{one}/task/{one}/children").read_text(encoding="ascii").split())
    return family


@define
class Server:
    """A server's process, which can be killed, frozen, and started again on the same port."""

    command: list
    port: int
    user: int | None = None
    ready: object = None
    log: Path | None = None
    process: subprocess.Popen | None = field(default=None, init=False)

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, user=self.user, start_new_session=True, cwd="/"
            )
        deadline = time.monotonic() + 60
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self.log.read_text(errors="replace")[-2000:])
            time.sleep(0.05)

    def signal(self, number):
        """Signal the process and all that it has begun: PostgreSQL gives each of its own a group of their own."""
        for pid in _family(self.process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self):
        with suppress(ProcessLookupError):
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGKILL)
        self.process.wait()


@define
class Postgres(Server):
    """A PostgreSQL server; `dsn(name)` makes a database and gives its address."""

    made: int = field(default=0, init=False)

    def address(self, database):
        return f"postgresql://postgres:secret-word@127.0.0.1:{self.port}/{database}"

    def dsn(self):
        import psycopg

        self.made += 1
        name = f"test_{os.getpid()}_{self.made}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.address(name)


@contextmanager
def postgres():
    """Run a PostgreSQL server for the time of the block."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda one: one.parts[4])
    found = str(binaries[-1]) if binaries else shutil.which("postgres")
    if found is None:
        absent("PostgreSQL", "apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="lemlist-pg-"))
    user = pwd.getpwnam("postgres").pw_uid if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    try:
        yield from _postgres(Path(found).parent, folder, user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _postgres(binaries, folder, user):
    (folder / "password").write_text("secret-word")
    if user is not None:
        for one in (folder, folder / "password"):
            os.chown(one, user, -1)
    options = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "--no-sync"]
    subprocess.run(
        [binaries / "initdb", "-D", folder / "data", *options], check=True, capture_output=True, user=user, cwd="/"
    )
    port = free_port()
    command = [binaries / "postgres", "-D", folder / "data", "-p", str(port), "-k", "", "-h", "127.0.0.1"]
    command += ["-c", "fsync=on", "-c", "max_connections=200"]
    server = Postgres(command, port, user=user, log=folder / "log", ready=lambda: _answers(binaries, port))
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _answers(binaries, port):
    asked = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.run(asked, check=False).returncode == 0


@contextmanager
def redis():
    """Run a Redis server for the time of the block; it keeps nothing on disk."""
    found = shutil.which("redis-server")
    if found is None:
        absent("Redis", "apt-get install redis-server")
    folder = Path(tempfile.mkdtemp(prefix="lemlist-redis-"))
    port = free_port()
    command = [found, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = Server(command, port, log=folder / "log", ready=lambda: _listens(port))
    server.start()
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _listens(port):
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
