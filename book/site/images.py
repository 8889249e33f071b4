"""The pictures of the pages: small files, known sizes, and loaded when they are near.

Plots come from the kernel as PNG. As WebP without loss they take a third of that; a picture
with many colors, such as a scatter plot, is compressed with a loss that cannot be seen where
that saves a lot. Each picture gets its size, so that nothing moves while the page loads. A plot
links to itself, which opens it large (``_static/course.js``), and a dark page shows the drawing for
it that the plot carries (``tools/notebooks/dark_plots.py``).
"""

import io
import re
import struct
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
DARK = b"daRk"  # the chunk of a PNG with the drawing for dark pages
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


def split(content: bytes) -> tuple[bytes, bytes | None]:
    """Return a picture without the one for dark pages that it carries, and that one or None."""
    start = 8 if content.startswith(b"\x89PNG") else len(content)
    while start < len(content):
        (length,) = struct.unpack(">I", content[start : start + 4])
        body, end = start + 8, start + 8 + length
        if content[start + 4 : body] == DARK:
            return content[:start] + content[end + 4 :], content[body:end]
        start = end + 4
    return content, None


def convert(site: Site, name: str, content: bytes) -> str:
    """Write a picture of the site as WebP in the place of `name`; return the new name."""
    smaller = site.cached(f"{digest(content)}-{ENCODER}.webp", lambda: encode(content))
    if smaller == content:
        site.write(name, content)
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
                content, dark = split((site.raw / name).read_bytes())
                name = convert(site, name, content)
                image["src"] = page.root + name
                if dark is not None:
                    _offer_dark(site, page, image, dark)
                # A picture that was made smaller links to itself in full size.
                if link.name == "a" and page.local(link.get("href", "")) == original:
                    link["href"] = page.root + name
        _state_size(image, size(site.folder / name))
        if image.find_parent(class_="cell_output") and not image.find_parent("a"):
            _let_enlarge(page, image)
        _offer_narrow(site, page, image, Path(name).stem)
    _let_wait(page)


def _offer_dark(site: Site, page: Page, image: Tag, content: bytes) -> None:
    """Write the drawing for dark pages, and put it beside that for light ones."""
    name = convert(site, f"_images/{Path(image['src']).stem}-dark.png", content)
    other = page.tag("img", src=page.root + name, alt=image.get("alt", ""), class_="course-dark")
    _state_size(other, size(site.folder / name))
    image["class"] = [*image.get("class", []), "course-light"]
    image["loading"] = other["loading"] = "lazy"  # the one that is not shown does not load
    image.insert_after(other)


def _let_enlarge(page: Page, image: Tag) -> None:
    """Let a plot link to itself: a script opens it large, and without it the browser does."""
    link = page.tag("a", href=image["src"], class_="course-enlarge", aria_haspopup="dialog")
    dark = image.find_next_sibling("img", class_="course-dark")
    image.wrap(link)
    if dark is not None:
        link.append(dark.extract())


def _offer_narrow(site: Site, page: Page, image: Tag, stem: str) -> None:
    """Let a narrow screen show ``_static/…-narrow.png`` instead, where there is one."""
    name = f"_static/{stem}-narrow.png"
    if not (site.raw / name).is_file():
        return
    name = convert(site, name, (site.raw / name).read_bytes())
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
