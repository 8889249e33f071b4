"""Write what the published pages load for their figures: host, style, modules, assets."""

import base64
import gzip
from collections.abc import Iterable
from pathlib import Path

from fashion_lib.widgets.base import STYLE, CourseWidget
from fashion_lib.widgets.linker import FOLDER, link


def asset_script(name: str, data: bytes) -> str:
    """Return an asset as a classic script: those load from disk, too, where fetch may not.

    The bytes are compressed and then written in base64, so that a server without
    compression, and a copy on disk, are small as well. The same bytes give the same text.
    """
    packed = base64.b64encode(gzip.compress(data, compresslevel=9, mtime=0)).decode("ascii")
    return f'courseWidgets.asset("{name}", "{packed}");\n'


def write_site(folder: Path, widgets: Iterable[type[CourseWidget]]) -> list[Path]:
    """Write the files for `widgets` into `folder`; return their paths.

    Parameters
    ----------
    folder : Path
        Made if missing. In the book it is ``_widgets`` beside ``_static``.
    widgets : iterable of CourseWidget classes
        The figures that pages may contain.
    """
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    files = {
        folder / "host.js": (FOLDER / "host.js").read_text(encoding="utf-8"),
        folder / "widgets.css": STYLE,
    }
    for widget in widgets:
        files[folder / f"{widget.module}.js"] = link(widget.module, "script")
        for name, make in widget.assets.items():
            target = folder / "assets" / f"{name}.js"
            if target not in files:
                files[target] = asset_script(name, make())
    for target, text in files.items():
        target.write_text(text, encoding="utf-8")
    return list(files)
