"""The font of the icons in use."""

from pathlib import Path

import pytest

from book.site import icons
from book.site.page import Site


class TestIcons:
    @pytest.fixture
    def site(self, tmp_path):
        import pydata_sphinx_theme

        theme = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme"
        (source,) = theme.rglob("fa-solid-900.ttf")
        (tmp_path / "raw" / "_static" / "fonts").mkdir(parents=True)
        target = tmp_path / "raw" / "_static" / "fonts" / "fa-solid-900.ttf"
        target.write_bytes(source.read_bytes())
        return Site(tmp_path / "raw", tmp_path / "html", tmp_path / "cache")

    CSS = (
        '@font-face{font-family:FA;src:url("fonts/fa-solid-900.woff2") format("woff2"),'
        'url("fonts/fa-solid-900.ttf") format("truetype")}.fa-search:before{content:"\\f002"}'
    )

    def test_the_font_has_the_icons_in_use_and_no_other(self, site):
        from fontTools.ttLib import TTFont

        css = icons.cut_fonts(site, self.CSS)
        assert 'url("icons/fa-solid-900.woff") format("woff")' in css
        assert "ttf" not in css
        cut = site.folder / "_static" / "icons" / "fa-solid-900.woff"
        assert set(TTFont(cut).getBestCmap()) == {0xF002}
        assert cut.stat().st_size < 2_000

    def test_letters_and_escapes_both_count(self):
        assert icons.used_code_points('a{content:"\\f002"}b{content:"\uf0eb x"}') == {
            0xF002,
            0xF0EB,
        }

    def test_a_font_that_moved_is_an_error(self, site):
        with pytest.raises(icons.IconError, match="No TrueType"):
            icons.cut_fonts(site, self.CSS.replace("fonts/", "elsewhere/"))
        with pytest.raises(icons.IconError, match="no font face"):
            icons.cut_fonts(site, 'a{content:"\\f002"}')
