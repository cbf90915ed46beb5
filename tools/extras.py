"""Print what the named extras of pyproject.toml ask for, for pip on any version.

Usage: python tools/extras.py test lint
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parent.parent / "pyproject.toml"

if __name__ == "__main__":
    extras = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["optional-dependencies"]
    print(*(package for name in sys.argv[1:] for package in extras[name]))
