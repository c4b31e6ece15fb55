"""What costly files cost: `python -m tests.attacks.costs`.

In a process of its own, so that the peak of memory among its children is that of the decoder's.
"""

import json
import resource
import sys
import time

from engine.decoding.client import Child
from engine.decoding.messages import Task
from engine.errors import ImageRejected
from engine.picture_limits import UPLOAD_EFFORT, PictureLimits
from tests.attacks.files import costly_files

LIMITS = PictureLimits(max_bytes=25 * 2**20)  # the default of `limits.attachment_bytes`


def main() -> None:
    """Check each file in a child and print seconds and outcome; then the highest peak in MiB."""
    costs: dict[str, tuple[float, str]] = {}
    for name, data in costly_files().items():
        child = Child()
        child.start()
        begun, outcome = time.monotonic(), "a picture"
        try:
            child.ask(Task("check", "It", LIMITS, UPLOAD_EFFORT), data)
        except ImageRejected as refused:
            outcome = str(refused)
        costs[name] = time.monotonic() - begun, outcome
        child.close()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    sys.stdout.write(json.dumps({"costs": costs, "peak_mib": peak}))


if __name__ == "__main__":
    main()
