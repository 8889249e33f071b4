"""Serve the built site as a good host would: compressed, typed, with its page for errors.

    python -m book.serve [FOLDER] [--port 8000]

Text is compressed with gzip if the browser accepts that. A browser asks again for what it
has and gets a short answer. Only this machine is answered.
"""

import argparse
import gzip
import io
import mimetypes
import os
import sys
from functools import lru_cache
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from book import ROOT

COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg+xml", "+xml")
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".wasm": "application/wasm",
    ".ipynb": "application/json",
}


@lru_cache(maxsize=1024)
def compressed(path: str, modified: int) -> bytes:
    """Return the file's content in gzip; `modified` keeps an old state from being served."""
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)


class Handler(SimpleHTTPRequestHandler):
    """Answers with one file, compressed where that helps."""

    protocol_version = "HTTP/1.1"  # one connection for a whole page
    extensions_map = SimpleHTTPRequestHandler.extensions_map | TYPES

    def send_head(self) -> io.BytesIO | None:
        """Send the headers; return the body that is to follow."""
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            if not self.path.partition("?")[0].endswith("/"):
                return super().send_head()  # redirects to the address with a slash
            path /= "index.html"
        if not path.is_file():
            return self._answer(HTTPStatus.NOT_FOUND, Path(self.directory) / "404.html")
        return self._answer(HTTPStatus.OK, path)

    def _answer(self, status: HTTPStatus, path: Path) -> io.BytesIO | None:
        if not path.is_file():
            self.send_error(status)
            return None
        stat = path.stat()
        tag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
        if status == HTTPStatus.OK and self.headers.get("If-None-Match") == tag:
            self.send_response(HTTPStatus.NOT_MODIFIED)
            self.end_headers()
            return None
        kind = self.guess_type(path)
        packs = any(part in kind for part in COMPRESSED) and "gzip" in self.headers.get(
            "Accept-Encoding", ""
        )
        body = compressed(str(path), stat.st_mtime_ns) if packs else path.read_bytes()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("ETag", tag)
        if packs:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        return io.BytesIO(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing about each request."""


class Server(ThreadingHTTPServer):
    """Serves one folder on this machine; ``address`` tells where."""

    daemon_threads = True

    def __init__(self, folder: Path, port: int = 0) -> None:
        """Listen on `port`, or on any free one."""
        if not (folder / "index.html").is_file():
            raise FileNotFoundError(f"There is no site in {folder}. Build it first: make book")

        def handler(*arguments: object) -> Handler:
            return Handler(*arguments, directory=os.fspath(folder))

        super().__init__(("127.0.0.1", port), handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Report errors, except that a browser went away in the middle of an answer."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        """The address of the site, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_address[1]}"


def main() -> int:
    """Serve until Ctrl+C."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "_build" / "html")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    mimetypes.init()
    try:
        server = Server(options.folder.resolve(), options.port)
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{server.address}/   (Ctrl+C stops)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
