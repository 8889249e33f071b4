"""Starts the process that runs our own code on students' bytes: see ``confined.py``."""

import json
import os
import socket
import subprocess
import sys
import threading
import zipfile
from contextlib import ExitStack
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any

from grader.exchange import OursError
from grader.sandbox import (
    MIB,
    SANDBOX,
    Command,
    Limits,
    another_user,
    data_folder,
    environment,
    kill,
    own_variables,
)

START = 60.0  # seconds for the process to start, on a busy machine


class FaultError(OursError):
    """Our own code failed in the confined process; the message is its traceback."""


def _package() -> bytes:
    """Return this package's modules as a zip file that Python can run."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        start = "from grader.fork_server import main\nmain()\n"
        archive.writestr("__main__.py", start)
        _add(archive, resources.files("grader"), "grader")
    return file.getvalue()


def _add(archive: zipfile.ZipFile, folder: Any, name: str) -> None:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".py"):
            archive.writestr(f"{name}/{entry.name}", entry.read_bytes())
        elif entry.name == "confined_tasks":
            _add(archive, entry, f"{name}/{entry.name}")


class Server:
    """The process that forks for each call. It is started by a thread that lives as long as it.

    Otherwise it would end with whatever thread happened to need it first: bubblewrap ends a
    sandbox with the thread that started it.
    """

    def __init__(self, mode: str, imports: tuple[str, ...]) -> None:
        self.mode, self.imports = mode, imports
        self.control, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.settimeout(START)
        self._errors = os.memfd_create("errors")
        self._started = threading.Event()
        self.process: subprocess.Popen | None = None
        threading.Thread(target=self._keep, daemon=True).start()
        self._started.wait()
        self._theirs.close()
        try:
            ready = self.control.recv(1)
        except OSError:
            ready = b""
        if ready != b"!":
            words = os.pread(self._errors, 2000, 0).decode(errors="replace")
            self.close()
            raise FaultError(f"The confined process did not start: {words.strip()}")
        os.close(self._errors)

    def _keep(self) -> None:
        try:
            self._start()
        finally:
            self._started.set()
        if self.process is not None:
            self.process.wait()

    def _start(self) -> None:
        settings = json.dumps(
            {
                "control": self._theirs.fileno(),
                "user": another_user(self.mode),
                "imports": self.imports,
            }
        )
        with ExitStack() as stack:
            handed: list[int] = []
            if self.mode == "unsafe":
                package = str(Path(str(resources.files("grader"))).parent)
                variables = environment(data_folder()) | {"PYTHONPATH": package}
                words = [sys.executable, "-s", "-B", "-m", "grader.fork_server"]
            else:
                limits = Limits(disk=MIB)
                command = Command(self.mode, limits, {"grader.zip": _package()}, own=True)
                stack.callback(command.close)
                handed, variables = command.descriptors, own_variables()
                interpreter = str(Path(sys.prefix, "bin", "python"))
                words = [*command.words, interpreter, "-s", "-B", f"{SANDBOX}/grader.zip"]
            self.process = subprocess.Popen(
                [*words, settings],
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                pass_fds=(self._theirs.fileno(), *handed),
                env=variables,
                start_new_session=True,
                umask=0o077,
            )

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process is not None and self.process.poll() is None

    def close(self) -> None:
        """End it, and every child with it."""
        self.control.close()
        if self.process is not None:
            kill(self.process)
