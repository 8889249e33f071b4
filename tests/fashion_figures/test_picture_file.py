"""Files that are cut off, and what is taken out of a file: the JavaScript, in Node, against Pillow.

No browser: `fashion_figures/shared/picture_whole.mjs` and `picture_parts.mjs` read bytes only.
"""

import io
import json
import struct
import subprocess

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from fashion_figures.host.linker import FOLDER
from fashion_lib import ImageError, example_pictures, pictures
from tests.fashion_figures.test_shared import ORIENTATION, file_of, png_chunk, swapped_profile

# For each file: whether it is whole when only so many bytes are there, and what is left of it.
SCRIPT = """
import { readFileSync, writeFileSync } from "node:fs";
const [folder, modules] = process.argv.slice(2);
const { readHeader } = await import(`${modules}/picture_file.mjs`);
const { isWhole } = await import(`${modules}/picture_whole.mjs`);
const { takeApart } = await import(`${modules}/picture_parts.mjs`);
const verdict = (bytes) => {
  try {
    const header = readHeader(bytes);
    return header !== null && isWhole(bytes, header.type);
  } catch (error) { if (error instanceof RangeError) return false; throw error; }
};
const found = {};
for (const [name, cuts] of JSON.parse(readFileSync(`${folder}/files.json`))) {
  const bytes = new Uint8Array(readFileSync(`${folder}/${name}`));
  const whole = cuts.map((cut) => verdict(bytes.subarray(0, cut)));
  const { parts, orientation } = takeApart(bytes, readHeader(bytes).type);
  writeFileSync(`${folder}/${name}.rest`, Buffer.concat(parts));
  found[name] = { whole, orientation };
}
console.log(JSON.stringify(found));
"""
END_MARK = {"png": 16, "jpg": 0, "gif": 1, "webp": 0, "bmp": 0}  # bytes that Pillow can do without
SIDES = (13, 9)


def small():
    """Return a small colored picture."""
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (*SIDES, 3), np.uint8))


def exif_of(orientation):
    exif = Image.Exif()
    exif[0x010F] = "A maker whose name comes first"
    exif[ORIENTATION] = orientation
    return exif


def cut_files():
    """Return small files of every kind, whose every beginning is looked at."""
    picture = small()
    frames = {"save_all": True, "append_images": [picture.rotate(180)], "duration": 90}
    thumb = b"Exif\0\0" + file_of(picture, "JPEG")  # a picture inside of a segment
    return {
        "plain.png": file_of(picture),
        "moving.png": file_of(picture, **frames),
        "plain.jpg": file_of(picture, "JPEG"),
        "progressive.jpg": file_of(picture, "JPEG", progressive=True, exif=thumb),
        "restarts.jpg": file_of(picture, "JPEG", restart_marker_blocks=1),
        "plain.gif": file_of(picture, "GIF", comment="A block before the frame"),
        "moving.gif": file_of(picture, "GIF", **frames),
        "lossy.webp": file_of(picture, "WEBP"),
        "lossless.webp": file_of(picture, "WEBP", lossless=True, exif=exif_of(6)),
        "moving.webp": file_of(picture, "WEBP", **frames),
        "color.bmp": file_of(picture, "BMP"),
        "gray.bmp": file_of(picture.convert("L"), "BMP"),
        "black.bmp": file_of(picture.convert("1"), "BMP"),
        "upward.bmp": upward(file_of(picture, "BMP")),
    }


def upward(bmp):
    """Return a BMP file whose rows begin at the top."""
    return bmp[:22] + struct.pack("<i", -SIDES[0]) + bmp[26:]


def is_read(content):
    """Return whether Python takes these bytes for a picture."""
    try:
        pictures.read_picture(content)
    except ImageError:
        return False
    return True


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a function that hands files, with the lengths to cut them to, to the modules."""

    def hand(files):
        folder = tmp_path_factory.mktemp("files")
        for name, (content, _) in files.items():
            (folder / name).write_bytes(content)
        plan = [(name, list(cuts)) for name, (_, cuts) in files.items()]
        (folder / "files.json").write_text(json.dumps(plan))
        (folder / "run.mjs").write_text(SCRIPT)
        command = ["node", folder / "run.mjs", folder, (FOLDER / "shared").as_uri()]
        found = json.loads(subprocess.check_output(command, text=True))
        return {
            name: one | {"rest": (folder / f"{name}.rest").read_bytes()}
            for name, one in found.items()
        }

    return hand


def test_what_python_does_not_read_is_not_whole_at_any_length(run):
    files = {name: (content, range(len(content) + 1)) for name, content in cut_files().items()}
    for name, one in run(files).items():
        content, lengths = files[name]
        read = [is_read(content[:length]) for length in lengths]
        enough = one["whole"].index(True)
        assert all(one["whole"][enough:]), name
        assert 0 <= enough - read.index(True) <= END_MARK[name.rpartition(".")[2]], name
        assert read[-1], name
        if not name.startswith("moving"):  # later frames are not looked at
            assert all(read[enough:]), name


def test_whole_files_are_never_refused_whatever_follows_them(run):
    files = cut_files() | {
        f"{name}.png": path.read_bytes() for name, path in example_pictures().items()
    }
    for kind in ("JPEG", "WEBP", "GIF", "BMP"):
        picture = Image.open(example_pictures()["bag"]).convert("RGB")
        files[f"large.{kind.lower()}"] = file_of(picture, kind)
    for tail in (b"", b"\0", b"\xff\xd8\xff", bytes(1000), b"; -- notes"):
        longer = {name: content + tail for name, content in files.items()}
        assert all(is_read(content) for content in longer.values())
        found = run({name: (content, [len(content)]) for name, content in longer.items()})
        assert [name for name, one in found.items() if not one["whole"][0]] == []


def test_profiles_gamma_and_orientation_are_taken_out_and_nothing_else(run):
    """Pillow, which knows of them all, finds the same pixels, and none of them."""
    picture, files = small(), {}
    for orientation in range(1, 9):
        extra = {"exif": exif_of(orientation), "icc_profile": swapped_profile()}
        files[f"{orientation}.png"] = file_of(picture, **extra)
        files[f"{orientation}.webp"] = file_of(picture, "WEBP", lossless=True, **extra)
        files[f"{orientation}.jpg"] = file_of(picture, "JPEG", **extra)
    plain = file_of(picture)
    gamma = png_chunk(b"gAMA", struct.pack(">I", 100_000)) + png_chunk(b"sRGB", b"\0")
    files["0.png"] = plain[:33] + gamma + plain[33:]
    for name, one in run({name: (content, []) for name, content in files.items()}).items():
        before, after = (Image.open(io.BytesIO(file)) for file in (files[name], one["rest"]))
        assert_array_equal(np.asarray(before), np.asarray(after))
        assert not {"icc_profile", "gamma", "srgb"} & set(after.info), name
        orientation, _, kind = name.partition(".")
        is_turned_here = kind != "jpg" and orientation != "0"
        assert one["orientation"] == (int(orientation) if is_turned_here else 1), name
        left = after.getexif().get(ORIENTATION, 1)
        assert left == (int(orientation) if kind == "jpg" else 1), name


@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_a_damaged_orientation_counts_as_upright(run, byte_order):
    files, expected = {}, {}
    mark = b"II*\0" if byte_order == "<" else b"MM\0*"
    for stated, counts in ((6, 6), (8, 8), (0, 1), (9, 1)):
        entry = struct.pack(f"{byte_order}IHHHIHH", 8, 1, ORIENTATION, 3, 1, stated, 0)
        files[f"{stated}.webp"] = file_of(small(), "WEBP", exif=mark + entry + bytes(4))
        expected[f"{stated}.webp"] = counts
    found = run({name: (content, []) for name, content in files.items()})
    assert {name: one["orientation"] for name, one in found.items()} == expected
