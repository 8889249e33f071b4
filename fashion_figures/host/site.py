"""Write what the published pages load for their figures: host, style, modules, assets."""

import base64
import gzip
from collections.abc import Iterable
from pathlib import Path

from fashion_figures.host.base import CourseWidget, stylesheets
from fashion_figures.host.linker import FOLDER, link


def asset_script(name: str, data: bytes) -> str:
    """Return an asset as a classic script: those load from disk, too, where fetch may not.

    The bytes are compressed and then written in base64, so that a server without
    compression, and a copy on disk, are small as well. The same bytes give the same text.
    """
    packed = base64.b64encode(gzip.compress(data, compresslevel=9, mtime=0)).decode("ascii")
    return f'courseWidgets.asset("{name}", "{packed}");\n'


def write_site(folder: Path, figures: Iterable[type[CourseWidget]]) -> list[Path]:
    """Write the files for `figures` into `folder`; return their paths.

    Parameters
    ----------
    folder : Path
        Made if missing. In the book it is ``_figures`` beside ``_static``.
    figures : iterable of CourseWidget classes
        The figures that pages may contain.
    """
    files = {
        folder / "host.js": (FOLDER / "host" / "host.js").read_text(encoding="utf-8"),
    }
    for figure in figures:
        files[folder / f"{figure.module}.js"] = link(figure.module, "script")
        files |= {folder / path: text for path, text in stylesheets(figure.module).items()}
        for name, make in figure.assets.items():
            target = folder / "assets" / f"{name}.js"
            if target not in files:
                files[target] = asset_script(name, make())
    for target, text in files.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return list(files)
