"""The server of the built site: compressed, typed, fresh, and with a page for wrong addresses."""

import gzip
import http.client

import pytest

from book import serve

LOST = '<h1>Lost</h1><form action="/course/search.html"><a href="/course/a.html">a</a></form>'
FOUND = LOST.replace("/course/", "/").encode()  # its links as they are where it is served
PAGE = "<!DOCTYPE html><title>x</title>" + "<p>A paragraph of the page.</p>" * 50


@pytest.fixture
def site(tmp_path):
    """Write a site of one page; return its folder."""
    (tmp_path / "_images").mkdir()
    (tmp_path / "_images" / "plot.png").write_bytes(b"\x89PNG" + bytes(2000))
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "404.html").write_text(LOST)
    return tmp_path


@pytest.fixture
def ask(site):
    with serve.Server(site) as server:
        connection = http.client.HTTPConnection(server.address.removeprefix("http://"))

        def ask(path, method="GET", **headers):
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

        yield ask
        connection.close()


def test_text_is_compressed_for_who_can_read_it(ask):
    status, headers, body = ask("/", **{"Accept-Encoding": "gzip, br"})
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(body).decode() == PAGE
    status, headers, body = ask("/index.html?x=1")
    assert "Content-Encoding" not in headers
    assert body.decode() == PAGE


def test_pictures_are_not(ask):
    _, headers, body = ask("/_images/plot.png", **{"Accept-Encoding": "gzip"})
    assert headers["Content-Type"] == "image/png"
    assert "Content-Encoding" not in headers
    assert body.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.css", "text/css; charset=utf-8"),
        ("a.webp", "image/webp"),
        ("a.svg", "image/svg+xml"),
        ("a.woff", "font/woff"),
        ("a.wasm", "application/wasm"),
        ("a.ipynb", "application/json"),
    ],
)
def test_types_are_those_that_browsers_demand(ask, site, name, kind):
    (site / name).write_text("x")
    assert ask(f"/{name}")[1]["Content-Type"] == kind


def test_what_the_browser_has_is_not_sent_again(ask, site):
    _, headers, _ = ask("/")
    status, _, body = ask("/", **{"If-None-Match": headers["ETag"]})
    assert (status, body) == (304, b"")
    (site / "index.html").write_text("changed")
    assert ask("/", **{"If-None-Match": headers["ETag"]})[::2] == (200, b"changed")


def test_a_wrong_address_gets_the_page_for_it(ask):
    status, headers, body = ask("/deep/down/nothing.html")
    assert (status, body) == (404, FOUND)
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert ask("/../../etc/passwd")[0] == 404
    assert ask("/_images/")[::2] == (404, FOUND)  # no listing of a folder
    status, headers, _ = ask("/_images")
    assert (status, headers["Location"]) == (301, "/_images/")


def test_what_changes_something_is_refused(ask):
    assert ask("/", "POST")[0] == 405


def test_a_folder_without_a_first_page_can_be_served(tmp_path):
    (tmp_path / "one.html").write_text("one")
    with serve.Server(tmp_path) as server:
        assert server.address.startswith("http://127.0.0.1:")
        connection = http.client.HTTPConnection(server.address.removeprefix("http://"))
        connection.request("GET", "/one.html")
        assert connection.getresponse().read() == b"one"
        connection.request("GET", "/")
        assert connection.getresponse().status == 404
    # The port is free again, although the connection was kept.
    with serve.Server(tmp_path, int(server.address.rpartition(":")[2])) as again:
        assert again.address == server.address


def test_a_taken_port_is_said_at_once(tmp_path):
    with serve.Server(tmp_path) as server, pytest.raises(OSError, match="in use"):
        serve.Server(tmp_path, int(server.address.rpartition(":")[2]))


def test_without_a_site_it_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="make book"):
        serve.find_site(tmp_path)
