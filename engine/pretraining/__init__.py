"""Training a VGG-19 for painting, from folders of pictures to the file that comes with the bot.

`pack` makes shards of pictures (shards.py), `train` a classifier of them (augment.py, network.py,
training.py), `export` the convolutions that paint, with their model card (export.py, card.py).
"""
