"""The presets' names, for whoever offers a choice of them; free of torch."""
