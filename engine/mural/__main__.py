"""Works on the pictures of one mural in a process of its own, so that the bot keeps its memory.

Standard input holds one task as JSON (`engine.mural.tasks`); files are written into its folder.
"""

import json
import os
import sys

from engine.mural.tasks import Task
from engine.mural.work import carry_out

os.nice(10)  # members wait for other things
carry_out(Task.from_json(json.load(sys.stdin)))
