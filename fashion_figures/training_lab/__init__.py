"""The chapter's network learns in the page."""
