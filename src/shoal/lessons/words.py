"""The sentences that all lessons share, in every language."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from shoal.lessons.texts import Texts, fill

WORDS: Final[Texts] = MappingProxyType({
    "right": {
        "en": "You said: {=given}. So it is.",
        "ja": "予想は「{=given}」。そのとおりです。",
        "ko": "예상은 “{=given}”. 맞습니다.",
    },
    "other": {
        "en": "You said: {=given}. It is: {=truth}.",
        "ja": "予想は「{=given}」。結果は「{=truth}」です。",
        "ko": "예상은 “{=given}”. 결과는 “{=truth}”입니다.",
    },
    "predict_first": {
        "en": "Predict first: the result appears below.",
        "ja": "まず予想してください。結果はこの下に現れます。",
        "ko": "먼저 예상해 보세요. 결과는 아래에 나타납니다.",
    },
    "unfold": {
        "en": "Predict, then open the result",
        "ja": "予想してから結果を開く",
        "ko": "예상한 다음 결과 열기",
    },
    "lab": {
        "en": "Open this experiment in the lab",
        "ja": "この実験をラボで開く",
        "ko": "이 실험을 실험실에서 열기",
    },
    "lab_note": {
        "en": "or, in a terminal:",
        "ja": "または、ターミナルで:",
        "ko": "또는 터미널에서:",
    },
})  # fmt: skip
"""By key, each by language."""


def word(key: str, language: str, **numbers: Any) -> str:
    """Return a shared sentence in a language."""
    return fill(WORDS, key, language, numbers)


def shared(key: str) -> Mapping[str, str]:
    """Return a shared sentence in every language."""
    return WORDS[key]
