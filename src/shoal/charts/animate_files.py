"""Frames as files: GIF by Pillow, MP4 by FFmpeg, and a page with a player of its own."""

from __future__ import annotations

import contextlib
import io
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, overload

import numpy as np
from PIL import Image

from shoal.charts.html import Markup, data_block, data_uri, page, tag
from shoal.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from shoal.charts.animate_scene import Scene

HOLD_MS: Final = 1200
"""How long a GIF stays at its end before it begins again."""
NEAR: Final = 8
"""Levels of red, green or blue by which colours differ that a palette may take for the same."""
SAMPLES: Final = 6
"""Frames that the colours of all are found from."""


class Pictures(Sequence[Image.Image]):
    """The frames of a scene, each drawn when it is asked for and not kept."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def __len__(self) -> int:
        return len(self.scene.slides)

    @overload
    def __getitem__(self, k: int) -> Image.Image: ...
    @overload
    def __getitem__(self, k: slice) -> list[Image.Image]: ...
    def __getitem__(self, k: int | slice) -> Image.Image | list[Image.Image]:
        """Return a frame, or several."""
        slides = self.scene.slides
        if isinstance(k, slice):
            return [self.scene.frame(slide) for slide in slides[k]]
        return self.scene.frame(slides[k])


def as_gif(frames: Sequence[Image.Image], fps: float) -> bytes:
    """Return frames as a GIF that begins again at its end, all with the same colours."""
    each = max(20, round(100 / fps) * 10)
    first, *others = in_palette(frames, 256)
    durations = [each] * len(others) + [max(each, HOLD_MS)]
    file = io.BytesIO()
    first.save(
        file, "GIF", save_all=True, append_images=others, duration=durations, loop=0,
        optimize=True, disposal=1,
    )  # fmt: skip
    return file.getvalue()


def in_palette(frames: Sequence[Image.Image], n_colours: int) -> list[Image.Image]:
    """Return frames in the colours that suit some of them, spread from the first to the last."""
    n = min(SAMPLES, len(frames))
    some = [frames[round(k * (len(frames) - 1) / max(1, n - 1))] for k in range(n)]
    width, height = frames[0].size
    strip = Image.new("RGB", (width, height * n))
    for number, frame in enumerate(some):
        strip.paste(frame, (0, number * height))
    palette = strip.quantize(n_colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    _keep_exact(palette, frames[0].getpixel((0, 0)))
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]


def _keep_exact(palette: Image.Image, colour: object) -> None:
    """Put the colour of the background into a palette exactly, in place of all that are near.

    Pillow finds colours by a coarse table: of two that are near it may take either.
    """
    known, wanted = palette.getpalette() or [], np.array(colour)
    trios = np.array(known, int).reshape(-1, 3)
    away = np.abs(trios - wanted).max(axis=1)
    trios[away <= max(NEAR, int(away.min()))] = wanted
    palette.putpalette(trios.ravel().tolist())


def as_mp4(frames: Sequence[Image.Image], fps: float) -> bytes:
    """Return frames as a film (H.264), by the FFmpeg that imageio-ffmpeg brings.

    Raises:
        MissingExtraError: it is not installed.
        InputError: FFmpeg failed.
    """
    try:
        import imageio_ffmpeg
    except ImportError:
        raise MissingExtraError("an MP4 film", "imageio-ffmpeg", "viz") from None
    width, height = frames[0].size
    with tempfile.TemporaryDirectory(prefix="shoal-") as folder:
        film, log = Path(folder) / "film.mp4", Path(folder) / "log.txt"
        reads = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"{fps:g}"]
        writes = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "18", "-preset", "veryfast"]
        writes += ["-movflags", "+faststart", "-threads", "2"]
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *reads, "-i", "-",
                   *writes, str(film)]  # fmt: skip
        with log.open("wb") as errors:
            code = _fed(command, frames, errors)
        if code or not film.is_file():
            told = log.read_text(errors="replace").strip().splitlines()
            raise InputError(
                f"FFmpeg failed: {told[-1] if told else 'no reason given'}.", code="G105"
            )
        return film.read_bytes()


def _fed(command: Sequence[str], frames: Sequence[Image.Image], errors: BinaryIO) -> int | None:
    """Hand frames to FFmpeg one by one, wait for it, and return its exit code."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": errors}
    process = subprocess.Popen(command, **pipes)  # type: ignore[call-overload]
    with contextlib.suppress(BrokenPipeError), process:  # it may end early: its log says why
        try:
            for frame in frames:
                process.stdin.write(frame.tobytes())
        except KeyboardInterrupt:
            process.kill()
            raise
    return int(process.returncode)


def as_png(frame: Image.Image) -> bytes:
    """Return a picture as a PNG."""
    file = io.BytesIO()
    frame.save(file, "PNG", compress_level=6)
    return file.getvalue()


def as_page(
    sets: Mapping[str, Sequence[Image.Image]], captions: Sequence[str], *, title: str, fps: float
) -> bytes:
    """Return a page that plays frames; it needs no network.

    Args:
        sets: the frames, by "light" and "dark", or one of them.
        captions: what each frame shows, in words.
        title: of the page.
        fps: frames a second.
    """
    scheme = " ".join(name for name in ("light", "dark") if name in sets)
    pictures = {
        name: [data_uri(as_png(frame), "image/png") for frame in in_palette(frames, 128)]
        for name, frames in sets.items()
    }
    width, height = next(iter(sets.values()))[0].size
    last = next(iter(pictures.values()))[-1]
    body = tag(
        "main",
        tag("h1", title),
        tag(
            "figure",
            tag("img", id="frame", src=last, alt=captions[-1], width=width, height=height),
            tag("figcaption", captions[-1], id="caption"),
        ),
        _controls(len(captions)),
        tag("p", "Space plays and pauses, the arrow keys step, Home and End go to the ends.",
            class_="quiet"),
        data_block("film", {"frames": pictures, "captions": list(captions), "fps": fps}),
    )  # fmt: skip
    return page(title, body, style=_style(scheme), script=PLAYER, scheme=scheme)


def _controls(n: int) -> Markup:
    return tag(
        "div",
        tag("button", "Play", id="play", type="button"),
        tag("button", "Back", id="back", type="button", aria_label="One frame back"),
        tag("button", "Forward", id="forward", type="button", aria_label="One frame forward"),
        tag("input", id="at", type="range", min=0, max=n - 1, step=1, value=n - 1,
            aria_label="Frame"),
        tag("span", f"{n} of {n}", id="number", class_="quiet"),
        class_="controls",
        role="group",
        aria_label="Player",
    )  # fmt: skip


def _style(scheme: str) -> str:
    light = "--back:#ffffff;--text:#1c2128;--quiet:#57606a;--line:#c9ced4;--press:#f0f2f4"
    dark = "--back:#15181d;--text:#eef1f5;--quiet:#a6b0bb;--line:#454c55;--press:#2b3037"
    colours = f":root{{color-scheme:{scheme};{dark if scheme == 'dark' else light}}}"
    if scheme == "light dark":
        colours += f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    return colours + STYLE


STYLE: Final = """
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:64rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.25rem;line-height:1.3;margin:0 0 1rem}
figure{margin:0}
img{display:block;max-width:100%;height:auto}
figcaption{margin:.5rem 0 1rem;min-height:1.5em;font-variant-numeric:tabular-nums}
.controls{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center}
button{font:inherit;color:inherit;background:var(--back);border:1px solid var(--line);
border-radius:.4rem;padding:.35rem .9rem;min-width:5rem;cursor:pointer}
button:hover{background:var(--press)}
button:focus-visible,input:focus-visible{outline:3px solid #56b4e9;outline-offset:2px}
input{flex:1 1 12rem;accent-color:#0072b2}
.quiet{color:var(--quiet);font-size:.9rem;font-variant-numeric:tabular-nums}
@media print{.controls,.quiet{display:none}}
"""
PLAYER: Final = """
"use strict";
const film = JSON.parse(document.getElementById("film").textContent);
const find = (id) => document.getElementById(id);
const dark = matchMedia("(prefers-color-scheme: dark)");
const last = film.captions.length - 1;
let at = 0, timer = 0;
const frames = () =>
  (dark.matches && film.frames.dark) || film.frames.light || film.frames.dark;
function show(k) {
  at = Math.max(0, Math.min(last, k));
  find("frame").src = frames()[at];
  find("frame").alt = film.captions[at];
  find("caption").textContent = film.captions[at];
  find("at").value = at;
  find("at").setAttribute("aria-valuetext", film.captions[at]);
  find("number").textContent = (at + 1) + " of " + (last + 1);
}
function pause() {
  clearInterval(timer);
  timer = 0;
  find("play").textContent = "Play";
}
function play() {
  if (at === last) show(0);
  find("play").textContent = "Pause";
  timer = setInterval(() => (at === last ? pause() : show(at + 1)), 1000 / film.fps);
}
const toggle = () => (timer ? pause() : play());
const go = (k) => { pause(); show(k); };
find("play").addEventListener("click", toggle);
find("back").addEventListener("click", () => go(at - 1));
find("forward").addEventListener("click", () => go(at + 1));
find("at").addEventListener("input", (event) => go(Number(event.target.value)));
dark.addEventListener("change", () => show(at));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const keys = {
    ArrowLeft: () => go(at - 1), ArrowRight: () => go(at + 1),
    Home: () => go(0), End: () => go(last), " ": toggle,
  };
  if (!(event.key in keys) || (event.key === " " && event.target.tagName === "BUTTON")) return;
  event.preventDefault();
  keys[event.key]();
});
show(0);
if (!matchMedia("(prefers-reduced-motion: reduce)").matches) play();
"""

__all__ = ["Pictures", "as_gif", "as_mp4", "as_page", "as_png", "in_palette"]
