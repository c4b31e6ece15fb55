"""Paints: VGG-19 neural style transfer (Gatys et al., arXiv 1508.06576), free of Discord."""
