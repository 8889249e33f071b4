"""Questions that explain every choice, and the reader's progress."""
