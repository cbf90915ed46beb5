"""IDX files: every type, damage of every sort, and memory that is not taken on a promise."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from shoal.data import split_rows
from shoal.data.idx import TYPES, read_idx
from shoal.data.image_recipe import ImageData, fingerprint_images, load_images
from shoal.errors import DataError, InputError, MissingFileError
from shoal.streams import stream

CODES = {np.dtype(name): code for code, name in TYPES.items()}
DAMAGE = "Is the file damaged or not downloaded whole?"


def packed(array: np.ndarray) -> bytes:
    """Write an array as the format says; nothing of the reader is used."""
    big = array.astype(array.dtype.newbyteorder(">"))
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, CODES[big.dtype], array.ndim]) + sizes + big.tobytes()


IMAGES = np.arange(5 * 2 * 3, dtype=np.uint8).reshape(5, 2, 3)
LABELS = np.array([7, 3, 7, 9, 3], dtype=np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "x").write_bytes(packed(IMAGES))
    (tmp_path / "y").write_bytes(packed(LABELS))
    (tmp_path / "x.gz").write_bytes(gzip.compress(packed(IMAGES)))
    (tmp_path / "y.gz").write_bytes(gzip.compress(packed(LABELS)))
    return tmp_path


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("compressed", [False, True])
def test_every_type_comes_back(tmp_path: Path, dtype: str, compressed: bool) -> None:
    array = np.array([[1, 100], [3, -4 if dtype[0] != "u" else 255]]).astype(dtype)
    content = packed(array)
    (tmp_path / "a").write_bytes(gzip.compress(content) if compressed else content)
    found = read_idx("a", tmp_path)
    assert found.dtype == np.dtype(dtype)
    assert found.tolist() == array.tolist()


def test_the_bytes_of_the_format(tmp_path: Path) -> None:
    # type 0x0B is a short, 2 axes of sizes 1 and 2; 0x0102 = 258, 0xFFFF = -1
    (tmp_path / "a").write_bytes(bytes.fromhex("00000b02 00000001 00000002 0102 ffff"))
    assert read_idx("a", tmp_path).tolist() == [[258, -1]]


PROMISE = "its header promises 30 bytes of values; got"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (packed(IMAGES)[:-1], f"is damaged: it is cut off, {PROMISE} 29. {DAMAGE}"),
        (packed(IMAGES) + b"x", f"is damaged: it is too long, {PROMISE} 31. {DAMAGE}"),
        (packed(IMAGES)[:9], f"is damaged: it ends within its header. {DAMAGE}"),
        (gzip.compress(packed(IMAGES)[:-1]), f"is damaged: it is cut off, {PROMISE} 29. {DAMAGE}"),
        (gzip.compress(packed(IMAGES) + b"x"),
         f"is damaged: more follows the 30 bytes of its values. {DAMAGE}"),
        (gzip.compress(packed(IMAGES))[:-9], "is damaged: its gzip data cannot be unpacked "
         f"(Compressed file ended before the end-of-stream marker was reached). {DAMAGE}"),
        (gzip.compress(packed(IMAGES)) + b"x", "is damaged: its gzip data cannot be unpacked "
         f"(Not a gzipped file (b'x')). {DAMAGE}"),
        (b"", "is not an IDX file. Its first bytes are 0, 0, a type from 8 to 14 and the number "
         "of axes."),
        (b"\1" + packed(IMAGES)[1:], "is not an IDX file. Its first bytes are 0, 0, a type from "
         "8 to 14 and the number of axes."),
        (b"\0\0\x0a\1" + bytes(8), "is not an IDX file. Its first bytes are 0, 0, a type from 8 "
         "to 14 and the number of axes."),
        (b"\0\0\x08\0", "is not an IDX file. Its first bytes are 0, 0, a type from 8 to 14 and "
         "the number of axes."),
        (b"\0\0\x08\2" + b"\xff" * 8, "holds 4294967295 x 4294967295 numbers, more than "
         "268,435,456. Give fewer rows."),
    ],
    ids=lambda value: value[-24:] if isinstance(value, str) else "file",
)  # fmt: skip
def test_damage(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(DataError) as error:
        read_idx("a", tmp_path)
    assert str(error.value) == f"a: {sentence}"


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    for whole in (packed(IMAGES), gzip.compress(packed(IMAGES))):
        for size in range(len(whole)):
            (tmp_path / "a").write_bytes(whole[:size])
            with pytest.raises(DataError, match=r"^a: is (damaged|not an IDX file)"):
                read_idx("a", tmp_path)


def test_a_changed_byte_of_gzip_never_changes_a_value(tmp_path: Path) -> None:
    values = np.arange(2000, dtype=np.uint8)
    whole = gzip.compress(packed(values))
    n_refused = 0
    for place in range(10, len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x10
        (tmp_path / "a").write_bytes(bytes(changed))
        try:  # a bit that deflate does not use may be anything
            assert read_idx("a", tmp_path).tolist() == values.tolist()
        except DataError:
            n_refused += 1
    assert n_refused > 0.9 * (len(whole) - 10)


@pytest.mark.parametrize(
    "content",
    [
        # a header that promises 268 million bytes, plain and packed into a few
        b"\0\0\x08\1" + struct.pack(">I", 2**28) + bytes(100),
        gzip.compress(b"\0\0\x08\1" + struct.pack(">I", 2**28) + bytes(100)),
        # a bomb: 64 MB of zeros after the 10 bytes that were promised
        gzip.compress(b"\0\0\x08\1" + struct.pack(">I", 10) + bytes(2**26), 1),
    ],
    ids=["plain", "packed", "bomb"],
)
def test_memory_is_not_taken_on_a_promise(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    tracemalloc.start()
    with pytest.raises(DataError, match="is damaged"):
        read_idx("a", tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 2**20


def test_files_that_are_not_there(folder: Path) -> None:
    with pytest.raises(MissingFileError, match=r"^xx: there is no such file"):
        read_idx("xx", folder)
    with pytest.raises(InputError, match="standard input: cannot be read here"):
        read_idx("-", folder)


def test_images_are_rows_of_bytes(folder: Path) -> None:
    images = load_images(ImageData(images="x.gz", labels="y.gz"), folder)
    data = images.dataset
    assert (data.x.dtype, data.x.shape) == (np.uint8, (5, 6))
    assert data.x[1].tolist() == [6, 7, 8, 9, 10, 11]
    assert data.schema.feature_names == ("r0c0", "r0c1", "r0c2", "r1c0", "r1c1", "r1c2")
    assert data.schema.classes == ("3", "7", "9")
    assert data.y.argmax(axis=1).tolist() == [1, 0, 1, 2, 0]
    assert images.n_first == 5
    assert load_images(ImageData(images="x", labels="y"), folder).dataset.fingerprint == (
        data.fingerprint
    )


def test_a_second_pair_follows(folder: Path) -> None:
    recipe = ImageData(images="x", labels="y", validation_images="x.gz", validation_labels="y.gz")
    assert recipe.validation == 0
    assert ImageData.model_validate(recipe.model_dump()) == recipe
    images = load_images(recipe, folder)
    assert (images.n_first, images.dataset.n_rows) == (5, 10)
    assert images.dataset.x[5:].tolist() == images.dataset.x[:5].tolist()


def test_a_fingerprint_holds_the_files(folder: Path) -> None:
    recipe = ImageData(images="x", labels="y")
    found = fingerprint_images(recipe, folder)
    fixed = recipe.model_copy(update={"fingerprint": found})
    assert load_images(fixed, folder).n_first == 5
    (folder / "y").write_bytes(packed(LABELS[::-1]))
    with pytest.raises(DataError) as error:
        load_images(fixed, folder)
    now = fingerprint_images(recipe, folder)
    assert str(error.value) == (
        f"x: the files changed: their fingerprint is {now[:12]}…, the experiment was made with "
        f"{found[:12]}…. Bring back the old files, or leave out `fingerprint` to accept the new "
        "ones."
    )


@pytest.mark.parametrize(
    ("x", "y", "sentence"),
    [
        (LABELS, IMAGES, "x: images have two axes or more; got 1. "
         "Are images and labels exchanged?"),
        (IMAGES, IMAGES, "y: labels are one row of whole numbers; got 5x2x3 values of uint8."
                         " Train a model for each kind."),
        (IMAGES, LABELS.astype("f4"),
         "y: labels are one row of whole numbers; got 5 values of float32."
         " Train a model for each kind."),
        (IMAGES[:3], LABELS,
         "y: has 5 labels for 3 images of x. Do the files belong together?"),
        (IMAGES[:0], LABELS[:0], "x: holds no images. Add rows below the column names."),
        (IMAGES, LABELS * 0, "y: holds 1 different label; classification needs 2 to 1,000."
                             " Give rows with other answers too, or choose another target."),
        (np.full((5, 2), np.nan), LABELS,
         "x: holds NaN or infinity. Mend the number, or drop the column."),
    ],
)  # fmt: skip
def test_what_does_not_fit(tmp_path: Path, x: np.ndarray, y: np.ndarray, sentence: str) -> None:
    (tmp_path / "x").write_bytes(packed(x))
    (tmp_path / "y").write_bytes(packed(y))
    with pytest.raises(DataError) as error:
        load_images(ImageData(images="x", labels="y"), tmp_path)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"validation_images": "v"}, "must be given together with validation_images"),
        ({"validation_labels": "v"}, "must be given together with validation_images"),
        (
            {"validation_images": "v", "validation_labels": "w", "validation": 0.1},
            "needs validation = 0, since its rows validate; got 0.1",
        ),
    ],
)
def test_documents_that_contradict_themselves(table: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        ImageData.model_validate({"images": "x", "labels": "y", **table})


def test_images_are_split_like_other_rows(folder: Path) -> None:
    many = np.repeat(IMAGES, 8, axis=0)
    (folder / "many").write_bytes(packed(many))
    (folder / "labels").write_bytes(packed(np.repeat(LABELS, 8)))
    data = load_images(ImageData(images="many", labels="labels"), folder).dataset
    split = split_rows(data, 0.25, 0.0, stream(0, "split"))
    # 16, 16 and 8 rows of the classes: a quarter of each validates
    assert data.y[split.validation].sum(axis=0).tolist() == [4, 4, 2]
