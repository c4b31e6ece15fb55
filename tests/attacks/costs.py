"""What costly files cost: `python -m tests.attacks.costs`.

In a process of its own, so that the peak of memory among its children is that of the decoder's.
"""

import json
import resource
import sys

from engine.decoding.client import Child
from engine.decoding.messages import Task
from engine.errors import ImageRejected
from engine.picture_limits import UPLOAD_EFFORT, PictureLimits
from tests.attacks.files import costly_files

LIMITS = PictureLimits(max_bytes=25 * 2**20)  # the default of `limits.attachment_bytes`


def main() -> None:
    """Check each file in a child.

    Prints seconds of the processor, outcome, and the highest peak so far in MiB.
    """
    costs: dict[str, tuple[float, str, int]] = {}
    for name, make in costly_files().items():
        child = Child()
        # Before the file is made: a process that is forked begins with the memory of its parent.
        child.start()
        data = make()
        before, outcome = resource.getrusage(resource.RUSAGE_CHILDREN), "a picture"
        try:
            child.ask(Task("check", "It", LIMITS, UPLOAD_EFFORT), data)
        except ImageRejected as refused:
            outcome = str(refused)
        child.close()
        del data
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        costs[name] = seconds, outcome, after.ru_maxrss // 1024
    sys.stdout.write(json.dumps(costs))


if __name__ == "__main__":
    main()
