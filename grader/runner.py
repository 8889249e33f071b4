"""Runs inside the sandbox, in the student's interpreter: cells in, plain data out.

Nothing here is trusted. A student's code shares this process and can replace every function in
it; all that it can gain is to send other answers, and answers are compared elsewhere.

Started as ``python runner.py SETTINGS``, SETTINGS being JSON. Commands come in on standard
input, replies leave on the file descriptor that the settings name.
"""

import importlib
import json
import os
import resource
import signal
import sys
import time
from types import SimpleNamespace
from typing import Any

STATEMENTS = 50  # of one cell that may fail


class OutOfTime(BaseException):
    """Raised inside the student's code when its time is up; carries the number of the signal."""


def limit(limits: dict[str, int]) -> None:
    """Give up the right to more memory, files and processes than these."""
    for name, value in limits.items():
        number = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(number)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(number, (value, value))


def become(user: int) -> None:
    """Leave root for good: another user, no groups, and with that no capabilities."""
    for candidate in (user, 65534):  # the first may not exist inside a container
        try:
            os.setgroups([])
            os.setresgid(candidate, candidate, candidate)
            os.setresuid(candidate, candidate, candidate)
            return
        except OSError:
            continue
    raise SystemExit("cannot leave root")


def _shell() -> Any:
    """Return an IPython shell: magics, `display` and the last value of a cell work."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.core.shellapp import InteractiveShellApp
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "NoColor"
    config.InteractiveShell.cache_size = 0
    shell: Any = InteractiveShell.instance(config=config)
    shell.showtraceback = lambda *args, **kwargs: None
    shell.showsyntaxerror = lambda *args, **kwargs: None
    # Pictures are never looked at, so no cell spends time on drawing them.
    shell.register_magic_function(lambda line: None, "line", "matplotlib")
    # Nothing can be installed without a network, and trying takes long.
    for name in ("pip", "conda", "mamba"):
        shell.register_magic_function(lambda line: None, "line", name)
    system = shell.system
    shell.system = lambda words: None if " install " in f" {words} " else system(words)
    application: Any = SimpleNamespace(ignore_cwd=False)
    InteractiveShellApp.init_path(application)  # modules that a notebook writes can be imported
    return shell


def _lack(error: BaseException | None) -> str:
    """Return what an error says is not there: "package", "file", "input", or nothing."""
    kinds = {"package": ImportError, "file": FileNotFoundError, "input": EOFError}
    typing_in = type(error).__name__ == "StdinNotImplementedError"
    found = [name for name, kind in kinds.items() if isinstance(error, kind)]
    return "input" if typing_in else "".join(found)


class Runner:
    """The student's namespace, and the functions that have been kept for later calls."""

    def __init__(self, tolerant: Any) -> None:
        self.tolerant = tolerant
        self.shell = _shell()
        self.kept: dict[str, Any] = {}
        self.lack = ""  # what a cell has missed

    def answer(self, command: dict[str, Any]) -> Any:
        """Carry out one command within its time; return plain data."""
        signal.signal(signal.SIGALRM, _out_of_time)
        signal.signal(signal.SIGPROF, _out_of_time)
        signal.setitimer(signal.ITIMER_PROF, command["cpu"])
        signal.setitimer(signal.ITIMER_REAL, command["wall"])
        start = time.process_time()
        try:
            answer = getattr(self, command["do"])(command)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
        return answer | {"seconds": time.process_time() - start}

    def cell(self, command: dict[str, Any]) -> dict[str, Any]:
        """Run a cell and keep what it defines for the questions that it answers."""
        names, absent = self.shell.user_ns, object()
        before = {name: names.get(name, absent) for name in command["keep"]}
        error = self._run(command["source"])
        self.lack = _lack(error) or self.lack
        bound = [name for name in before if names.get(name, before[name]) is not before[name]]
        for name in bound:
            if callable(names[name]) or not (error or callable(self.kept.get(name))):
                self.kept[name] = names[name]
        return {"error": error and _describe(error), "bound": bound}

    def _run(self, source: str) -> BaseException | None:
        """Run a cell, also what stands behind a statement that fails; return the first error."""
        importlib.invalidate_caches()  # the cell before may have written a module
        first, rest = None, source
        for _ in range(STATEMENTS):
            result = self.shell.run_cell(rest, store_history=False, silent=False)
            error = result.error_before_exec or result.error_in_exec
            if isinstance(error, OutOfTime):
                raise error
            first = first or error
            if not error or not (following := self.tolerant.behind(self.shell, rest, error)):
                break
            rest = following
        return first

    def check(self, command: dict[str, Any]) -> dict[str, Any]:
        """Run a visible check of the release, with what the student has defined so far."""
        names = self.shell.user_ns
        space = {**names, **self.kept}
        try:
            exec(compile(command["source"], "check", "exec"), space)
        except Exception as error:
            return {"passed": False, "error": _describe(error)}
        for name in space.keys() - names.keys():  # later cells may show what a check has computed
            names[name] = space[name]
        return {"passed": True}

    def has(self, command: dict[str, Any]) -> dict[str, Any]:
        """Tell whether the student has defined a name."""
        return {"has": command["name"] in self.kept or command["name"] in self.shell.user_ns}

    def _find(self, name: str) -> Any:
        return self.kept[name] if name in self.kept else self.shell.user_ns[name]

    def value(self, command: dict[str, Any]) -> dict[str, Any]:
        """Return a variable of the student's."""
        return {"value": self._find(command["name"])}

    def call(self, command: dict[str, Any]) -> dict[str, Any]:
        """Call a function of the student's."""
        self.tolerant.Missing.used.clear()
        try:
            value = self._find(command["name"])(*command["args"], **command["kwargs"])
            reply: dict[str, Any] = {"value": self.tolerant.settled(value)}
        except Exception as error:
            lack = _lack(error) or (self.lack if isinstance(error, NameError) else "")
            reply = {"error": _describe(error), "lack": lack}
        return reply | ({"lack": "package"} if self.tolerant.Missing.used else {})


def _out_of_time(number: int, stack: Any) -> None:
    raise OutOfTime(number)


def _describe(error: BaseException) -> dict[str, Any]:
    """Return the class, the message and the line of an error, as far as they can be told."""
    line = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith(("<ipython", "/tmp/ipykernel")):
            line = trace.tb_lineno
        trace = trace.tb_next
    try:
        message = str(error)[:300]
    except BaseException:
        message = ""
    return {"type": type(error).__name__[:60], "message": message, "line": line}


def main() -> None:
    """Take commands until the grader has gone."""
    settings = json.loads(sys.argv.pop())
    reply = settings["reply"]
    commands = os.dup(0)
    os.set_inheritable(reply, False)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    if settings["user"]:
        become(settings["user"])
    import tolerant  # type: ignore[import-not-found]  # stands beside this file
    import wire  # type: ignore[import-not-found]  # too, and brings NumPy

    runner = Runner(tolerant)
    limit(settings["limits"])
    wire.write_frame(reply, {"ready": True})
    while True:
        try:
            command = wire.read_frame(commands)
        except EOFError:
            return
        nonce = command["nonce"]
        try:
            answer = runner.answer(command)
        except OutOfTime as error:
            on_clock = error.args == (signal.SIGALRM,)
            answer = {"timeout": "clock" if on_clock else "time"}
        except (KeyboardInterrupt, SystemExit) as error:
            answer = {"error": _describe(error)}
        try:
            sys.stdout.flush()
            message = wire.frame(answer | {"nonce": nonce})
        except Exception:
            answer = {"unsendable": type(answer.get("value")).__name__[:60]}
            message = wire.frame(answer | {"nonce": nonce})
        view = memoryview(message)
        while view:
            view = view[os.write(reply, view) :]


if __name__ == "__main__":
    main()
