"""Who may train what: names, addresses, and TLS beyond this machine."""

from pathlib import Path

import pytest

from shoal.errors import InputError
from shoal.experiments.executors import Tls, check_address, crew_of, is_loopback


@pytest.mark.parametrize("address", ["local:1", "tcp://localhost:8786", "tcp://127.0.0.1:1",
                                     "tcp://[::1]:8786"])  # fmt: skip
def test_addresses_on_this_machine(address):
    check_address(address)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("local:0", "the cluster must be local:N with N worker processes, 1 to 1,024; "
         "got 'local:0'. Give processes, threads, or an address such as tls://host:8786."),
        ("thread", "'thread': is no executor and no address of a cluster. "
         "Did you mean 'threads'?"),
        ("http://a:1", "'http://a:1': is no executor and no address of a cluster. "
         "Write local:2, tcp://host:8786 or tls://host:8786."),
        ("tcp://10.0.0.5:8786", "tcp://10.0.0.5:8786: is not on this machine, and a scheduler "
         "runs whatever is pickled to it, so TLS is required. Use tls://10.0.0.5:8786 with "
         "--tls-ca, --tls-cert and --tls-key."),
        ("tcp://example.org:8786", "tcp://example.org:8786: is not on this machine, and a "
         "scheduler runs whatever is pickled to it, so TLS is required. Use "
         "tls://example.org:8786 with --tls-ca, --tls-cert and --tls-key."),
        ("tls://10.0.0.5:8786", "tls://10.0.0.5:8786: needs certificates. Give --tls-ca, "
         "--tls-cert and --tls-key."),
    ],
)  # fmt: skip
def test_addresses_that_are_refused(address, message):
    with pytest.raises(InputError) as error:
        crew_of(address)
    assert str(error.value) == message


def test_certificates_must_be_there(tmp_path):
    tls = Tls(ca=tmp_path / "ca.pem", cert=Path("b"), key=Path("c"))
    with pytest.raises(InputError) as error:
        check_address("tls://host:8786", tls)
    assert str(error.value) == (
        f"{tmp_path / 'ca.pem'}: there is no such file; tls://host:8786 needs it."
        " Look at the spelling and the folder."
    )


def test_names_of_other_machines_are_no_loopback():
    assert not is_loopback("localhost.example.org")
    assert not is_loopback("0.0.0.0")


def test_something_else_is_no_executor():
    with pytest.raises(InputError) as error:
        crew_of(3)
    assert str(error.value) == (
        'Sweep.run: `executor` must be "threads", "processes", the address of a Dask scheduler, '
        "or an Executor; got int."
        " Give processes, threads, or an address such as tls://host:8786."
    )
