"""What hostile hand-ins do in the browser of the person who grades them: nothing."""

import base64
import contextlib
import http.server
import io
import json
import os
import re
import shutil
import sys
import threading

import numpy as np
import pytest
from bs4 import BeautifulSoup
from markupsafe import Markup
from PIL import Image

from grader.confined_tasks.answers import MOST_PICTURES, answers
from grader.confined_tasks.student_text import TAGS, clean, to_html, visible, without_pictures
from grader.gradebook import Writer
from grader.results import all_scores
from grader.review.shown import Shown, ShownCell, _checked
from grader.submission import UnreadableError
from tests.grader import small_term
from tests.grader.served_review import ESSAY, hand_in, notebook, served
from tests.grader.small_term import NAME

RUN = "document.title='RUN'"
LINKS = [
    f"javascript:{RUN}",
    f"javascript\\:{RUN}",
    f"javas&\\#99;ript:{RUN}",
    f"JaVaScRiPt:{RUN}",
    f"&#106;avascript:{RUN}",
    f"javascript&colon;{RUN}",
    f"&amp;#106;avascript:{RUN}",
    f"java&Tab;script:{RUN}",
    f"java&\\#10;script:{RUN}",
    f"%6aavascript:{RUN}",
    f"\u0001javascript:{RUN}",
    f"vbscript\\:{RUN}",
    f"data\\:text/html,<script>{RUN}</script>",
    f"blob\\:{RUN}",
    "file:///etc/passwd",
    "//evil.example/",
    "/logout",
    "open?token=x",
    "?action=zero",
]
TEXTS = [
    *[f"[x]({link})" for link in LINKS],
    *[f"[x](<{link}>)" for link in LINKS],
    *[f"<{link}>" for link in LINKS],
    *[f"![x]({link})" for link in LINKS],
    *[f"[x][a]\n\n[a]: {link}" for link in LINKS[:4]],
    f"[![x]({LINKS[1]})]({LINKS[1]})",
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg/onload={RUN}>",
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>",
    f"</textarea></pre></div></form><iframe srcdoc='<script>parent.{RUN}</script>'>",
    f"<a href='javascript:{RUN}'>x</a>",
    "<base href='http://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=http://evil.example/'>",
    "<link rel=stylesheet href=http://evil.example/>",
    "<style>@import 'http://evil.example/'; body{background:url(http://evil.example/)}</style>",
    "<form action=/ method=post><button>x</button></form>",
    "<input name=form><details open ontoggle=alert(1)>",
    "<template><script>1</script></template><noscript><p title='</noscript><img src=x onerror=1>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[><script>alert(1)</script>]]>",
    "<?xml-stylesheet href='javascript:alert(1)'?>",
    "# form\n\n## points",
    f"$$\\href{{javascript:{RUN}}}{{x}}$$ $\\unicode{{x3c}}script\\unicode{{x3e}}$",
    "$\\style{position:fixed;inset:0}{x}$ $\\class{main}{x}$ $\\cssId{points}{x}$",
    "$`<img src=x onerror=1>`$ `$<svg onload=1>$`",
    '![" onerror="alert(1)](attachment:x" onerror="alert(1))',
    "![x](attachment:x 'y\" onerror=\"alert(1)')",
    "```html onload=1\n<script>1</script>\n```",
    "|<script>|\n|-|\n|[x](javascript\\:1)|",
    "{{ 7 * 7 }} {% raw %} {{ form }}",
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_stays_text(text):
    addresses = {"x": "/p/1/0"}
    page = BeautifulSoup(to_html(without_pictures(text)[0], addresses), "html.parser")
    for tag in page.find_all(True):
        assert tag.name in TAGS
        allowed = {"img": {"src", "alt"}, "ol": {"start"}}.get(tag.name, {"class"})
        assert set(tag.attrs) <= allowed
        assert tag.get("src", "/p/1/0") == "/p/1/0"
        assert set(tag.get("class", [])) <= {"formula", "missing"}


@pytest.mark.parametrize(
    "html",
    [
        *[text for text in TEXTS if "<" in text],
        "<a href='http://evil.example/'>x</a>",
        "<img src='http://evil.example/x.png'>",
        "<img src='/p/1/0' srcset='http://evil.example/ 2x' onload='1' style='x' id='points'>",
        "<p id=points class='main note' style='position:fixed'>x</p>",
        "<code class='formula main'>x</code>",
        "<table background='http://evil.example/'><td>x</td></table>",
        "<blockquote cite='javascript:1'>x</blockquote>",
    ],
)
def test_the_allow_list_holds_by_itself(html):
    """Should what renders Markdown let something through."""
    page = BeautifulSoup(clean(html, {"/p/1/0"}), "html.parser")
    for tag in page.find_all(True):
        assert tag.name in TAGS
        assert set(tag.attrs) <= {"src", "alt", "class", "start"}
        assert tag.get("src", "/p/1/0") == "/p/1/0"
        assert set(tag.get("class", [])) <= {"formula", "missing"}


KEPT = (
    "If $a<b$ and `x <= 3`, then 2 < 3 & 4 > 3.\n\n| a | b |\n|-|-|\n| 1 | 2 |\n\n"
    "**So** *data:* ~~no~~ yes.\n\n1. one\n2. two\n\n> said\n\n```python\nif a < b: pass\n```\n"
    "[page](https://example.org/a?b=c&d) 👩‍🔬 ä ٣ می‌خواهم"
)
MORE = "```html\n<br>\n```\n\n3. c\n\na  \nb\n\n---\n\n$$x$$\n\n###### deep\n\n- a\n  - b"


def sent(html):
    """Return what the confined process sends of a notebook with one answer."""
    source, html = (np.frombuffer(text.encode(), np.uint8) for text in ("x", html))
    row = {"number": 1, "kind": "text", "cut": False, "source": source, "html": html}
    return {"answers": {ESSAY: [row]}, "others": [], "left": 0}


@pytest.mark.parametrize("text", [*TEXTS, KEPT, MORE])
def test_all_that_the_allow_list_writes_is_of_its_form(text):
    html = to_html(without_pictures(text)[0], {"x": "/p/1/0", "y": "/p/1/1"})
    assert str(_checked(sent(html), "/p/").answers[ESSAY][0].html) == html


@pytest.mark.parametrize(
    "html",
    [
        *[text for text in TEXTS if text.startswith("<") and not text.startswith("<//")],
        "<form method=post><p>",  # never closed, it would take the page's own fields into it
        "<form>",
        "<textarea>",
        "</div>",
        "<p onclick='1'>x</p>",
        '<p class="formula">x</p>',
        '<code class="main">x</code>',
        '<img src="http://evil.example/x.png" alt="">',
        '<img src="/p/1/0" alt="" onload="1">',
        '<img src="/p/1/0?x" alt="">',
        '<img src="/p/1/0" alt="">"<b>',
        "<p",
        "<",
        "x" * 100_000 + "<u>",
        "<p>" * 100_000 + "<u>",
    ],
)
def test_html_of_another_form_is_refused_without_being_parsed(html):
    """As if the confined process were the student's."""
    with pytest.raises(UnreadableError):
        _checked(sent(html), "/p/")


def test_what_students_write_is_kept():
    page = BeautifulSoup(to_html(KEPT, {}), "html.parser")
    for tag in ("table", "strong", "em", "s", "ol", "blockquote", "pre", "code.formula"):
        assert page.select_one(tag), tag
    assert "2 < 3 & 4 > 3" in page.text
    assert "page https://example.org/a?b=c&d" in page.text
    assert "👩‍🔬 ä ٣ می‌خواهم" in page.text
    assert page.select_one("code.formula").text == "a<b"


@pytest.mark.parametrize("blank", "\u034f\u115f\u1160\u17b4\u2800\u3164\uffa0")
def test_letters_that_show_nothing_are_named(blank):
    assert visible(f"a{blank}b") == f"a[U+{ord(blank):04X}]b"


def test_letters_that_hide_or_turn_around_others_are_named():
    assert visible("3 \u202e5\u2066\u200b\u0007\U000e0041\ufeff\n\tü") == (
        "3 [U+202E]5[U+2066][U+200B][U+0007][U+E0041][U+FEFF]\n\tü"
    )
    assert "[U+202E]" in to_html("a\u202eb", {})


@pytest.mark.parametrize(
    "piece",
    [
        *["\\", "[", "![", "*a ", "_a ", "$", "$a ", "`a``", "> ", "- ", "[a](", "<a", "&#x"],
        *["~~a", "[a]: b\n", "[a]\n", "|a|\n|-|\n", "\n", " ", "<!--", "\u202e"],
        "data:image/png;base64,",
    ],
)
def test_rendering_takes_time_in_proportion(piece):
    """Counted in calls, so that a busy machine does not matter."""
    counts = []
    for length in (500, 2000):
        text = (piece * length)[:length]
        to_html("warm", {})
        counts.append(_calls(lambda text=text: to_html(without_pictures(text)[0], {})))
    assert counts[1] < 8 * counts[0] + 20_000


def _calls(function):
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        count += 1

    sys.setprofile(trace)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


# --- in a browser --------------------------------------------------------------------------------

browser_tests = pytest.mark.skipif(
    shutil.which("bwrap") is None and not os.environ.get("CI"), reason="needs bubblewrap"
)


def _picture():
    target = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(target, "gif")
    return {"x.gif": {"image/gif": base64.b64encode(target.getvalue()).decode()}}


@pytest.fixture(scope="module")
def elsewhere():
    """Serve another site, which notes what is asked of it."""
    asked, pages = [], {}

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers.get("Referer"), self.headers.get("Cookie")))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(pages.get(self.path, "").encode())

        def log_message(self, *unused):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    server.asked, server.pages = asked, pages
    server.address = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def course(tmp_path_factory, elsewhere):
    course = small_term.released(tmp_path_factory.mktemp("term"))
    every = "\n\n".join(TEXTS) + f"\n\n![x]({elsewhere.address}/beacon.png)"
    with Writer(course, NAME) as writer:
        hand_in(writer, "ann", notebook(every))
        hand_in(writer, "bo", notebook("![x](attachment:x.gif)", _picture()))
        hand_in(writer, "cy", notebook("plain"))
    return course


@pytest.fixture(scope="module")
def session(course):
    with served(course) as session:
        yield session


@pytest.fixture(scope="module")
def page(session, chromium):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(session.address)
    page.wait_for_url(f"**{session.path}")
    yield page
    context.close()


def _base(session):
    return f"http://127.0.0.1:{session.port}{session.path}"


@browser_tests
def test_the_address_does_not_stay_where_others_see_it(page, session):
    assert "token" not in page.url
    assert page.evaluate("document.cookie") == ""
    assert session.token == ""


@browser_tests
def test_nothing_of_an_answer_runs_or_loads_or_leads_away(page, session, elsewhere):
    elsewhere.asked.clear()
    for path in (f"answer/{ESSAY}/ann", "submission/ann"):
        page.goto(_base(session) + path, wait_until="load")
        cell = page.locator(".words").first
        assert "javascript:" in cell.inner_text()
        assert (
            cell.locator("a, form, button, input, iframe, svg, script, style, object").count() == 0
        )
        title = page.title()
        cell.evaluate("each => each.querySelectorAll('*').forEach(one => one.click())")
        assert page.title() == title
        assert page.url.endswith(path)
    assert elsewhere.asked == []


@browser_tests
def test_a_pasted_picture_shows(page, session):
    page.goto(f"{_base(session)}answer/{ESSAY}/bo", wait_until="load")
    assert page.locator(".words img").evaluate("each => each.naturalWidth") == 40


@browser_tests
def test_the_policy_holds_should_hostile_html_reach_the_page(
    page, session, elsewhere, course, monkeypatch
):
    """As if everything before had failed."""
    address = elsewhere.address
    html = (
        f'<script>{RUN}</script><img src=x onerror={RUN}><a id=go href="javascript:{RUN}">x</a>'
        f"<img src='{address}/beacon.png'><link rel=stylesheet href='{address}/style.css'>"
        f"<style>body{{background:url({address}/css.png)}}</style>"
        f"<iframe src='{address}/frame'></iframe><object data='{address}/object'></object>"
        f"<script src='{address}/script.js'></script><base href='{address}/'>"
        f"<form id=out action='{address}/form'><input name=x><button id=away>x</button></form>"
        "<form id=in method=post><input name=points value=3><button id=give>x</button></form>"
    )
    cell = ShownCell(1, "text", "x", Markup(html), False)
    shown = Shown({ESSAY: [cell]})
    monkeypatch.setattr(session.shower, "shown", lambda *unused: shown)
    elsewhere.asked.clear()
    place = f"{_base(session)}answer/{ESSAY}/cy"
    leads_away = {"go": False, "away": False, "give": True}  # to an answer that gives nothing
    for button, leads in leads_away.items():
        page.goto(place, wait_until="load")
        with page.expect_navigation() if leads else contextlib.nullcontext():
            page.evaluate(f"document.getElementById('{button}').click()")
        assert "RUN" not in page.title()
        assert page.url == place
    assert elsewhere.asked == []
    assert all_scores(course, NAME)["cy"][ESSAY].pending


@browser_tests
def test_a_browser_sees_nothing_of_what_a_subverted_process_sends(page, session, monkeypatch):
    html = f"<form method=post action=other><script>{RUN}</script><img src=x onerror={RUN}>"
    monkeypatch.setattr(session.shower.reader, "call", lambda *unused, **more: sent(html))
    for path in (f"answer/{ESSAY}/cy", "submission/cy"):
        page.goto(_base(session) + path, wait_until="load")
        assert "It cannot be shown" in page.inner_text("main")
        assert page.title() != "RUN"
        assert page.locator("form[action], main script").count() == 0


@browser_tests
def test_another_site_can_neither_write_nor_frame_nor_read(page, session, elsewhere, course):
    base = _base(session)
    elsewhere.pages["/post"] = (
        f"<form id=f method=post action='{base}answer/{ESSAY}/cy'>"
        "<input name=points value=3></form><script>document.getElementById('f').submit()</script>"
    )
    elsewhere.pages["/frame"] = f"<iframe id=f src='{base}'></iframe>"
    elsewhere.pages["/read"] = (
        f"<script>fetch('{base}', {{credentials: 'include'}})"
        ".then(r => r.text()).then(() => document.title = 'READ', () => document.title = 'NOT')"
        "</script>"
    )
    other = page.context.new_page()
    other.goto(f"{elsewhere.address}/post")
    other.wait_for_url(f"{base}**")
    assert "403" in other.title()
    other.goto(f"{elsewhere.address}/frame", wait_until="load")
    assert all("Convolution" not in frame.content() for frame in other.frames)
    other.goto(f"{elsewhere.address}/read")
    other.wait_for_function("document.title === 'NOT' || document.title === 'READ'")
    assert other.title() == "NOT"
    other.close()
    assert all_scores(course, NAME)["cy"][ESSAY].pending
    assert {cookie for _, _, cookie in elsewhere.asked} <= {None}  # other ports get none of ours


@browser_tests
def test_points_are_given_by_keyboard(page, session, course):
    page.goto(f"{_base(session)}answer/{ESSAY}/bo", wait_until="load")
    assert page.evaluate("document.activeElement.id") == "points"
    page.keyboard.type("1.5")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/cy"))
    page.wait_for_selector("#points:focus")  # a person types when the cursor is there
    page.keyboard.type("2")
    page.keyboard.press("Tab")
    page.keyboard.type("Say more.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile("/ann"))
    scores = all_scores(course, NAME)
    assert (scores["bo"][ESSAY].points, scores["cy"][ESSAY].points) == (1.5, 2.0)
    assert scores["cy"][ESSAY].comment == "Say more."
    assert "Saved: cy." in page.inner_text("[role=status]")


@browser_tests
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_a_phone_and_their_text_can_be_read(page, session, scheme):
    page.set_viewport_size({"width": 390, "height": 800})
    page.emulate_media(color_scheme=scheme)
    for path in ("", f"answer/{ESSAY}/ann", "submission/ann", "answer/slide/ann"):
        page.goto(_base(session) + path, wait_until="load")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 800})


@pytest.mark.parametrize(("more", "cut"), [(0, False), (1, True)])
def test_it_is_told_where_pictures_are_left_out(more, cut):
    pasted = {f"p{n}": {"image/png": ""} for n in range(MOST_PICTURES + more)}
    text = f"<!-- answer: {ESSAY} -->\nSee below."
    cell = {"cell_type": "markdown", "source": text, "metadata": {}, "attachments": pasted}
    empty = {"cell_type": "markdown", "source": f"<!-- answer: {ESSAY} -->", "metadata": {}}
    given, release = (io.BytesIO(json.dumps({"cells": [c]}).encode()) for c in (cell, empty))
    found = answers(given, release, [[ESSAY, ""]], "/p/", True)
    assert [each["cut"] for each in found["answers"][ESSAY]] == [cut]
