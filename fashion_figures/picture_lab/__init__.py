"""The reader's own picture, prepared and classified."""
