"""Lessons: marimo notebooks whose text is in three languages and whose numbers are computed.

A notebook in ``lessons/`` holds the code, a file in ``lessons/texts/`` what is said; `Lesson`
brings the two together. The same notebook runs in marimo, becomes a page that opens offline or a
Jupyter notebook with its outputs, and gives the worksheets of a class.
"""

from __future__ import annotations

from shoal.lessons.lesson import Lesson
from shoal.lessons.shelf import LESSONS

__all__ = ["LESSONS", "Lesson"]
