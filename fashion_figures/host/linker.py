"""Join the figures' ES modules into one text, without a build step or a bundler.

A figure's front end is ``figure.mjs`` in the figure's folder; it imports others beside it and
from ``shared/``. Jupyter wants one ES module, a page opened from disk can only load classic
scripts, and a worker started from a blob has no address to import from. `link` serves all three
from the same sources.

The modules keep to a few forms, so that this can be done line by line: at the start of a line,
``import { a, b } from "./file.mjs";`` (or ``"../folder/file.mjs"``), and ``export`` before
``function``, ``async function``, ``class``, ``const`` or ``default``. Anything else is an error.
"""

import posixpath
import re
from pathlib import Path

FOLDER = Path(__file__).parent.parent

_IMPORT = re.compile(
    r'^import\s*\{([^}]*)\}\s*from\s*"((?:\./|\.\./[\w-]+/)[\w-]+)\.mjs";?[ \t]*$', re.MULTILINE
)
_EXPORT = re.compile(r"^export (?=(?:async function\*?|function\*?|class|const) (\w+))", re.M)
_DEFAULT = re.compile(r"^export default ", re.MULTILINE)
_FORBIDDEN = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


class LinkError(ValueError):
    """A module that uses a form of import or export which the linker does not know."""


def _variable(name: str) -> str:
    """Return the JavaScript variable that holds a module: "shared/kit" is ``$shared_kit``."""
    return "$" + re.sub(r"\W", "_", name)


def _module(name: str, folder: Path) -> tuple[str, list[str]]:
    """Return a module as the text of a function that makes it, and what it imports."""
    text = (folder / f"{name}.mjs").read_text(encoding="utf-8")
    here = posixpath.dirname(name)
    needs: list[str] = []

    def take(found: re.Match) -> str:
        needs.append(posixpath.normpath(posixpath.join(here, found[2])))
        return f"const {{{' '.join(found[1].split())}}} = {_variable(needs[-1])};"

    exported = _EXPORT.findall(text)
    text = _IMPORT.sub(take, text)
    text = _EXPORT.sub("", text)
    text, defaults = _DEFAULT.subn("const $default = ", text)
    if defaults:
        exported.append("default: $default")
    if left := _FORBIDDEN.search(text):
        raise LinkError(f"{name}.mjs: cannot link {left[0]!r}")
    body = f"{text.rstrip()}\nreturn {{ {', '.join(exported)} }};"
    return f"const {_variable(name)} = (() => {{\n{body}\n}})();", needs


def _collect(name: str, folder: Path, done: dict[str, str], open_: tuple[str, ...]) -> None:
    """Add a module to `done` after all that it imports."""
    if name in done:
        return
    if name in open_:
        raise LinkError("circular import: " + " → ".join([*open_, name]))
    text, needs = _module(name, folder)
    for other in needs:
        _collect(other, folder, done, (*open_, name))
    done[name] = text


def link(name: str, form: str = "module", folder: Path = FOLDER) -> str:
    """Return a module with everything it imports, as one text.

    Parameters
    ----------
    name : str
        The file's path in `folder`, without ``.mjs``: "picture_lab/figure".
    form : {"module", "script", "worker"}
        "module": an ES module with the entry's default export, for anywidget. "script": a
        classic script that registers the default export under `name` with the page's host.
        "worker": a classic script that only runs the modules.
    folder : Path
        Where the modules are.

    Returns
    -------
    str
        JavaScript in strict mode.

    Raises
    ------
    LinkError
        If a module has an import or export of another form, or imports itself.
    """
    endings = {
        "module": f"export default {_variable(name)}.default;",
        "script": f'courseWidgets.define("{name}", {_variable(name)}.default);',
        "worker": "",
    }
    done: dict[str, str] = {}
    _collect(name, folder, done, ())
    body = "\n".join([*done.values(), endings[form]]).rstrip() + "\n"
    return body if form == "module" else f'(() => {{\n"use strict";\n{body}}})();\n'
