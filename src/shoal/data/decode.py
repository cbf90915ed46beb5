"""Bytes to text, in blocks: the encoding is known for certain, or it is an error.

A file is UTF-8, or says otherwise by a byte-order mark, or the caller names its encoding;
nothing is guessed from the look of the text, so nothing is read as the wrong letters.
"""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterator
from typing import BinaryIO

from shoal.data.wording import show
from shoal.errors import DataError, InputError, did_you_mean

BLOCK = 1 << 20
"""Bytes decoded at a time: large enough that Python's cost per block does not count."""
MARK = len(codecs.BOM_UTF32_LE)
"""Bytes from which a byte-order mark, or another kind of file, is recognised."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", frozenset({"utf-8", "utf-8-sig"})),
    (codecs.BOM_UTF32_LE, "utf-32", frozenset({"utf-32", "utf-32-le"})),
    (codecs.BOM_UTF32_BE, "utf-32", frozenset({"utf-32", "utf-32-be"})),
    (codecs.BOM_UTF16_LE, "utf-16", frozenset({"utf-16", "utf-16-le"})),
    (codecs.BOM_UTF16_BE, "utf-16", frozenset({"utf-16", "utf-16-be"})),
)
_NOT_FOR_FILES = frozenset({"undefined", "idna", "punycode", "unicode_escape"}) | {
    "raw_unicode_escape",
    "unicode-escape",
    "raw-unicode-escape",
}
_KNOWN = ("utf-8", "utf-16", "cp932", "cp949", "shift_jis", "euc_jp", "euc_kr", "cp1252", "gb18030")
_FOREIGN = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "Save the table as CSV."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "Save the table as CSV."),
    (b"\x1f\x8b", "compressed with gzip", "Unpack it first."),
    (b"%PDF", "a PDF document", "Save the table as CSV."),
)
_STRAY = re.compile("[\x80-\x9f]")
_STRAY_CP932 = re.compile("[\x80-\xa0\uf8f0-\uf8f3]")
_CURE_UNNAMED = (
    "If the file is in another encoding, name it: --encoding cp932 (Japanese), "
    "--encoding cp949 (Korean) or another."
)
_CURE_NAMED = "Name the encoding that the file was written in: --encoding."


def decode_blocks(
    stream: BinaryIO, *, source: str, encoding: str | None = None, head: bytes = b""
) -> Iterator[str]:
    """Decode a stream block by block, in constant memory.

    Args:
        stream: where the bytes come from; only read, never moved back.
        source: the file's name for messages.
        encoding: any text encoding of Python; None: byte-order mark, else strict UTF-8.
        head: bytes that were already taken from the stream.

    Returns:
        The text in order, without byte-order mark, line ends as they are in the file.

    Raises:
        DataError: a byte does not fit the encoding, a NUL character, not a text file, or
            text that is plainly UTF-8 is to be read as something else.
        InputError: the stream cannot be read.
    """
    # how likely a named encoding is, is judged by the first block: the same one from a pipe
    least = MARK if encoding is None else BLOCK
    blocks = _read_blocks(stream, source, head, least)
    first = next(blocks, b"")
    decoder = _Decoder(_choose(first, source, encoding), source, named=encoding is not None)
    for block in itertools.chain([first], blocks):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def line_ends(text: str) -> int:
    r"""Return how many lines end in `text`, by ``\n``, ``\r\n`` or ``\r``."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _read_blocks(stream: BinaryIO, source: str, head: bytes, least: int) -> Iterator[bytes]:
    """Yield what is there: whole blocks of a file, of a pipe what was written to it.

    Args:
        stream: where the bytes come from.
        source: its name for messages.
        head: bytes that were already taken from it.
        least: bytes of the first block, if there are as many.
    """
    read = stream.read if stream.seekable() else getattr(stream, "read1", stream.read)
    held, size = [head], len(head)
    while True:
        try:
            block = read(BLOCK)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(f"{source}: cannot be read: {reason}.", code="O105") from error
        held.append(block)
        size += len(block)
        if size >= least or not block:
            joined = b"".join(held)
            if joined:
                yield joined
            least = 0
            held.clear()
        if not block:
            return


def _choose(first: bytes, source: str, encoding: str | None) -> str:
    """Return the codec for a file that starts with `first`."""
    for magic, what, cure in _FOREIGN:
        if first.startswith(magic):
            raise DataError(f"is {what}, not a text table.", source=source, cure=cure, code="D107")
    wanted = None if encoding is None else _lookup(encoding, source)
    for mark, codec, family in _MARKS:
        if first.startswith(mark):
            if wanted is None or wanted in family:
                return codec
            reason = f"starts with the byte-order mark of {codec.removesuffix('-sig')}"
            raise DataError(
                f"{reason}, but encoding {show(encoding or '')} was given.",
                source=source,
                cure="Leave out --encoding.",
                code="D105",
            )
    if wanted in ("utf-16", "utf-32"):
        raise DataError(
            f"has no byte-order mark, so {wanted} does not say which byte comes first.",
            source=source,
            cure=f"Give --encoding {wanted}-le (usual) or {wanted}-be.",
            code="D105",
        )
    if wanted is not None and not wanted.startswith("utf"):
        _refuse_utf8(first, source, encoding or "")
    if wanted == "cp949":
        _refuse_rare_hangul(first, source)
    return wanted or "utf-8"


def _lookup(encoding: str, source: str) -> str:
    try:
        found = codecs.lookup(encoding)
        if not found._is_text_encoding or found.name in _NOT_FOR_FILES:
            raise LookupError
        codecs.getincrementaldecoder(encoding)
    except (LookupError, ValueError):
        raise DataError(
            f"{show(encoding)} is not a known text encoding.",
            source=source,
            cure=did_you_mean(encoding, _KNOWN) or "Known are utf-8, cp932, cp949 and others.",
            code="D105",
        ) from None
    return found.name


def _refuse_utf8(first: bytes, source: str, encoding: str) -> None:
    """Refuse to read as `encoding` what is strict UTF-8 beyond reasonable chance.

    One character of three bytes or four of two bytes are taken as proof: text in another
    encoding rarely meets UTF-8's pattern even once.
    """
    try:
        text = codecs.getincrementaldecoder("utf-8")("strict").decode(first)
    except UnicodeDecodeError:
        return
    wide = [c for c in text if not c.isascii()]
    if len(wide) < 4 and not any(c >= "\u0800" for c in wide):
        return
    before = text[: text.index(wide[0])]
    raise DataError(
        f"is UTF-8 (first seen at offset {len(before.encode())}), "
        f"but encoding {show(encoding)} was given.",
        source=source,
        line=1 + line_ends(before),
        cure="Leave out --encoding.",
        code="D105",
    )


def _refuse_rare_hangul(first: bytes, source: str) -> None:
    """Refuse as cp949 what reads mostly as letters that Korean hardly uses.

    cp949 gives a letter to nearly every pair of bytes, so Japanese read with it seldom
    fails; but such pairs lie outside EUC-KR, which holds nearly all letters in use.
    """
    text = codecs.getincrementaldecoder("cp949")("ignore").decode(first)
    foreign = [c for c in text if not c.isascii()]
    rare = [c for c in foreign if len(c.encode("euc_kr", "ignore")) != 2]  # spelt in 8 bytes
    if len(rare) < 2 or 2 * len(rare) <= len(foreign):
        return
    before = text[: text.index(rare[0])]
    offset = len(before.encode("cp949"))
    raise DataError(
        f"the bytes from offset {offset} on are hardly cp949, they read as {show(rare[0])}.",
        source=source,
        line=1 + line_ends(before),
        cure="If the file is Japanese, give --encoding cp932.",
        code="D105",
    )


class _Decoder:
    """An incremental decoder that knows the offset and the line it has reached."""

    def __init__(self, codec: str, source: str, *, named: bool) -> None:
        self.codec = codec
        self.source = source
        self.named = named
        self.offset = 0
        self.line = 1
        self.after_return = False
        self.decoder = codecs.getincrementaldecoder(codec)("strict")

    def decode(self, block: bytes, *, final: bool = False) -> str:
        state = self.decoder.getstate()
        try:
            text = self.decoder.decode(block, final)
        except UnicodeDecodeError as error:
            raise self._bad_byte(error, block, state) from None
        except UnicodeError as error:
            raise DataError(
                f"cannot be read as {self.codec}: {error}.",
                source=self.source,
                cure=_CURE_NAMED,
                code="D105",
            ) from None
        self._refuse_nul(text)
        self._refuse_stray(text, self.offset - len(state[0]))
        self.line = self._line_after(text)
        self.after_return = text.endswith("\r") if text else self.after_return
        self.offset += len(block)
        return text

    def _line_after(self, text: str) -> int:
        split_pair = self.after_return and text.startswith("\n")
        return self.line + line_ends(text) - split_pair

    def _bad_byte(
        self, error: UnicodeDecodeError, block: bytes, state: tuple[bytes, int]
    ) -> DataError:
        # The codec's positions count from the bytes that it still held from the last block.
        within = error.start - (len(error.object) - len(block))
        self.decoder.setstate(state)
        before = self.decoder.decode(block[: max(within, 0)])
        return self._fault(error.object[error.start], self.offset + within, before)

    def _fault(self, byte: int, offset: int, before: str) -> DataError:
        name = "UTF-8" if self.codec.startswith("utf-8") else self.codec
        return DataError(
            f"the byte 0x{byte:02x} at offset {offset} is not valid {name}.",
            source=self.source,
            line=self._line_after(before),
            cure=_CURE_NAMED if self.named else _CURE_UNNAMED,
            code="D105",
        )

    def _refuse_stray(self, text: str, offset: int) -> None:
        """Refuse bytes that a lenient codec lets through although they are no character.

        Python's cp932 reads 0x80, 0xa0 and 0xfd to 0xff on their own as control and private
        characters; latin-1 reads all of 0x80 to 0x9f as controls.
        """
        if self.codec.startswith(("utf", "iso2022", "hz")):
            return
        found = (_STRAY_CP932 if self.codec == "cp932" else _STRAY).search(text)
        if found is None:
            return
        before = text[: found.start()]
        byte = found.group().encode(self.codec)[0]
        raise self._fault(byte, offset + len(before.encode(self.codec)), before)

    def _refuse_nul(self, text: str) -> None:
        at = text.find("\0")
        if at < 0:
            return
        raise DataError(
            "a NUL character stands here, so this is not a text table.",
            source=self.source,
            line=self._line_after(text[:at]),
            cure="If it is UTF-16 without a byte-order mark, give --encoding utf-16-le.",
            code="D105",
        )
