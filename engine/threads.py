"""How the threads of a painting wait for each other. Free of torch, which must come after it."""

import os


def wait_without_spinning() -> None:
    """Let OpenMP's threads sleep while they wait, unless the environment says otherwise.

    To be called before torch is imported: OpenMP reads this once. By default its threads spin,
    and next to another busy process each waits for one that has no core. `mural` at 256 pixels
    on two cores: 6.0 to 7.1 s alone (6.5 to 9.0 with spinning), 8.3 to 9.0 s beside a busy
    process (14.2 to 15.1 with spinning).
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
