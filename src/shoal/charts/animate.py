"""Animations of a run, over its steps or over its networks: GIF, MP4, or a page with a player."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from shoal.charts.theme import theme
from shoal.charts.wording import record_id, told_of
from shoal.errors import ArgumentError, InputError, MissingExtraError
from shoal.experiments.run import Run
from shoal.files import check_output, write_bytes

if TYPE_CHECKING:
    from shoal.charts.animate_scene import Scene

SUFFIXES: Final = (".gif", ".mp4", ".html")
OVER: Final = ("steps", "networks")
SIZE: Final = (960, 480)
LEAST, MOST = (320, 240), (3840, 2160)
PIXELS: Final = 500_000_000
"""Of all frames together: a byte each is held in memory."""
FRAMES: Final = 100
FPS: Final = 12.5


def animate(
    run: Run,
    path: str | os.PathLike[str],
    *,
    of: Literal["steps", "networks"] = "steps",
    frames: int = FRAMES,
    fps: float = FPS,
    size: tuple[int, int] = SIZE,
    dark: bool | None = None,
    scale: Literal["log", "linear"] = "log",
    features: Sequence[str] | None = None,
    network: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
    force: bool = False,
) -> None:
    """Write an animation of what networks answer, with the learning curve beside it.

    Over the steps it shows the median of the networks; over the networks each by itself, as
    training left it. Two features span a surface; one feature, or numbers as the target, give a
    curve. Weights on the way are computed again, each state once.

    Args:
        run: what was trained.
        path: .gif, .mp4 or .html.
        of: "steps" or "networks".
        frames: how many at most; there are no more than steps or networks.
        fps: frames a second, 1 to 50.
        size: width and height in pixels.
        dark: light on dark; a page shows what the reader prefers where nothing is said.
        scale: whether the steps grow by a constant ratio ("log") or a constant number ("linear").
        features: the names of the one or two that vary, the others held at their median; where
            nothing is said those that change the answers most.
        network: the only one to show, over steps.
        threads: how many to use.
        progress: called with the number of frames that are computed, and of all.
        force: replace a file that is there.

    Raises:
        ArgumentError: an argument that cannot be.
        InputError: another suffix, a run without steps, or a file that cannot be written.
        OutputExistsError: the file is there and `force` is false.
        MissingExtraError: Pillow, or imageio-ffmpeg for MP4, is not installed.
    """
    target = check_film(path, force=force)
    check_frames(frames)
    check_how(of=of, frames=frames, fps=fps, size=size, scale=scale, network=network)
    even = target.suffix.lower() == ".mp4"
    size = (size[0] // 2 * 2, size[1] // 2 * 2) if even else size
    need_pillow()
    makes = scenes(
        run, of=of, frames=frames, size=size, scale=scale, features=features, network=network,
        threads=threads, progress=progress,
    )  # fmt: skip
    write_bytes(target, _encoded(target.suffix.lower(), makes, fps, dark), force=force)


def check_film(path: str | os.PathLike[str], *, force: bool = False) -> Path:
    """Return the path of an animation if it can be written.

    Raises:
        InputError: another suffix, or a place that cannot be written to.
        OutputExistsError: the file is there and `force` is false.
    """
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise InputError(f"{target}: must end in .gif, .mp4 or .html.", code="O109")
    return check_output(target, force=force)


def check_how(
    *, of: str, frames: int, fps: float, size: tuple[int, int], scale: str, network: int | None
) -> None:
    """Check what can be checked before anything is trained.

    Raises:
        ArgumentError: an argument that cannot be.
    """
    if of not in OVER:
        raise ArgumentError(
            "animate", "of", "must be 'steps' or 'networks'", got=repr(of), code="A103"
        )
    if scale not in ("log", "linear"):
        raise ArgumentError(
            "animate", "scale", "must be 'log' or 'linear'", got=repr(scale), code="A103"
        )
    if not 1 <= fps <= 50:
        raise ArgumentError("animate", "fps", "must be from 1 to 50", got=fps, code="A102")
    if not all(low <= n <= high for low, n, high in zip(LEAST, size, MOST, strict=True)):
        wanted = f"must be from {LEAST[0]}x{LEAST[1]} to {MOST[0]}x{MOST[1]}"
        raise ArgumentError(
            "animate", "size", wanted, got="x".join(str(n) for n in size), code="A102"
        )
    if frames * size[0] * size[1] > PIXELS:
        fitting = PIXELS // (size[0] * size[1])
        wanted = f"must be at most {fitting:,} of {size[0]}x{size[1]} pixels"
        raise ArgumentError("animate", "frames", wanted, got=f"{frames:,}", code="A102")
    if of == "networks" and network is not None:
        wanted = "must not be given over networks, where each is shown"
        raise ArgumentError("animate", "network", wanted, got=network, code="A102")


def check_frames(frames: object) -> None:
    """Check the number of frames.

    Raises:
        ArgumentError: it is not a whole number from 2 to 2,000.
    """
    is_whole = isinstance(frames, int | np.integer) and not isinstance(frames, bool)
    if not is_whole or not 2 <= frames <= 2000:  # type: ignore[operator]
        wanted = "must be a whole number from 2 to 2000"
        raise ArgumentError("animate", "frames", wanted, got=repr(frames), code="A102")


def need_pillow() -> None:
    """Check that Pillow is installed.

    Raises:
        MissingExtraError: it is not.
    """
    try:
        import PIL  # noqa: F401
    except ImportError:
        raise MissingExtraError("an animation", "pillow", "viz") from None


def scenes(
    run: Run,
    *,
    of: str = "steps",
    frames: int = FRAMES,
    size: tuple[int, int] = SIZE,
    scale: Literal["log", "linear"] = "log",
    features: Sequence[str] | None = None,
    network: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Callable[[bool], Scene]:
    """Return what makes the scene, light or dark (True); all answers are computed once.

    Args, Raises: as `animate`.
    """
    from shoal.charts import animate_slides as slides
    from shoal.charts.animate_scene import Scene
    from shoal.charts.animate_view import check_can_move, look

    n, last = frames, check_can_move(run)
    view = look(run, features=features, network=network, frames=n, alone=of == "networks")
    if of == "networks":
        shown = slides.over_networks(run, view, n, progress)
    else:
        steps = slides.chosen_steps(last, n, scale)
        shown = slides.over_steps(run, view, steps, threads=threads, progress=progress)
    common: dict[str, Any] = {
        "view": view, "learning": slides.learning_of(run, shown), "slides": shown,
        "title": told_of(run).partition(" · ")[0], "notes": notes_of(run, view.notes), "size": size,
        "scale": "linear" if of == "networks" else scale,
    }  # fmt: skip
    return lambda dark: Scene(colours=theme(dark=dark), **common)


def notes_of(run: Run, notes: Sequence[str]) -> str:
    """Return the line below a picture: which run it is of, and what is not shown."""
    return ", ".join([f"run {record_id(run)}", *notes])


def _encoded(suffix: str, makes: Callable[[bool], Scene], fps: float, dark: bool | None) -> bytes:
    from shoal.charts import animate_files as files

    if suffix != ".html":
        encode = files.as_gif if suffix == ".gif" else files.as_mp4
        return encode(files.Pictures(makes(bool(dark))), fps)
    sets = {
        name: files.Pictures(makes(is_dark))
        for name, is_dark in (("light", False), ("dark", True))
        if dark is None or dark == is_dark
    }
    scene = next(iter(sets.values())).scene
    captions = [f"{slide.heading}: {scene.told(slide)}" for slide in scene.slides]
    return files.as_page(sets, captions, title=scene.title, fps=fps)


__all__ = ["animate", "check_film", "check_how", "need_pillow", "scenes"]
