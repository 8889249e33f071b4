"""The pictures of the pages: small files, known sizes, and loaded when they are near.

Plots come from the kernel as PNG. As WebP without loss they take a third of that; a picture
with many colors, such as a scatter plot, is compressed with a loss that cannot be seen where
that saves a lot. Each picture gets its size, so that nothing moves while the page loads.
"""

import io
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from bs4 import Tag
from PIL import Image

from book.site.page import Page, PageError, Site, digest

RASTER = (".png", ".jpg", ".jpeg")
LARGE = 64 * 1024  # bytes from which a loss is worth considering
GAIN = 0.6  # of the size without loss, at most
ENCODER = "1"  # part of the key of the cache: change it with the settings below
# Letters before a picture that fill the first screen of a desktop: what comes later can wait.
FIRST_SCREEN = 1500
NARROW = 600  # pixels, as in course.css


def encode(content: bytes) -> bytes:
    """Return a picture as WebP, or as it came if that is smaller."""
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
    if picture.mode in ("RGBA", "LA") and picture.getchannel("A").getextrema() == (255, 255):
        picture = picture.convert("RGB")
    exact = _webp(picture, lossless=True, quality=80, method=4)
    if len(exact) > LARGE:
        close = _webp(picture, quality=90, method=6)
        exact = close if len(close) < GAIN * len(exact) else exact
    return min(exact, content, key=len)


def _webp(picture: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", **options)
    return buffer.getvalue()


def convert(site: Site, name: str) -> str:
    """Write the picture `name` of the site as WebP in its place; return the new name."""
    content = (site.raw / name).read_bytes()
    smaller = site.cached(f"{digest(content)}-{ENCODER}.webp", lambda: encode(content))
    if smaller == content:
        return name
    target = re.sub(r"\.\w+$", ".webp", name)
    site.write(target, smaller)
    (site.folder / name).unlink(missing_ok=True)  # another page may have converted it
    return target


def size(path: Path) -> tuple[int, int] | None:
    """Return width and height of a picture in pixels; None for an SVG without a size."""
    if path.suffix != ".svg":
        with Image.open(path) as picture:
            return picture.size
    root = ElementTree.parse(path).getroot()
    box = (root.get("viewBox") or "").replace(",", " ").split()
    width, height = root.get("width") or box[2:3], root.get("height") or box[3:4]
    numbers = [
        re.match(r"[\d.]+", value[0] if isinstance(value, list) and value else str(value))
        for value in (width, height)
    ]
    if not all(numbers):
        return None
    return tuple(round(float(number[0])) for number in numbers)


def improve(site: Site, page: Page) -> None:
    """Convert the page's pictures, state their sizes, and let later ones wait."""
    for image in page.soup.find_all("img"):
        name = page.local(image.get("src", ""))
        if name is None:
            continue
        if Path(name).suffix.lower() in RASTER and name.startswith(("_images/", "_static/")):
            if not (site.raw / name).is_file():
                raise PageError(f"{page.name} shows the picture {name}, which is not there.")
            if name.startswith("_images/"):
                link, original = image.parent, name
                name = convert(site, name)
                image["src"] = page.root + name
                # A picture that was made smaller links to itself in full size.
                if link.name == "a" and page.local(link.get("href", "")) == original:
                    link["href"] = page.root + name
        _state_size(image, size(site.folder / name))
        _offer_narrow(site, page, image, Path(name).stem)
    _let_wait(page)


def _offer_narrow(site: Site, page: Page, image: Tag, stem: str) -> None:
    """Let a narrow screen show ``_static/…-narrow.png`` instead, where there is one."""
    name = f"_static/{stem}-narrow.png"
    if not (site.raw / name).is_file():
        return
    name = convert(site, name)
    width, height = size(site.folder / name)
    source = page.tag("source", media=f"(max-width: {NARROW}px)", srcset=page.root + name)
    source["width"], source["height"] = str(width), str(height)
    image.wrap(page.tag("picture")).insert(0, source)


def _state_size(image: Tag, natural: tuple[int, int] | None) -> None:
    style = image.get("style", "")
    if asked := re.fullmatch(r"\s*width:\s*(\d+)px;?\s*", style):
        image["width"] = asked[1]
        del image["style"]
    if natural is None or "height" in image.attrs:
        return
    width = str(image.get("width", natural[0])).removesuffix("px")
    if width.isdigit():
        image["width"] = width
        image["height"] = str(round(int(width) * natural[1] / natural[0]))


def _let_wait(page: Page) -> None:
    for image in page.soup.select(".dropdown-menu img"):
        image["loading"] = "lazy"  # in a closed menu
    if page.article is None:
        return
    letters = 0
    for element in page.article.descendants:
        if not isinstance(element, Tag):
            letters += len(element.strip())
        elif element.name == "img":
            element["decoding"] = "async"
            if letters > FIRST_SCREEN:
                element["loading"] = "lazy"
            letters += 400  # a picture takes the place of as many letters, at least
