"""The memory of the process that asks: in a file of its own, so that asking costs none."""

import resource
import sys


def peak_megabytes() -> float:
    """Return the largest amount of memory that this process has had so far, in MB (10⁶ bytes)."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, KiB on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
