"""Waiting with a deadline instead of sleeping."""

import os
import time

#: Sanitizer builds are slower; ctest says by how much.
SLOWNESS = float(os.environ.get("OWB_TEST_SLOWNESS", "1"))


class TimedOut(AssertionError):
    """A condition did not become true in time."""


def seconds(amount):
    """`amount` on a normal build, more on a sanitizer's."""
    return amount * SLOWNESS


def until(condition, what, timeout=10.0, interval=0.02):
    """Polls `condition` until it returns something true and returns that; raises TimedOut naming `what`."""
    deadline = time.monotonic() + seconds(timeout)
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() >= deadline:
            raise TimedOut(f"waited {seconds(timeout):g} s in vain: {what}")
        time.sleep(interval)
