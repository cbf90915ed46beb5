"""The parts of a frame: one function each, in the table `PARTS` of `answer.py`.

A part is a pure function of a `Scene`, what there is of a run at a step, and of what is wished.
"""
