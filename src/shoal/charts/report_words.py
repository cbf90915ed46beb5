"""What a report says of its charts to a reader who sees such a picture for the first time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

READ: Final[Mapping[str, str]] = {
    "curves": "How the networks learn: a line is the median network, nine in ten lie in its band.",
    "ceiling": "Where every network ended, beside the lines of what is known without it.",
    "surface": "What the median network says at every place of two features: the fainter the "
    "colour the less sure it is, and on the line it cannot tell.",
    "disagreement": "Where the networks contradict each other: the stronger the "
    "colour, the further they are apart.",
    "surface_difference": "Where the networks of two sides say different things: in one colour the "
    "first says more, in the other the second.",
    "slice": "What the networks say along a straight walk through the data, with the rows near it.",
    "predictions": "What each network says at a few points: were training sure of its end, the "
    "dots of a point would coincide.",
    "confusion": "A line holds the rows of a class, a column what the networks called them: "
    "what lies off the diagonal is wrong.",
    "calibration": "Whether a probability means what it says: on the dashed line, of the rows "
    "called 70 % seven in ten come true.",
    "coverage": "What is gained by answering only the rows it is surest of: the further left the "
    "fewer are answered.",
    "roc": "How well rows of a class are told from the others: the further up and left the better, "
    "the dashed line is a coin.",
    "costs": "What a row costs on average when it is called yes above a probability: the theory "
    "trusts the probabilities, the least is that of these rows.",
    "residuals": "How far off each row is, against what was said: a pattern is something that the "
    "network did not learn.",
    "network": "The best network: a line is a weight, the thicker the larger, a disc a bias.",
    "sweep": "How the figure changes with what was varied: the median network of every cell.",
    "heatmap": "The figure for every pair of values: a row and a column are a cell.",
    "differences": "Every pair of networks that began alike: right of 0 the first side is better.",
    "race": "How the sides get on: the line that is down (for a loss) or up first is the quicker.",
    "worth": "Every learner on the same folds: a line is where its mean lies. Whether two differ "
    "is told by the differences fold by fold, not by lines that overlap.",
    "activations": "What a unit makes of its weighted sum, and how much that changes with it: "
    "where the slope is 0, nothing is learned.",
    "losses": "What an answer costs, by the last weighted sum: the slope is what training pushes "
    "with.",
    "initializers": "Where weights begin: by the size of the layer, so that signals neither fade "
    "nor swell, or as they are told to.",
    "schedules": "How the learning rate changes in a run: large steps first, small ones to settle.",
    "optimizer_paths": "Every rule from the same start into the same narrow valley: a dot is a "
    "step, and lines are places of equal loss.",
    "time_to_target": "When networks reach the target: the further left a line climbs, the sooner.",
}
"""One sentence for each kind of chart that stands in reports."""

__all__ = ["READ"]
