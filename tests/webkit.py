"""WebKit behind those of Playwright's names that the tests use, on WebKitGTK's own driver.

Playwright drives a WebKit of its own making only; Debian's is driven by Selenium. As Playwright's,
what is asked of an element waits until it is there, alone, and ready; its documentation says what
each name does. The smallest window is 447 pixels wide, so a narrower page lies in a frame.
"""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from types import SimpleNamespace
from typing import Any

FIND = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
SMALLEST = 447
ANSWERS_WITHIN, ATTEMPTS = 60, 3  # seconds; sessions
SCREEN = "1600x1300x24"
KEYS = {"ArrowUp": "UP", "ArrowDown": "DOWN", "ArrowLeft": "LEFT", "ArrowRight": "RIGHT"}

# Where a frame narrower than the smallest window stands.
FRAME = """const [width, height] = arguments;
document.body.style.margin = 0;
const frame = document.createElement("iframe");
frame.style.cssText = `border: 0; width: ${width}px; height: ${height}px`;
document.body.replaceChildren(frame);
return frame;"""
EVALUATE = """const done = arguments[arguments.length - 1];
const given = arguments[0];
(async () => {
  const value = (CODE);
  return typeof value === "function" ? value(given) : value;
})().then((value) => done([value ?? null]), (error) => done(String(error)));"""


@contextmanager
def start_screen() -> Iterator[str]:
    """Start a screen that nobody sees; give its name for ``DISPLAY``."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", SCREEN, "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    try:
        os.close(write)
        with os.fdopen(read) as answer:
            yield f":{answer.readline().strip()}"  # Xvfb writes it when it is ready
    finally:
        process.terminate()
        process.wait()


class Browser:
    """Opens pages, each in a session of its own: nothing is left from page to page.

    Parameters
    ----------
    driver, browser : str
        Paths of WebKitWebDriver and of MiniBrowser.
    screen : str
        As `start_screen` gives it.
    """

    browser_type = SimpleNamespace(name="webkit")

    def __init__(self, driver: str, browser: str, screen: str) -> None:
        self._paths, self._screen = (driver, browser), screen
        self._pages: list[Page] = []

    def new_page(self, viewport: dict[str, int] | None = None) -> "Page":
        """Open a window with an empty page."""
        from selenium.common.exceptions import WebDriverException
        from selenium.webdriver import WebKitGTK
        from selenium.webdriver.webkitgtk.options import Options
        from selenium.webdriver.webkitgtk.service import Service
        from urllib3.exceptions import HTTPError

        driver, browser = self._paths
        options = Options()
        options.binary_location = browser
        options.add_argument("--automation")
        environment = os.environ | {"DISPLAY": self._screen}
        before = socket.getdefaulttimeout()
        socket.setdefaulttimeout(ANSWERS_WITHIN)  # which the driver's connection takes over
        try:
            for attempt in range(ATTEMPTS):
                try:
                    window = WebKitGTK(options=options, service=Service(driver, env=environment))
                    break
                except (HTTPError, WebDriverException):  # now and then, no window comes
                    if attempt == ATTEMPTS - 1:
                        raise
        finally:
            socket.setdefaulttimeout(before)
        self._pages.append(Page(window, viewport))
        return self._pages[-1]

    def close(self) -> None:
        """Close what is still open."""
        for page in self._pages:
            page.close()


class Finder:
    """What pages and locators share: the ways to find elements."""

    page: "Page"
    steps: tuple[tuple, ...] = ()

    def _more(self, *step: Any) -> "Locator":
        return Locator(self.page, (*self.steps, step))

    def locator(self, selector: str) -> "Locator":
        """Find by CSS; ``:visible`` at its end is Playwright's."""
        css, is_visible, _ = selector.partition(":visible")
        found = self._more("css", css)
        return found._more("visible") if is_visible else found

    def get_by_role(self, role: str, *, name: str | None = None, exact: bool = False) -> "Locator":
        return self._more("role", role, name, exact)

    def get_by_label(self, text: str, *, exact: bool = False) -> "Locator":
        return self._more("label", text, exact)

    def get_by_text(self, text: str, *, exact: bool = False) -> "Locator":
        return self._more("text", text, exact)


class Locator(Finder):
    """A way to elements, followed anew at each use."""

    def __init__(self, page: "Page", steps: tuple[tuple, ...]) -> None:
        self.page, self.steps = page, steps

    def nth(self, place: int) -> "Locator":
        return self._more("nth", place)

    first = property(lambda self: self.nth(0))
    last = property(lambda self: self.nth(-1))

    def _found(self) -> list[Any]:
        return self.page._run(f"{FIND}\nreturn findElements(arguments[0]);", self.steps)

    def _on(self, what: Callable[[Any], Any]) -> Any:
        """Do something with the one element, as soon as that is possible."""

        def act() -> tuple[Any]:
            found = self._found()
            if len(found) > 1:
                raise AssertionError(f"{len(found)} elements instead of one: {self.steps}")
            return (what(found[0]),) if found else ()

        return self.page._wait(act, self.steps)[0]

    def _ask(self, code: str, *values: Any) -> Any:
        return self._on(lambda element: self.page._run(code, element, *values))

    def count(self) -> int:
        return len(self._found())

    def wait_for(self, *, state: str = "visible", timeout: float | None = None) -> None:
        steps = self.steps if state == "detached" else (*self.steps, ("visible",))
        looked = Locator(self.page, steps)
        wanted = state == "visible"
        self.page._wait(lambda: (looked.count() > 0) == wanted, (state, self.steps), timeout)

    def is_visible(self) -> bool:
        return Locator(self.page, (*self.steps, ("visible",))).count() > 0

    def is_hidden(self) -> bool:
        return not self.is_visible()

    def inner_text(self) -> str:
        return self._ask("return arguments[0].innerText;")

    def all_text_contents(self) -> list[str]:
        return self.evaluate_all("all => all.map((one) => one.textContent)")

    def get_attribute(self, name: str) -> str | None:
        return self._ask("return arguments[0].getAttribute(arguments[1]);", name)

    def bounding_box(self) -> dict[str, float]:
        code = "const { x, y, width, height } = arguments[0].getBoundingClientRect();"
        return self._ask(f"{code} return {{ x, y, width, height }};")

    def evaluate(self, code: str, value: Any = None) -> Any:
        return self._ask(f"return ({code})(arguments[0], arguments[1]);", value)

    def evaluate_all(self, code: str, value: Any = None) -> Any:
        code = f"{FIND}\nreturn ({code})(findElements(arguments[0]), arguments[1]);"
        return self.page._run(code, self.steps, value)

    def scroll_into_view_if_needed(self) -> None:
        self._ask("arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' });")

    def focus(self) -> None:
        self._ask("arguments[0].focus();")

    def click(self) -> None:
        self.scroll_into_view_if_needed()
        self._on(lambda element: element.click() or True)

    def check(self) -> None:
        if not self._ask("return arguments[0].checked;"):
            self.click()
        self.page._wait(lambda: self._ask("return arguments[0].checked;"), self.steps)

    def press(self, keys: str) -> None:
        self.focus()
        self.page.keyboard.press(keys)

    def press_sequentially(self, text: str) -> None:
        self._ask("if (document.activeElement !== arguments[0]) arguments[0].focus();")
        self.page.keyboard.type(text)

    def select_option(self, choice: str) -> None:
        from selenium.webdriver.common.by import By

        def choose(menu: Any) -> bool:
            options = menu.find_elements(By.TAG_NAME, "option")
            names = [{one.get_property("value"), one.get_property("text")} for one in options]
            options[[choice in either for either in names].index(True)].click()
            return True

        self._on(choose)

    def set_input_files(self, path: Path) -> None:
        self._on(lambda element: element.send_keys(str(path)) or True)


class Keyboard:
    """The keys, which go to what has the focus."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    def press(self, keys: str) -> None:
        from selenium.webdriver import ActionChains
        from selenium.webdriver.common.keys import Keys

        *held, last = [getattr(Keys, KEYS.get(key, key).upper(), key) for key in keys.split("+")]
        chain = ActionChains(self._driver)
        for key in held:
            chain.key_down(key)
        chain.send_keys(last)
        for key in reversed(held):
            chain.key_up(key)
        chain.perform()

    def type(self, text: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self._driver).send_keys(text).perform()


class Mouse:
    """The mouse; places are pixels of the window."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    def _do(self, *actions: tuple) -> None:
        from selenium.webdriver.common.actions.action_builder import ActionBuilder

        builder = ActionBuilder(self._driver, duration=0)
        for name, *values in actions:
            getattr(builder.pointer_action, name)(*values)
        builder.perform()

    def move(self, x: float, y: float) -> None:
        self._do(("move_to_location", round(x), round(y)))

    def down(self) -> None:
        self._do(("pointer_down",))

    def up(self) -> None:
        self._do(("pointer_up",))


class Page(Finder):
    """A window, or a narrow frame in it, with one page."""

    def __init__(self, driver: Any, viewport: dict[str, int] | None) -> None:
        self.page, self._driver, self._seconds = self, driver, 30.0
        self._listeners: list[Callable] = []
        self._is_open = True
        self._size = viewport or {"width": 1280, "height": 720}
        self._is_framed = self._size["width"] < SMALLEST
        self.keyboard, self.mouse = Keyboard(driver), Mouse(driver)
        driver.set_script_timeout(60)
        wide = max(self._size["width"], SMALLEST + 53)
        driver.set_window_size(wide, self._size["height"])
        inner = driver.execute_script("return [innerWidth, innerHeight];")
        driver.set_window_size(2 * wide - inner[0], 2 * self._size["height"] - inner[1])

    def on(self, event: str, listener: Callable) -> None:
        """Tell of what the page itself has collected; `tests.browsers.serve` lets it collect."""
        if event == "console":
            self._listeners.append(listener)

    def set_default_timeout(self, milliseconds: float) -> None:
        self._seconds = milliseconds / 1000

    def _run(self, code: str, *values: Any) -> Any:
        return self._driver.execute_script(code, *values)

    def _wait(self, question: Callable[[], Any], what: Any, timeout: float | None = None) -> Any:
        """Ask until the answer is true; `timeout` in milliseconds."""
        from selenium.common import exceptions as errors

        later = (
            errors.StaleElementReferenceException,
            errors.ElementNotInteractableException,
            errors.ElementClickInterceptedException,
            errors.NoSuchElementException,
            errors.NoSuchFrameException,  # the page was left while it was asked
        )
        end = time.monotonic() + (self._seconds if timeout is None else timeout / 1000)
        trouble: Exception | None = None
        while time.monotonic() < end:
            try:
                if answer := question():
                    return answer
            except later as error:
                trouble = error
            time.sleep(0.02)
        raise TimeoutError(f"waited in vain for {what}") from trouble

    @property
    def url(self) -> str:
        return self._run("return location.href;")

    def goto(self, address: str) -> None:
        self._report()
        if not self._is_framed or address == "about:blank":
            self._driver.get(address)
            return
        self._driver.switch_to.default_content()
        self._driver.get("about:blank")
        frame = self._run(FRAME, self._size["width"], self._size["height"])
        self._run("arguments[0].src = arguments[1];", frame, address)
        self._driver.switch_to.frame(frame)
        ready = "return location.href !== 'about:blank' && document.readyState === 'complete';"
        self._wait(lambda: self._run(ready), address)

    def reload(self) -> None:
        self._report()
        self._driver.refresh()

    def evaluate(self, code: str, value: Any = None) -> Any:
        answer = self._driver.execute_async_script(EVALUATE.replace("CODE", code), value)
        if isinstance(answer, str):
            raise RuntimeError(f"{answer}, in: {code}")
        return answer[0]

    def wait_for_timeout(self, milliseconds: float) -> None:
        time.sleep(milliseconds / 1000)

    def wait_for_selector(
        self, selector: str, *, state: str = "visible", timeout: float | None = None
    ) -> None:
        """Wait until such an element is visible."""
        self.locator(selector).wait_for(state=state, timeout=timeout)

    def wait_for_url(self, pattern: str) -> None:
        ready = "return document.readyState === 'complete';"
        self._wait(lambda: fnmatch(self.url, pattern) and self._run(ready), pattern)

    def screenshot(self, *, path: Path) -> None:
        self._driver.save_screenshot(str(path))

    def _report(self) -> None:
        collected = self._run("return globalThis.collected?.splice(0) ?? [];")
        for text in collected:
            for listener in self._listeners:
                listener(SimpleNamespace(type="error", text=text))

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            try:
                self._report()
            finally:
                self._driver.quit()
