"""The model card of exported weights: data, recipe, figures, licence, and how to make it again."""

import hashlib
import math
from pathlib import Path

from engine.pretraining.export import LOUDEST, Exported
from engine.pretraining.trained import Trained
from engine.tensors import IMAGENET_DEVIATION, IMAGENET_MEAN


def model_card(trained: Trained, exported: Exported, weights: Path, data: str) -> str:
    """The card in Markdown; `data` says in a sentence what it was trained on, and its licence."""
    course, last = trained.course, trained.epochs[-1]
    content = weights.read_bytes()
    measured = (
        "Not measured: there were no validation pictures."
        if last.accuracy is None
        else f"Top-1 on the validation pictures: {last.accuracy:.1%} at {course.size} px."
    )
    begun = f"begun with the weights {course.start}: " if course.start else ""
    return f"""# {weights.stem}

- **What**: the 13 convolutions conv1_1 to conv5_1 of torchvision's VGG-19 (`features.0` to
  `features.28`), FP16 safetensors, {len(content) / 1e6:.1f} MB, sha256
  `{hashlib.sha256(content).hexdigest()}`.
- **Input**: RGB in [0, 1], normalised with mean {IMAGENET_MEAN} and deviation
  {IMAGENET_DEVIATION}.
- **Data**: {data} {trained.pictures:,} pictures in {len(trained.classes)} classes.
- **Recipe**: {begun}a classifier with batch normalisation (folded in here) and a linear head on the
  mean of relu5_1, {course.pooling} pooling; {last.number} epochs in
  {last.seconds / 60:.0f} minutes on {trained.device} in
  {trained.precision.upper()}; SGD with Nesterov momentum {course.momentum:g},
  batches of {course.batch}, one cycle with a peak rate of {course.rate:g}, weight decay
  {course.weight_decay:g}, label smoothing {course.label_smoothing:g}; random resized crops to
  {course.first_size} px for the first {course.first_share:.0%} of the cycle, then to
  {course.size} px, flips, mild changes of colour, blur and noise; running averages of the
  weights ({course.average:g} a step); seed {course.seed}.
- **Figures**: {measured} Loss of the last epoch: {last.loss:.3f}.
- **Scaling**: each channel's mean activation after ReLU is 1 over {exported.photographs}
  photographs (Gatys et al., arXiv 1505.07376, section 2), but for {exported.capped} channels that
  are fainter, so that their root mean square before the ReLU is at most {LOUDEST:g}; the largest
  activation is {exported.largest:.0f}, and {exported.faint} channels were too faint for a scale of
  their own.
- **What it is not**: ImageNet's VGG-19 of torchvision. Losses do not compare between the two.
- **Licence**: the weights are released under the project's licence. What the licence of the
  pictures means for weights trained on them is for whoever passes these on to decide.

## Make it again

```
python -m engine.pretraining pack PICTURES shards/train --side SIDE
python -m engine.pretraining pack VALIDATION shards/validation --side SIDE
python -m engine.pretraining train shards/train --validation shards/validation --out model/vgg19 \\
    {_options(trained)}
python -m engine.pretraining export model/vgg19 --photographs PHOTOGRAPHS --to {weights.name}
```
"""


def _options(trained: Trained) -> str:
    course = trained.course
    minutes = f"--minutes {course.minutes:g} " if math.isfinite(course.minutes) else ""
    start = f"--start {course.start} " if course.start else ""
    return (
        f"--epochs {course.epochs} {minutes}--batch {course.batch} --size {course.size} "
        f"--first-size {course.first_size} --rate {course.rate:g} --pooling {course.pooling} "
        f"\\\n    {start}--seed {course.seed} --precision {trained.precision}"
    )
