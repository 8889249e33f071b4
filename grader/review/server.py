"""Serves the pages to one person on this machine, and to no page of anyone else.

What holds for every answer: it comes to this machine's own address alone, to whoever has the
cookie that the address with the token gave once; a page may load nothing but from here, run no
script but ours, and be framed by nobody. What writes needs a token of the page besides. Nothing
here can run a submission: there is no such thing among the `routes`.
"""

import asyncio
import hmac
import logging
import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler

from grader.course import CourseError
from grader.review.pages import PAGES, palette

ADDRESS = "127.0.0.1"
LARGEST = 100_000  # bytes of a request
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with "no-referrer", our own forms come from nowhere
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
COOKIE = "review"


@dataclass
class Session:
    """The secrets of one run of the command.

    Attributes
    ----------
    token : str
        Stands in the address that is printed, and is void once it has been used.
    key : str
        The value of the cookie.
    form : str
        Stands in every form.
    path : str
        Where everything lies. The cookie is for it alone, since browsers send cookies to all
        ports of a machine.
    """

    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    key: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    form: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    path: str = field(default_factory=lambda: f"/{secrets.token_hex(8)}/")
    port: int = 0

    @property
    def hosts(self) -> set[str]:
        """The names by which a browser on this machine asks for the pages."""
        return {f"{ADDRESS}:{self.port}", f"localhost:{self.port}"}

    @property
    def address(self) -> str:
        """What to open first."""
        return f"http://{ADDRESS}:{self.port}{self.path}open?token={self.token}"


class Handler(RequestHandler):
    """What all answers have in common; the handlers of pages derive from it."""

    open = False  # to those without the cookie

    @property
    def session(self) -> Session:
        """The secrets of this run."""
        return self.settings["session"]

    def set_default_headers(self) -> None:
        """Put the policy on every answer, also on errors."""
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        """Refuse whoever is not the person who started the command, or comes from elsewhere."""
        request = self.request
        if request.headers.get("Host") not in self.session.hosts:
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="Another host's name")
        if not self.open and not self._known(self.get_cookie(COOKIE), self.session.key):
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="Open the address that was printed")
        if request.method not in ("GET", "HEAD"):
            origin = request.headers.get("Origin")
            if origin is not None and origin not in {f"http://{h}" for h in self.session.hosts}:
                raise HTTPError(HTTPStatus.FORBIDDEN, reason="Another site's form")
            if not self._known(self.get_body_argument("form", ""), self.session.form):
                raise HTTPError(HTTPStatus.FORBIDDEN, reason="The form is not of this page")

    @staticmethod
    def _known(given: str | None, wanted: str) -> bool:
        return given is not None and hmac.compare_digest(given.encode(), wanted.encode())

    def write_error(self, status_code: int, **details: Any) -> None:
        """Say what is wrong, without what only the terminal should show."""
        error = details.get("exc_info", (None, None))[1]
        words = str(error) if isinstance(error, CourseError) else f"{self._reason}."
        self.page("message.html", title=f"{status_code}", words=words)

    def log_exception(self, *details: Any) -> None:
        """Leave out what the page says in words."""
        if not isinstance(details[1], CourseError):
            super().log_exception(*details)

    def page(self, template: str, **values: Any) -> None:
        """Answer with a page."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        base = {"base": self.session.path, "form": self.session.form}
        self.finish(PAGES.get_template(template).render(base | values))


class Nothing(Handler):
    """Whatever else is asked for."""

    open = True

    def prepare(self) -> None:
        """Say that there is nothing."""
        raise HTTPError(HTTPStatus.NOT_FOUND, reason="There is no such page")


class Open(Handler):
    """Gives the cookie to whoever has the token, once."""

    open = True

    def get(self) -> None:
        """Take the token and lead to the list."""
        if not self.session.token or not self._known(
            self.get_argument("token"), self.session.token
        ):
            raise HTTPError(
                HTTPStatus.FORBIDDEN,
                reason="This address is void, or has been used: start the command again",
            )
        self.session.token = ""
        self.set_cookie(
            COOKIE, self.session.key, path=self.session.path, httponly=True, samesite="Strict"
        )
        # No redirect: a strict cookie would not come with one that began on another page.
        self.page("opened.html")


class Static(Handler):
    """The style sheets and the script."""

    def get(self, name: str) -> None:
        """Send one of the files that are known by name."""
        files = self.settings["files"]
        if name not in files:
            raise HTTPError(HTTPStatus.NOT_FOUND, reason="There is no such page")
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        self.finish(files[name])


def application(session: Session, routes: list[Any], **settings: Any) -> Application:
    """Return the server's application: `routes` under the session's path, and nothing else."""
    own = [("open", Open), (r"static/([a-z]+\.[a-z]+)", Static), *routes]
    return Application(
        [(session.path + pattern, handler) for pattern, handler in own],
        default_handler_class=Nothing,
        session=session,
        files=palette(),
        log_function=lambda handler: None,
        **settings,
    )


def listen(session: Session, app: Application, port: int = 0) -> HTTPServer:
    """Begin to serve on this machine's own address; the session gets the port.

    Raises
    ------
    OSError
        If the port is taken.
    """
    sockets = bind_sockets(port, ADDRESS)
    session.port = sockets[0].getsockname()[1]
    server = HTTPServer(app, max_body_size=LARGEST, max_buffer_size=LARGEST * 2)
    server.add_sockets(sockets)
    logging.getLogger("tornado.general").setLevel(logging.ERROR)
    return server


async def forever() -> None:
    """Wait until the command is stopped."""
    await asyncio.Event().wait()
