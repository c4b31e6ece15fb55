"""Large pictures that are painted tile by tile; free of torch."""
