"""Models to and from other formats: each export carries test vectors and proves itself."""

from shoal.exports.exporting import Exported, export
from shoal.exports.proof import Proof
from shoal.exports.registry import FORMATS, Format, format_of

__all__ = ["FORMATS", "Exported", "Format", "Proof", "export", "format_of"]
