"""The engine's errors. The text of each is one sentence for the person who can act on it.

EngineError
├── RequestRejected      an option is wrong: an unknown preset, a size of 0
├── ImageRejected        a file is no picture that can be painted
├── WeightsRejected      weights are missing, damaged or not VGG-19's
├── CheckpointRejected   a checkpoint is missing, damaged or of another painting
├── OutputRejected       the result cannot be written where it should go
├── OutOfMemory          the picture needs more memory than there is; names a size that fits
├── PaintingFailed       the losses are not finite, even in FP32
├── DatasetRejected      there are no pictures to train on, or their shards are damaged
├── TrainingFailed       the loss of a training is not finite
└── Stopped              somebody asked the painting to stop; no fault
"""


class EngineError(Exception):
    """Base of all errors that the engine raises on purpose."""


class RequestRejected(EngineError):
    """An option of a request is wrong."""


class ImageRejected(EngineError):
    """A file is no picture that can be painted."""


class WeightsRejected(EngineError):
    """Weights are missing, damaged or not those of a VGG-19."""


class CheckpointRejected(EngineError):
    """A checkpoint is missing, damaged or belongs to another painting."""


class OutputRejected(EngineError):
    """A result cannot be written where it should go."""


class OutOfMemory(EngineError):
    """A picture needs more memory than the device has."""


class PaintingFailed(EngineError):
    """The losses of a painting are not finite, even in FP32."""


class DatasetRejected(EngineError):
    """There are no pictures to train on, or the shards that hold them are damaged."""


class TrainingFailed(EngineError):
    """The loss of a training is not finite."""


class Stopped(EngineError):
    """The painting was asked to stop between two steps."""
