"""One stylesheet without the rules that no page can match."""

import pytest

from book.site import styles
from book.site.styles import Vocabulary


class TestStyles:
    VOCABULARY = Vocabulary.of({"here", "main"}, ['el.classList.add("made-by-script")'])

    @pytest.mark.parametrize(
        "kept",
        [
            ".here{top:0}",
            "#main .here:not(.gone){top:0}",
            ".made-by-script::before{top:0}",
            "html[data-theme=dark] a{top:0}",
            "@media print{.here{top:0}}",
            "@supports (display: grid){@media print{.here{top:0}}}",
            '.here{background:url("data:image/svg+xml;base64,AA==")}',
        ],
    )
    def test_keeps_what_can_match(self, kept):
        assert styles.purge(kept, self.VOCABULARY).replace("\n", "") == kept

    @pytest.mark.parametrize(
        "dropped",
        [
            ".gone{top:0}",
            "#main.gone{top:0}",
            "@media print{.gone{top:0}}",
            ".here{}",
            "/* nothing */",
            "@keyframes spin{from{top:0}to{top:1px}}",
            ":root{--bs-unread:1}",
            ":root{--bs-a:var(--bs-b)}html{--bs-b:';{}'}",
        ],
    )
    def test_drops_what_cannot(self, dropped):
        assert styles.purge(dropped, self.VOCABULARY) == ""

    def test_drops_one_selector_of_a_list(self):
        assert styles.purge(".gone,.here{top:0}", self.VOCABULARY) == ".here{top:0}"

    def test_keeps_an_animation_in_use(self):
        css = "@keyframes spin{from{top:0}}\n.here{animation:spin 1s}"
        assert styles.purge(css, self.VOCABULARY).replace("spin {", "spin{") == css

    def test_keeps_properties_that_others_read(self):
        css = ":root{--pst-a:1px;--pst-b:2px;--own:3px}"
        assert styles.purge(css, self.VOCABULARY, "p{top:var(--pst-b)}") == (
            ":root{--pst-b:2px;--own:3px}"
        )

    def test_our_own_sheet_stays_whole(self):
        css = ".gone{top:0} /* a remark */ @media print{#gone{top:0}}"
        assert styles.purge(css).replace("\n", "") == (".gone{top:0}@media print{#gone{top:0}}")

    def test_puts_imports_in_their_place_and_moves_addresses(self, tmp_path):
        (tmp_path / "_static" / "styles").mkdir(parents=True)
        (tmp_path / "_static" / "basic.css").write_text('a{background:url("a.png")}')
        text = '@import "../basic.css";b{background:url(../b.png)}c{background:url(data:,x)}'
        (tmp_path / "_static" / "styles" / "theme.css").write_text(text)
        css = styles.read_sheets(tmp_path, ["_static/styles/theme.css?digest=1"])
        assert css.index('url("a.png")') < css.index('url("b.png")')
        assert "data:,x" in css
        assert "@import" not in css

    def test_a_missing_or_broken_sheet_is_an_error(self, tmp_path):
        with pytest.raises(styles.StyleError, match="not there"):
            styles.read_sheets(tmp_path, ["_static/none.css"])
        with pytest.raises(styles.StyleError):
            styles.purge("a{top:0}}", self.VOCABULARY)
