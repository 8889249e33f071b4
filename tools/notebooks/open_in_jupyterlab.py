"""Open notebooks in a real JupyterLab, run them to the end, and photograph them.

``make notebooks-lab`` does it for all chapters. Each notebook is copied alone into an empty
folder. JupyterLab serves that folder, and headless Chromium opens the notebook, runs all cells
as a reader does, waits for the last one, and looks at the page: a cell with an error, text on
the error stream, markup that shows up raw and a formula that MathJax refuses each fail.
The pictures, a screen each from top to bottom, go to a folder whose path is printed.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page

from book.chromium import find_browser, start_browser
from tools import ROOT

SCREEN = {"width": 1280, "height": 1000}
MINUTES = 15  # for one notebook
SETTINGS = {
    # All cells in the page at once: those out of sight would not be looked at otherwise.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
READY = """() => {
  const context = window.jupyterapp?.shell.currentWidget?.sessionContext;
  return Boolean(context?.isReady) && context.session?.kernel?.status === 'idle';
}"""
# Asked of JupyterLab's own model: a collapsed cell shows no prompt that could be read.
FINISHED = """() => {
  const cells = [...jupyterapp.shell.currentWidget.content.model.cells];
  const code = cells.filter((cell) => cell.type === 'code');
  const failed = document.querySelector('[data-mime-type$="vnd.jupyter.error"]');
  return Boolean(failed) || code.every((cell) => cell.executionCount !== null);
}"""
# A figure fetches its data when it comes near the screen, two frames later at the latest.
FRAMES = "() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))"
LOADED = """() => !document.querySelector('.cw [data-state=loading]')
  && ![...document.querySelectorAll('.cw')].some((figure) => /Loading/.test(figure.innerText))"""
FINDINGS = """() => {
  const texts = (selector) => [...document.querySelectorAll(selector)]
    .map((element) => element.textContent.trim());
  return {
    cells: texts('.jp-CodeCell').length,
    errors: texts('[data-mime-type$="vnd.jupyter.error"]'),
    stderr: texts('[data-mime-type$="vnd.jupyter.stderr"]'),
    formulas: texts('mjx-merror, .MathJax_Error'),
    pictures: document.querySelectorAll('.jp-OutputArea-output img').length,
    markdown: texts('.jp-MarkdownOutput'),
  };
}"""
# TensorFlow's native code says this whenever it is imported; "Run it yourself" says so.
NOTICE = re.compile(r"^(?:WARNING: All log messages before absl|[IWE]\d{4} |To enable the foll)")
# MyST that no converter has touched, or TeX that no MathJax has: text in code is no concern.
CODE = "() => document.querySelectorAll('.jp-MarkdownOutput code').forEach((c) => c.remove())"
RAW = re.compile(
    r"\{[a-z]+(?::[a-z]+)?\}|^:::|\$\$|\\begin\{|\\frac|^\([\w-]+\)=$|</?details", re.MULTILINE
)


@contextlib.contextmanager
def jupyterlab(folder: Path, python: str | Path = sys.executable) -> Iterator[str]:
    """Serve `folder` with a JupyterLab that knows no settings but ours; yield its address.

    `python` chooses the environment whose JupyterLab and kernel are used.
    """
    home = folder.parent / f"{folder.name}-jupyter"
    for name, values in SETTINGS.items():
        extension, plugin = name.split("/")
        place = home / "settings" / "@jupyterlab" / extension / f"{plugin}.jupyterlab-settings"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(values))
    own = {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}",  # the kernel's Python
    }
    command = [str(python), "-m", "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1"]
    command += ["--ServerApp.port=0", f"--ServerApp.root_dir={folder}", "--expose-app-in-browser"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    with (home / "log.txt").open("w") as log:
        server = subprocess.Popen(command, env=os.environ | own, stdout=log, stderr=log)
    try:
        yield _address(server, home)
    finally:
        server.terminate()
        server.wait()


def _address(server: subprocess.Popen, home: Path) -> str:
    """Return the address that the server wrote down, once it answers, with its token."""
    for _ in range(600):
        for file in (home / "runtime").glob("jpserver-*.json"):
            with contextlib.suppress(json.JSONDecodeError):  # the server is still writing it
                found = json.loads(file.read_text())
                return f"{found['url']}lab/tree/{{name}}?token={found['token']}"
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{(home / 'log.txt').read_text()[-2000:]}")


def run_all_cells(page: Page) -> float:
    """Run the open notebook with the menu's command; return the seconds it took."""
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.wait_for_function(READY, polling=200, timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    started = time.perf_counter()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(FINISHED, polling=500, timeout=MINUTES * 60_000)
    return time.perf_counter() - started


def photograph(page: Page, folder: Path) -> int:
    """Write the notebook as PNG files, a screen each from the top down; return their number."""
    scroller = page.locator(".jp-WindowedPanel-outer").first
    height = scroller.evaluate("e => e.clientHeight")
    number = top = 0
    while top < scroller.evaluate("e => e.scrollHeight"):  # figures grow as they load
        scroller.evaluate("(e, top) => { e.scrollTop = top; }", top)
        page.evaluate(FRAMES)
        page.wait_for_function(LOADED, timeout=60_000)
        scroller.screenshot(path=folder / f"{number:02d}.png")
        number, top = number + 1, top + height - 40
    return number


def problems(page: Page) -> list[str]:
    """Return what a reader of the executed notebook should not see."""
    page.evaluate(CODE)
    found = page.evaluate(FINDINGS)
    said = [f"error: {text[-300:]}" for text in found["errors"]]
    for text in found["stderr"]:
        said += [f"on the error stream: {x}" for x in text.splitlines() if not NOTICE.match(x)]
    said += [f"formula: {text[:100]}" for text in found["formulas"]]
    for text in found["markdown"]:
        said += [
            f"raw markup: {text[max(0, m.start() - 30) : m.end() + 60]!r}"
            for m in RAW.finditer(text)
        ]
    if not found["pictures"]:
        said.append("no picture was drawn")
    return said


def open_notebook(page: Page, notebook: Path, pictures: Path) -> list[str]:
    """Open one notebook alone in an empty folder, run it, photograph it; return its problems."""
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / notebook.stem
        folder.mkdir()
        (Path(name) / f"{notebook.stem}-jupyter").mkdir()
        shutil.copy(notebook, folder)
        with jupyterlab(folder) as address:
            page.goto(address.format(name=notebook.name))
            seconds = run_all_cells(page)
            count = photograph(page, pictures)
            found = problems(page)
            page.goto("about:blank")
    print(
        f"  {notebook.stem}: {seconds:.0f} s, {count} pictures, {len(found)} problems", flush=True
    )
    return found


def main() -> int:
    """Open the notebooks named on the command line, or all; return 1 if one has a problem."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="by default all chapters")
    parser.add_argument("--pictures", type=Path, default=ROOT / "_build" / "jupyterlab")
    options = parser.parse_args()
    notebooks = options.notebooks or sorted((ROOT / "chapters").glob("*.ipynb"))
    failed = False
    try:
        find_browser()
    except FileNotFoundError as error:
        parser.error(str(error))
    with start_browser() as browser:
        for notebook in notebooks:
            page = browser.new_page(viewport=SCREEN)
            for problem in open_notebook(page, notebook, options.pictures / notebook.stem):
                failed = True
                print(f"    {problem}")
            page.close()
    print(f"The pictures are in {options.pictures}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
