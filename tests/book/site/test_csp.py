"""The Content-Security-Policy of every page."""

import pytest

from book.site import csp
from book.site.page import PageError
from tests.book.site.small import page


class TestPolicy:
    @staticmethod
    def policy(made):
        meta = made.soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
        return dict(part.strip().split(" ", 1) for part in meta["content"].split(";"))

    def test_inline_scripts_are_allowed_by_their_hash_and_nothing_is_evaluated(self):
        made = page("<script>let a = 1 && 2;</script><script type='application/json'>{}</script>")
        csp.protect(made)
        policy = self.policy(made)
        # Computed with OpenSSL: printf 'let a = 1 && 2;' | openssl dgst -sha256 -binary | base64
        assert "'sha256-YDVX/YKhFRgEgXkyCM/LLbPEkdO/If8gaz8UUjXAWVk='" in policy["script-src"]
        assert policy["script-src"].count("sha256") == 1
        assert "unsafe" not in str(policy)
        assert policy["default-src"] == policy["base-uri"] == "'none'"
        assert "let a = 1 && 2;" in str(made.soup)

    @pytest.mark.parametrize(
        "bad", ['<p onclick="f()">x</p>', '<a href="JavaScript:f()">x</a>', "<b onerror=f()>x</b>"]
    )
    def test_a_script_in_an_attribute_is_an_error(self, bad):
        with pytest.raises(PageError, match="script"):
            csp.protect(page(bad))

    def test_styles_move_out_of_the_page(self):
        made = page(
            '<p style="color: red; top: 0">x</p><p style="color: red; top: 0" class="a">y</p>'
            "<style>#T_1 td{color:red}</style><style> </style><style>\n"
            "    .dataframe tbody tr th:only-of-type {vertical-align: middle;}\n</style>"
        )
        rules = csp.hoist_styles(made)
        assert rules[0] == "#T_1 td{color:red}"
        name = made.soup.p["class"][0]
        assert rules[1] == f".{name}{{color: red!important;top: 0!important}}"
        assert made.soup.find_all("p")[1]["class"] == ["a", name]
        assert not made.soup.find_all("style")
        assert not made.soup.find_all(style=True)
