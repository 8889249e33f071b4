"""Serve the built site as a good host would: compressed, typed, with its page for errors.

    python -m book.serve [FOLDER] [--port 8000]

Text is compressed with gzip if the browser accepts that. A browser asks again for what it
has and gets a short answer. Only this machine is answered. Tests and benchmarks use the same
server in a thread: ``with Server(folder) as server: … server.address …``.
"""

import argparse
import asyncio
import re
import sys
import threading
from pathlib import Path
from typing import Any, Self

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, GZipContentEncoding, StaticFileHandler

from book import ROOT

HOST = "127.0.0.1"
# What the systems' tables of types do not know, or know under several names.
TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".wasm": "application/wasm",
    ".ipynb": "application/json",
}


class Compression(GZipContentEncoding):
    """As small as gzip can: what is measured here should be what a good host sends."""

    GZIP_LEVEL = 9


class Handler(StaticFileHandler):
    """Answers with one file."""

    def get_content_type(self) -> str:
        """Return the type of the file, with the encoding of texts."""
        name = TYPES.get(Path(self.absolute_path).suffix) or super().get_content_type()
        return f"{name}; charset=utf-8" if name.startswith("text/") else name

    def compute_etag(self) -> str | None:
        """Return the file's state; tornado's own would be that of the first answer."""
        stat = Path(self.absolute_path).stat()
        return f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'

    def set_extra_headers(self, path: str) -> None:
        """Let the browser ask whether the file has changed."""
        self.set_header("Cache-Control", "no-cache")

    def write_error(self, status_code: int, **options: Any) -> None:
        """Answer with the site's own page, also to an address that leads out of it."""
        page = Path(self.root) / "404.html"
        if status_code not in (403, 404) or not page.is_file():
            super().write_error(status_code, **options)
            return
        self.set_status(404)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        # Its links lead to where the site is published; here it is at the top.
        html = page.read_bytes()
        root = re.search(rb'<form action="(/[^"]*)search\.html"', html)
        self.finish(html.replace(b'="' + root[1], b'="/') if root else html)


class Server:
    """Serves one folder on this machine; ``address``, without a slash at its end, tells where.

    Parameters
    ----------
    folder : Path
        What to serve.
    port : int, optional
        Any free one if 0.
    *routes : tuple
        More that is answered, before the files: tornado's routes.

    Raises
    ------
    OSError
        If the port is taken.
    """

    def __init__(self, folder: Path, port: int = 0, *routes: tuple) -> None:
        files = (r"/(.*)", Handler, {"path": str(folder), "default_filename": "index.html"})
        self._application = Application(
            [*routes, files], transforms=[Compression], log_function=lambda handler: None
        )
        self._sockets = bind_sockets(port, HOST)
        self._ready = threading.Event()
        self.address = f"http://{HOST}:{self._sockets[0].getsockname()[1]}"

    def run(self) -> None:
        """Answer until Ctrl+C, or until the context ends."""
        asyncio.run(self._answer())

    async def _answer(self) -> None:
        server = HTTPServer(self._application)
        server.add_sockets(self._sockets)
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        try:
            await self._end.wait()
        finally:
            server.stop()
            await server.close_all_connections()

    def __enter__(self) -> Self:
        """Answer in a thread."""
        self._thread = threading.Thread(target=self.run, daemon=True)
        self._thread.start()
        if not self._ready.wait(timeout=30):
            raise RuntimeError("The server did not start.")
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop, and end the connections that browsers keep."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()


def find_site(folder: Path = ROOT / "_build" / "html") -> Path:
    """Return the folder of a built site.

    Raises
    ------
    FileNotFoundError
        If there is none; the message says what to do.
    """
    if not (folder / "index.html").is_file():
        raise FileNotFoundError(f"There is no site in {folder}. Build it first: make book")
    return folder.resolve()


def main() -> int:
    """Serve until Ctrl+C."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "_build" / "html")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    try:
        server = Server(find_site(options.folder), options.port)
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{server.address}/   (Ctrl+C stops)", flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
