"""Philox against its published vectors, and the streams made of it."""

import math

import numpy as np
import pytest

from shoal import _core
from shoal.streams import MAX_SEED, STREAMS, Stream, member_seed, stream

# Known answers that accompany Random123 (Salmon and others, 2011): philox4x32 with 10 rounds.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_published_vectors(counter, key, words):
    assert _core.philox_block(counter, key) == words


def test_words_are_philox_blocks_in_the_documented_places():
    """Word i comes from block (i / 64) * 16 + i % 16, output (i % 64) / 16."""
    key, step, part = 0x0123456789ABCDEF, 2**33 + 5, 7
    words = _core.philox_words(key, 200, step, part).tolist()
    for i, word in enumerate(words):
        block = (i // 64) * 16 + i % 16
        counter = (block, step & 0xFFFFFFFF, part, step >> 32)
        assert word == _core.philox_block(counter, (key & 0xFFFFFFFF, key >> 32))[i % 64 // 16]


def test_a_prefix_does_not_depend_on_the_length():
    s = stream(3, "data")
    for n in (1, 15, 64, 65, 1000):
        np.testing.assert_array_equal(s.words(n), s.words(2000)[:n])
        np.testing.assert_array_equal(s.uniform(n), s.uniform(2000)[:n])
        np.testing.assert_array_equal(s.normal(n), s.normal(2000)[:n])


def test_uniform_is_53_bits_of_two_words():
    s = stream(3, "init")
    words = s.words(20).astype(object)
    wanted = [
        ((a >> 5) * 2**26 + (b >> 6)) / 2**53 for a, b in zip(words[::2], words[1::2], strict=True)
    ]
    assert s.uniform(10).tolist() == wanted


def test_uniform_and_normal_have_their_moments():
    # 10^6 draws: standard errors 2.9e-4 (uniform mean), 1e-3 (normal mean), 1.4e-3 (variance)
    u, z = stream(0, "data").uniform(10**6), stream(0, "noise").normal(10**6)
    assert u.min() >= 0
    assert u.max() < 1
    assert abs(u.mean() - 0.5) < 4 * math.sqrt(1 / 12 / 1e6)
    assert abs(z.mean()) < 4e-3
    assert abs(z.var() - 1) < 4 * math.sqrt(2 / 1e6)
    assert abs((np.abs(z) < 1).mean() - 0.6827) < 2e-3


@pytest.mark.parametrize("n", [0, 1, 2, 3, 255, 256, 257, 1000])
def test_permutation_is_fisher_yates_from_the_identity(n):
    s = stream(9, "order")
    wanted = list(range(n))
    words = s.words(n, step=4).tolist()
    for i in range(n - 1, 0, -1):
        j = words[i] * (i + 1) >> 32
        wanted[i], wanted[j] = wanted[j], wanted[i]
    assert s.permutation(n, step=4).tolist() == wanted


def test_permutations_are_uniform():
    """All 24 orders of 4, 24,000 draws: chi-square with 23 degrees is below 49.7 but for 0.1 %."""
    s = stream(1, "order")
    orders = [tuple(s.permutation(4, step=k).tolist()) for k in range(24_000)]
    counts = np.unique(orders, axis=0, return_counts=True)[1]
    assert len(counts) == 24
    assert ((counts - 1000) ** 2 / 1000).sum() < 49.7


def test_streams_and_members_share_nothing():
    keys = {stream(seed, name).key for seed in range(200) for name in STREAMS}
    assert len(keys) == 200 * len(STREAMS)
    seeds = {member_seed(seed, i) for seed in range(50) for i in range(200)}
    assert len(seeds) == 50 * 200
    assert all(0 <= seed <= MAX_SEED for seed in seeds)


def test_any_step_can_be_computed_alone():
    s = Stream(12345)
    assert s.uniform(5, step=10**12).tolist() == Stream(12345).uniform(9, step=10**12)[:5].tolist()
    assert s.uniform(5, step=1).tolist() != s.uniform(5, step=2).tolist()
    assert s.uniform(5, part=1).tolist() != s.uniform(5, part=2).tolist()
