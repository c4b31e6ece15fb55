"""What a real card makes of the CUDA path, in parts: see `scripts/gpu_day.sh`."""
