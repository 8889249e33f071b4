"""The archive: the whole site in one file that can be made again, byte for byte."""

import zipfile

from book.archive import pack


def test_the_archive_has_the_whole_site_and_is_the_same_each_time(tmp_path):
    site = tmp_path / "html"
    (site / "chapters").mkdir(parents=True)
    (site / "index.html").write_text("front")
    (site / "chapters" / "a.html").write_text("chapter")
    (site / ".complete").touch()
    assert pack(site, tmp_path / "one.zip") == pack(site, tmp_path / "two.zip") == 2
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "unpacked")
    (top,) = (tmp_path / "unpacked").iterdir()
    assert (top / "index.html").read_text() == "front"
    assert (top / "chapters" / "a.html").read_text() == "chapter"
