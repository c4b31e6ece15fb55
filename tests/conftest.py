"""What all tests share."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.log_guard"]

# Each process of the tests, and each that they start, has one thread for torch, and the threads of
# OpenMP do not spin while they wait.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# A slow machine is no fault of the code. Where nobody is there to look at a new finding, the
# examples are the same in every run.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("default", patient)
settings.register_profile("ci", patient, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")
