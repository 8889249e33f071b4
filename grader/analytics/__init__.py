"""How an assignment went: from results to tables, from tables to one page without names.

`tables` counts and is tested with numbers worked out by hand; `drawing` draws; `page` puts both
into ``page.html``.
"""

from grader.analytics.page import render
from grader.analytics.tables import Record, Tables, tabulate

__all__ = ["Record", "Tables", "render", "tabulate"]
