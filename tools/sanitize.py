"""Run the core's tests under the sanitizers: addresses and undefined behaviour, then threads.

``make sanitize``. The core is built with each sanitizer into a folder of its own under `build/`,
the package's Python files are put beside it, and pytest runs with the sanitizer's library loaded
first. Any report of a sanitizer ends a run as a failure.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parent.parent
SANITIZERS = {
    "address,undefined": {
        "library": "libasan.so",
        "options": {
            "ASAN_OPTIONS": "detect_leaks=0",  # Python itself keeps memory to its end
            "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
        },
    },
    "thread": {
        "library": "libtsan.so",
        "options": {"TSAN_OPTIONS": "exitcode=66:halt_on_error=1"},
    },
}
LEFT_OUT = "instruction_set or cpu_features or exhaustive or ctrl_c"
"""Tests that start a Python of their own, which would load the core that is installed."""


def build(name: str, folder: Path) -> None:
    """Build the core with a sanitizer and put the package beside it in ``folder/site``."""
    site, tools = folder / "site", Path(sys.executable).parent
    cmake = str(tools / "cmake")
    subprocess.run(
        [
            cmake, "-S", str(ROOT / "cpp"), "-B", str(folder), "-G", "Ninja",
            f"-DCMAKE_MAKE_PROGRAM={tools / 'ninja'}", f"-DPython_EXECUTABLE={sys.executable}",
            f"-DSHOAL_SANITIZE={name}", "-DCMAKE_BUILD_TYPE=Release",
        ],
        check=True,
    )  # fmt: skip
    subprocess.run([cmake, "--build", str(folder)], check=True)
    shutil.rmtree(site, ignore_errors=True)
    ignore = shutil.ignore_patterns("__pycache__", "*.so")
    shutil.copytree(ROOT / "src" / "shoal", site / "shoal", ignore=ignore)
    subprocess.run([cmake, "--install", str(folder), "--prefix", str(site)], check=True)


def run(name: str, folder: Path, tests: list[str]) -> int:
    """Run pytest with the sanitizer's library loaded; return its exit code."""
    chosen = SANITIZERS[name]
    # Python does not load the C++ library itself, and the sanitizers must find it to see throws
    libraries = [library_path(name) for name in (chosen["library"], "libstdc++.so")]
    packages = sysconfig.get_paths()["purelib"]
    isa = "v3" if list((folder / "site" / "shoal").glob("_kernels_v3*")) else "plain"
    environment = {
        **os.environ, **chosen["options"], "LD_PRELOAD": " ".join(libraries), "SHOAL_ISA": isa,
        # -S keeps the installed package's import hook out: the one beside the core is meant
        # the threads of other libraries are not ours to judge
        "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([str(folder / "site"), packages]),
    }  # fmt: skip
    # -s: a sanitizer writes its report and ends the process, so nothing may be held back
    command = [sys.executable, "-S", "-m", "pytest", "-q", "-x", "-s", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "-m", "not slow", "-k", f"not ({LEFT_OUT})", *tests], env=environment, cwd=ROOT
    ).returncode


def library_path(name: str) -> str:
    """Return where the compiler keeps a library."""
    found = subprocess.run(
        ["g++", f"-print-file-name={name}"], capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


def main() -> int:
    """Build and run; return 1 if a sanitizer or a test found something."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=list(SANITIZERS), help="one sanitizer")
    parser.add_argument("tests", nargs="*", default=["tests/kernels"])
    arguments = parser.parse_args()
    failed = []
    for name in [arguments.only] if arguments.only else SANITIZERS:
        folder = ROOT / "build" / f"sanitize-{name.replace(',', '-')}"
        build(name, folder)
        if run(name, folder, arguments.tests):
            failed.append(name)
    print(f"sanitizers: {'failed: ' + ', '.join(failed) if failed else 'nothing found'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
