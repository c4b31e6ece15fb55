"""What is measured rather than asserted: `make bench`. Figures go to build/benchmarks.json."""
