"""Bytes to text: the right letters or an error with the place, never others."""

from __future__ import annotations

import codecs
import io
import os
import random
import threading

import pytest

from shoal.data.decode import decode_blocks, line_ends
from shoal.errors import DataError, InputError

JAPANESE = "身長,体重,種類\n170,60,あ\n"
KOREAN = "키,몸무게,종류\r\n170,60,가\r\n"


def decode(data: bytes, encoding: str | None = None) -> str:
    return "".join(decode_blocks(io.BytesIO(data), source="a.csv", encoding=encoding))


def message(data: bytes, encoding: str | None = None) -> str:
    with pytest.raises(DataError) as caught:
        decode(data, encoding)
    return str(caught.value)


@pytest.mark.parametrize("text", [JAPANESE, KOREAN], ids=["japanese", "korean"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_recognises_unicode(text: str, codec: str) -> None:
    assert decode(text.encode(codec)) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (JAPANESE, "cp932"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
        (KOREAN, "cp949"),
        (KOREAN, "euc_kr"),
        (JAPANESE, "utf-16-le"),
        (KOREAN, "utf-16-be"),
        (KOREAN, "utf-8"),
        (JAPANESE, "UTF8"),
    ],
)
def test_reads_a_named_encoding(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), encoding) == text


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_a_mark_and_its_encoding_agree(mark: bytes) -> None:
    name = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    data = mark + KOREAN.encode(name)
    assert decode(data) == decode(data, "utf-16") == decode(data, name) == KOREAN


def test_legacy_bytes_without_a_name() -> None:
    # Line 1 "x,y\n" takes 4 bytes, "1," two more; the first byte of U+3042 in CP932 is 0x82.
    assert message("x,y\n1,あ\n".encode("cp932")) == (
        "a.csv, line 2: the byte 0x82 at offset 6 is not valid UTF-8. If the file is in "
        "another encoding, name it: --encoding cp932 (Japanese), --encoding cp949 (Korean) "
        "or another."
    )


@pytest.mark.parametrize(
    ("byte", "encoding"),
    [(0x80, "cp932"), (0xA0, "cp932"), (0xFF, "cp932"), (0xFF, "cp949"), (0x80, "latin-1")],
)
def test_a_wrong_name(byte: int, encoding: str) -> None:
    # None of these is a character; Python's cp932 and latin-1 would let theirs through.
    codec = codecs.lookup(encoding).name
    assert message(b"x\r\ny\r\n%c\n" % byte, encoding) == (
        f"a.csv, line 3: the byte 0x{byte:02x} at offset 6 is not valid {codec}. "
        "Name the encoding that the file was written in: --encoding."
    )


def test_the_offset_of_a_stray_byte_counts_bytes() -> None:
    # Two bytes for each of three letters, one for each of two commas: offset 8.
    assert message("あ,い,う".encode("cp932") + b"\xa0", "cp932").startswith(
        "a.csv, line 1: the byte 0xa0 at offset 8 is not valid cp932."
    )


def test_utf8_is_not_read_as_something_else() -> None:
    assert message("x\n1\n種\n".encode(), "cp949") == (
        "a.csv, line 3: is UTF-8 (first seen at offset 4), "
        "but encoding 'cp949' was given. Leave out --encoding."
    )
    assert "is UTF-8" in message("naïve,crème,brûlée,é\n".encode(), "cp1252")


def test_japanese_is_not_read_as_korean() -> None:
    # In CP949 nearly every pair of bytes is a letter: this would read as U+BF39, U+BA5F.
    assert message("y,名前,太郎\n".encode("cp932"), "cp949") == (
        "a.csv, line 1: the bytes from offset 2 on are hardly cp949, they read as '뼹'. "
        "If the file is Japanese, give --encoding cp932."
    )
    assert decode("똠방각하,펲시\n".encode("cp949"), "cp949") == "똠방각하,펲시\n"


def test_a_mark_against_the_name() -> None:
    assert message(KOREAN.encode("utf-16-le").join([b"\xff\xfe", b""]), "cp949") == (
        "a.csv: starts with the byte-order mark of utf-16, but encoding 'cp949' was given. "
        "Leave out --encoding."
    )


def test_utf16_without_a_mark() -> None:
    data = "x,y\n1,2\n".encode("utf-16-le")
    assert message(data, "utf-16") == (
        "a.csv: has no byte-order mark, so utf-16 does not say which byte comes first. "
        "Give --encoding utf-16-le (usual) or utf-16-be."
    )
    assert message(data) == (
        "a.csv, line 1: a NUL character stands here, so this is not a text table. "
        "If it is UTF-16 without a byte-order mark, give --encoding utf-16-le."
    )


@pytest.mark.parametrize("name", ["cp9499", "rot13", "base64", "undefined", "idna", "x\0y", ""])
def test_unknown_encodings(name: str) -> None:
    assert "is not a known text encoding" in message(b"x\n", name)


def test_unknown_encoding_tells_the_nearest() -> None:
    assert message(b"x\n", "cp9499") == (
        "a.csv: 'cp9499' is not a known text encoding. Did you mean 'cp949'?"
    )


def test_foreign_files() -> None:
    assert message(b"PK\x03\x04rest") == (
        "a.csv: is a ZIP archive or an Excel workbook, not a text table. Save the table as CSV."
    )


def test_a_cut_character_at_the_end() -> None:
    assert message("x\nあ".encode()[:-1]).startswith(
        "a.csv, line 2: the byte 0xe3 at offset 2 is not valid UTF-8."
    )


class Trickle(io.RawIOBase):
    """A stream that gives a few bytes at a time, as a pipe may."""

    def __init__(self, data: bytes, size: int) -> None:
        self.data, self.size = data, size

    def read(self, size: int = -1) -> bytes:
        block, self.data = self.data[: self.size], self.data[self.size :]
        return block


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_blocks_of_any_size(size: int, encoding: str) -> None:
    stream = Trickle(JAPANESE.encode(encoding), size)
    named = encoding if encoding in ("cp932", "utf-16-be") else None
    assert "".join(decode_blocks(stream, source="a", encoding=named)) == JAPANESE  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
def test_the_place_does_not_depend_on_blocks(size: int) -> None:
    text = "".join(random.Random(0).choices(["あ", "x", "\r\n", "\r", "\n", "가"], k=200))
    good = text.encode()
    with pytest.raises(DataError) as caught:
        list(decode_blocks(Trickle(good + b"\xff\n", size), source="a"))  # type: ignore[arg-type]
    assert caught.value.line == 1 + line_ends(text)
    assert f"0xff at offset {len(good)} is" in str(caught.value)


def test_a_pipe_gives_what_is_there() -> None:
    reading, writing = os.pipe()
    guard = threading.Timer(30, os.close, [writing])  # to wait for a whole block would be for ever
    guard.start()
    with open(reading, "rb") as stream:
        blocks = decode_blocks(stream, source="a")
        for text in ("a,b\n", "1,2\n3,", "4\n"):
            os.write(writing, text.encode())
            assert next(blocks) == text
        assert guard.is_alive()
        guard.cancel()
        guard.join()
        os.close(writing)
        assert "".join(blocks) == ""


def test_a_named_encoding_is_judged_by_as_much_of_a_pipe_as_of_a_file() -> None:
    class Pipe(Trickle):
        def read1(self, size: int = -1) -> bytes:
            return self.read(size)

    with pytest.raises(DataError) as caught:
        list(decode_blocks(Pipe("x\n1\n種\n".encode(), 2), source="a", encoding="cp949"))  # type: ignore[arg-type]
    assert str(caught.value) == (
        "a, line 3: is UTF-8 (first seen at offset 4), "
        "but encoding 'cp949' was given. Leave out --encoding."
    )


def test_a_stream_that_fails() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(InputError) as caught:
        list(decode_blocks(Failing(), source="a.csv"))
    assert (
        str(caught.value) == "a.csv: cannot be read: Input/output error."
        " Look at its rights: ls -l shows them."
    )
