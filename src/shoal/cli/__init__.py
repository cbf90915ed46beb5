"""The `shoal` command: parse, call, print; one function a command.

Everything heavy is imported inside the commands, so that ``shoal --help`` is quick.
"""

from shoal.cli.app import main

__all__ = ["main"]
