"""Training a VGG-19 for painting, from folders of pictures to the file that comes with the bot.

`pack` makes shards of pictures (packing.py, shards.py). `train` teaches a classifier of them
(augment.py, network.py, course.py, training.py, trained.py). `export` writes the
convolutions that paint (export.py), with their model card (card.py).
"""
