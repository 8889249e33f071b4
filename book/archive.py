"""Pack the built site into one file for rooms without a connection: ``make archive``.

The same site gives the same bytes.
"""

import sys
import zipfile
from pathlib import Path

from book import NAME, ROOT
from book.serve import find_site

EPOCH = (1980, 1, 1, 0, 0, 0)  # the first day that a ZIP knows


def pack(site: Path, target: Path) -> int:
    """Write all files of the folder `site` into a folder of the ZIP `target`; return their number.

    What begins with a dot is of the build and not of the site.
    """
    files = sorted(path for path in site.rglob("*") if path.is_file())
    files = [path for path in files if not path.name.startswith(".")]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            entry = zipfile.ZipInfo(f"{NAME}/{path.relative_to(site).as_posix()}", EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return len(files)


def main() -> int:
    """Pack ``_build/html``."""
    target = ROOT / "_build" / f"{NAME}.zip"
    try:
        count = pack(find_site(), target)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{target}: {count} files, {target.stat().st_size / 2**20:.1f} MB")
    print("Unpack it anywhere, and open index.html.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
