"""The pages on which a person grades: served on this machine alone, for the time of a command."""
