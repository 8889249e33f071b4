"""The steps that finish the pages as Sphinx wrote them."""
