"""Build the site into ``_build/html`` and show what is happening.

A thin wrapper of ``jupyter-book build`` with warnings fatal. It prints which chapter is
running and for how long, shows warnings and errors in full, and keeps the complete output
in ``_build/build.log`` and the seconds of each chapter, when last executed, in
``_build/seconds.json``. The exit code is Jupyter Book's.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

from book import ROOT

# Jupyter Book 1 offers no `python -m jupyter_book`.
COMMAND = ["-c", "from jupyter_book.cli.main import main; main()"]
OPTIONS = ["-W", "-n", "--keep-going"]
STARTED = re.compile(r"(?P<page>[\w./-]+?)(?:\.md)?: Executing notebook")
FINISHED = re.compile(r"(?P<page>[\w./-]+?)(?:\.md)?: Executed notebook in (?P<seconds>[\d.]+)")
TROUBLE = re.compile(r"\b(WARNING|ERROR|CRITICAL)\b|^Traceback|^[\w.]*(Error|Exception)\b")
# The kernel's own remark about its transport concerns nobody who builds a book.
IGNORED = re.compile(r"^\[IPKernelApp\]")
ANSI = re.compile(r"\x1b\[[\d;]*m")


class Progress:
    """Print one line a chapter; on a terminal, keep its clock running."""

    def __init__(self) -> None:
        self.page: str | None = None
        self.since = time.monotonic()
        self.live = sys.stdout.isatty()
        self.lock = threading.Lock()
        threading.Thread(target=self._tick, daemon=True).start()

    def _tick(self) -> None:
        while True:
            time.sleep(1)
            with self.lock:
                if self.live and self.page:
                    seconds = time.monotonic() - self.since
                    print(f"\r  running  {self.page}  {seconds:4.0f} s", end="", flush=True)

    def start(self, page: str) -> None:
        """Say that `page` is running now."""
        with self.lock:
            self.page, self.since = page, time.monotonic()
            print(f"  running  {page}", end="" if self.live else "\n", flush=True)

    def finish(self, page: str, seconds: float) -> None:
        """Say how long `page` took."""
        with self.lock:
            self.page = None
            print(f"{chr(13) if self.live else ''}  done     {page}  {seconds:4.0f} s", flush=True)


def main(source: Path = ROOT) -> int:
    """Build the book in `source`; return the exit code of Jupyter Book."""
    log_path = source / "_build" / "build.log"
    log_path.parent.mkdir(exist_ok=True)
    began, started = time.monotonic(), time.time()
    print("Building the book; chapters that have changed are executed.", flush=True)
    progress = Progress()
    process = subprocess.Popen(
        [sys.executable, *COMMAND, "build", *OPTIONS, str(source)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    trouble: list[str] = []
    seconds: dict[str, float] = {}
    with log_path.open("w", encoding="utf-8") as log:
        for raw in process.stdout:
            line = ANSI.sub("", raw)
            log.write(line)
            line = line.replace(f"{source}{os.sep}", "")
            if match := STARTED.search(line):
                progress.start(match["page"])
            elif match := FINISHED.search(line):
                seconds[match["page"]] = float(match["seconds"])
                progress.finish(match["page"], seconds[match["page"]])
            elif TROUBLE.search(line) and not IGNORED.search(line):
                trouble.append(line.rstrip())
                print(line.rstrip(), flush=True)
    code = process.wait()
    kept = source / "_build" / "seconds.json"
    before = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    kept.write_text(json.dumps(before | seconds, indent=1) + "\n", encoding="utf-8")
    if code:
        for report in sorted((source / "_build" / "raw" / "reports").rglob("*.err.log")):
            if report.stat().st_mtime >= started:
                traceback = ANSI.sub("", report.read_text(encoding="utf-8")).splitlines()
                print(f"\n{report.stem.removesuffix('.err')}:", *traceback[-25:], sep="\n")
        if not trouble:
            print(*log_path.read_text(encoding="utf-8").splitlines()[-15:], sep="\n")
        print(f"The build failed (exit code {code}). All of its output: {log_path}")
    else:
        print(f"Built in {time.monotonic() - began:.0f} s.")
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT))
