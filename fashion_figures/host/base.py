"""What all figures of the course share: hosting, assets, and a text for who cannot see them."""

import base64
import html
import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import anywidget
import numpy as np
import traitlets

from fashion_figures.host.linker import FOLDER, link
from fashion_lib._palette import custom_properties

# Of the widget machinery itself; the rest of a widget's state is its own.
_MACHINERY = ("_esm", "_css", "_anywidget_id", "layout", "tabbable", "tooltip")


_SHARED_STYLE = "shared/shared.css"
_PARTS = ".cw, .cw-error, .cw-fallback"
# The book's pages, JupyterLab, VS Code, and Colab say in these ways that they are dark.
_DARK = (
    'html[data-theme="dark"]',
    'body[data-jp-theme-light="false"]',
    "body.vscode-dark",
    'html[theme="dark"]',
)


def stylesheets(module: str) -> dict[str, str]:
    """Return what styles a figure, in order: path and text of the shared and its own stylesheet.

    The shared one begins with the course's colors, of light and of dark pages.
    """
    paths = (_SHARED_STYLE, f"{module.partition('/')[0]}/figure.css")
    styles = {path: (FOLDER / path).read_text(encoding="utf-8") for path in paths}
    dark = f":is({', '.join(_DARK)}) :is({_PARTS})"
    colors = (
        f"{_PARTS} {{ {custom_properties('light')} }}\n"
        f"@media not print {{ {dark} {{ {custom_properties('dark')} }} }}\n"
        f".cw-night {{ {custom_properties('night')} }}\n"  # the same on light and dark pages
    )
    return styles | {_SHARED_STYLE: colors + styles[_SHARED_STYLE]}


class Pixels(traitlets.TraitType):
    """A gray picture, uint8 of shape (28, 28); the front end sees 784 bytes.

    Accepts anything array-like with 784 values: uint8 in 0 to 255, or floats in [0, 1].
    """

    default_value = None
    info_text = "28×28 gray values, uint8 in 0 to 255 or floats in [0, 1]"

    def validate(self, obj: traitlets.HasTraits, value: Any) -> np.ndarray | None:
        """Return the picture as uint8 (28, 28), or raise TraitError."""
        if value is None:
            return None
        if isinstance(value, (bytes, memoryview)):
            value = np.frombuffer(value, dtype=np.uint8)
        pixels = np.asarray(value)
        if pixels.size != 784:
            self.error(obj, value)
        if pixels.dtype.kind == "f":
            if not (np.isfinite(pixels).all() and pixels.min() >= 0 and pixels.max() <= 1):
                self.error(obj, value)
            pixels = np.floor(pixels * 255 + 0.5)
        elif pixels.dtype.kind not in "iu" or pixels.min() < 0 or pixels.max() > 255:
            self.error(obj, value)
        return pixels.astype(np.uint8).reshape(28, 28)

    @staticmethod
    def to_json(value: np.ndarray | None, _widget: Any) -> bytes | None:
        """Return the picture as the front end gets it."""
        return None if value is None else value.tobytes()

    @staticmethod
    def from_json(value: Any, _widget: Any) -> Any:
        """Return what the front end sent; `validate` does the rest."""
        return value

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.tag(sync=True, to_json=self.to_json, from_json=self.from_json)

    @staticmethod
    def equal(first: Any, second: Any) -> bool:
        """Compare two pictures; NumPy's own comparison gives an array."""
        return np.array_equal(first, second)

    def set(self, obj: traitlets.HasTraits, value: Any) -> None:
        """Set the trait, and notify only if the picture differs."""
        name = str(self.name)
        new = self._validate(obj, value)
        old = obj._trait_values.get(name, self.default_value)
        obj._trait_values[name] = new
        if not self.equal(old, new):
            obj._notify_trait(name, old, new)


class CourseWidget(anywidget.AnyWidget):
    """An interactive figure that is alive in a notebook and in the published page.

    A subclass names its `module`, has its state as traits tagged ``sync=True``, and a `label`
    and a `text`. In a notebook, anywidget hosts the module and the traits follow what the reader
    does. In the published page the module is hosted by ``host.js`` with the state embedded, and
    no kernel.

    Attributes
    ----------
    module : str
        The front end's file in this package, without ``.mjs``: "picture_lab/figure". The
        stylesheet beside it is ``figure.css``.
    label : str
        The figure's name, for assistive technology and as its heading.
    text : str
        What the figure shows and lets one find out, for who cannot see or use it.
    assets : mapping of str to callable
        Data that the front end asks for by name when it needs it; each gives bytes.
    """

    module: ClassVar[str] = ""
    assets: ClassVar[Mapping[str, Callable[[], bytes]]] = {}

    label = traitlets.Unicode("").tag(sync=True)
    text = traitlets.Unicode("").tag(sync=True)

    def __init_subclass__(cls, **options: Any) -> None:
        """Take the figure's front end from its files."""
        if cls.module and "_esm" not in cls.__dict__:
            cls._esm = link(cls.module, "module")
            cls._css = "\n".join(stylesheets(cls.module).values())
        super().__init_subclass__(**options)

    def __init__(self, **state: Any) -> None:
        super().__init__(**state)
        self.on_msg(self._answer)

    def _answer(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Send an asset that the front end asked for."""
        if not isinstance(content, dict) or content.get("type") != "asset":
            return
        name = str(content.get("name"))
        reply = {"type": "asset", "name": name}
        if name not in self.assets:
            self.send(reply | {"error": f"there is no asset {name!r}"})
            return
        try:
            data = self.assets[name]()
        except Exception as error:  # the reader sees it in the figure instead of nothing
            self.send(reply | {"error": str(error)})
        else:
            self.send(reply, buffers=[data])

    def static_state(self) -> dict[str, Any]:
        """Return the widget's state as JSON can hold it; bytes become ``{"$bytes": base64}``."""
        own = [name for name in self.keys if not self._is_machinery(name)]
        state = self.get_state(own)
        return {name: _encode(value) for name, value in sorted(state.items())}

    def _is_machinery(self, name: str) -> bool:
        return name in _MACHINERY or name.startswith(("_model", "_view", "_dom"))

    def static_html(self) -> str:
        """Return the figure for a page without a kernel."""
        return host_html(self.module, self.static_state(), f"<p>{html.escape(self.text)}</p>")

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**(data or {}), "text/html": self.static_html()}, metadata


def host_html(module: str, state: Mapping[str, Any], fallback: str) -> str:
    """Return the element that the page's host turns into a figure.

    Parameters
    ----------
    module : str
        The front end's file in this package, without ``.mjs``.
    state : mapping
        JSON values.
    fallback : str
        HTML that stands there without scripts, and until the figure has started.
    """
    data = json.dumps(state, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return (
        f'<div class="cw-host" data-widget="{html.escape(module)}">'
        f'<script type="application/json">{data}</script>'
        f'<div class="cw-fallback">{fallback}</div></div>'
    )


def _encode(value: Any) -> Any:
    """Replace bytes by their base64 form, at any depth."""
    if isinstance(value, (bytes, memoryview)):
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, Mapping):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encode(item) for item in value]
    return value
