"""Which clusters may be connected to: this machine's, and others with TLS only."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from shoal.errors import InputError, MissingExtraError
from shoal.experiments.executors import Tls, check_address, opened

ONLY_TLS = (
    "{address}: is not on this machine, and a scheduler runs whatever is pickled to it, so TLS is "
    "required. Use tls:{rest} with --tls-ca, --tls-cert and --tls-key."
)
NO_ADDRESS = (
    "'{address}': is no executor and no address of a cluster. "
    "Write local:2, tcp://host:8786 or tls://host:8786."
)
NO_NUMBER = (
    "the cluster must be local:N with N worker processes, 1 to 1,024; got '{address}'. "
    "Give processes, threads, or an address such as tls://host:8786."
)


@pytest.mark.parametrize(
    "address",
    ["local:2", "tcp://localhost:8786", "tcp://127.0.0.1:8786", "tcp://127.1.2.3:1", "tcp://[::1]:8786"],
)  # fmt: skip
def test_this_machine_needs_no_certificate(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("tcp://10.77.0.1:8786", ONLY_TLS),
        ("tcp://192.168.1.2:8786", ONLY_TLS),
        ("tcp://example.org:8786", ONLY_TLS),
        ("tcp://localhost.example.org:8786", ONLY_TLS),
        ("tcp://0.0.0.0:8786", ONLY_TLS),
        ("tcp://[2001:db8::1]:8786", ONLY_TLS),
        ("tcp://127.0.0.1.example.org:8786", ONLY_TLS),
        ("tls://10.77.0.1:8786", "{address}: needs certificates. Give --tls-ca, --tls-cert and "
                                 "--tls-key."),
        ("http://127.0.0.1:8786", NO_ADDRESS),
        ("tcp://127.0.0.1", NO_ADDRESS),
        ("tcp:127.0.0.1:8786", NO_ADDRESS),
        ("local:0", NO_NUMBER),
        ("local:-1", NO_NUMBER),
        ("local:two", NO_NUMBER),
        ("local:99999999999", NO_NUMBER),
    ],
)  # fmt: skip
def test_what_is_refused(address: str, sentence: str) -> None:
    with pytest.raises(InputError) as error:
        check_address(address)
    assert str(error.value) == sentence.format(address=address, rest=address.partition(":")[2])


def test_certificates_must_be_there(tmp_path: Path) -> None:
    for name in ("ca.pem", "key.pem"):
        (tmp_path / name).write_text("", "utf-8")
    tls = Tls(ca=tmp_path / "ca.pem", cert=tmp_path / "cert.pem", key=tmp_path / "key.pem")
    with pytest.raises(InputError) as error:
        check_address("tls://10.77.0.1:8786", tls)
    assert str(error.value) == (
        f"{tmp_path / 'cert.pem'}: there is no such file; tls://10.77.0.1:8786 needs it. "
        "Look at the spelling and the folder."
    )


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "shoal.experiments.sweep.dask_crew", raising=False)
    with pytest.raises(MissingExtraError) as error, opened("local:2"):
        pass
    told = "a cluster needs the distributed package: pip install 'shoal[cluster]'."
    assert str(error.value) == told
