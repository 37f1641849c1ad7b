import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509

from appliance.box.certificates import CertificateError, Certificates

NAMES = ("box", "box.local", "localhost", "127.0.0.1", "192.168.1.5")


class StillClock:
    """A clock that moves when it is told to. It starts at the true time: OpenSSL looks at that."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def now(self) -> float:
        return self.moment.timestamp()

    def wall(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tls"


def serial(folder: Path) -> int:
    return x509.load_pem_x509_certificates((folder / "server.pem").read_bytes())[0].serial_number


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> ssl.SSLSocket:
    """The client's side of a TLS handshake with the server's context, asking for `name`."""
    near, far = socket.socketpair()

    def serve() -> None:
        try:
            server.wrap_socket(far, server_side=True).close()
        except OSError:
            far.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        return client.wrap_socket(near, server_hostname=name)
    finally:
        thread.join()


def trusting(pem: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=pem)


def test_damaged_key_is_said_in_words(folder: Path, clock: StillClock) -> None:
    Certificates(folder, NAMES, clock)
    (folder / "ca.key").write_text("not a key")
    with pytest.raises(CertificateError, match="cannot use"):
        Certificates(folder, NAMES, clock)


def test_site_whose_key_is_missing_is_said_in_words(folder: Path, clock: StillClock) -> None:
    certificates = Certificates(folder, NAMES, clock)
    (folder / "sites").mkdir()
    (folder / "sites" / "pbx.pem").write_bytes((folder / "server.pem").read_bytes())
    with pytest.raises(CertificateError, match=r"pbx\.pem"):
        certificates.context()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_older_tls_is_refused(folder: Path, clock: StillClock) -> None:
    certificates = Certificates(folder, NAMES, clock)
    client = trusting(certificates.authority_pem)
    client.minimum_version = ssl.TLSVersion.TLSv1
    client.maximum_version = ssl.TLSVersion.TLSv1_1
    client.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(OSError):
        shake_hands(certificates.context(), client, "localhost")


def test_authority_cannot_vouch_for_other_sites(folder: Path, clock: StillClock) -> None:
    certificates = Certificates(folder, (*NAMES,), clock)
    other = Certificates(folder, (*NAMES, "bank.example", "198.51.100.1"), clock)
    for name in ("bank.example", "198.51.100.1"):
        with pytest.raises(ssl.SSLCertVerificationError):
            shake_hands(other.context(), trusting(certificates.authority_pem), name)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_the_box_is_vouched_for(folder: Path, clock: StillClock, name: str) -> None:
    certificates = Certificates(folder, NAMES, clock)
    shaken = shake_hands(certificates.context(), trusting(certificates.authority_pem), name)
    assert shaken.version() == "TLSv1.3"
    shaken.close()


def test_unknown_name_gets_the_boxs_own_certificate(folder: Path, clock: StillClock) -> None:
    certificates = Certificates(folder, NAMES, clock)
    client = trusting(certificates.authority_pem)
    client.check_hostname = False
    shake_hands(certificates.context(), client, "anything.example").close()


def test_sites_own_certificate_answers_for_its_name(folder: Path, clock: StillClock) -> None:
    certificates = Certificates(folder, NAMES, clock)
    authority = trustme.CA()
    issued = authority.issue_cert("*.pbx.example")
    (folder / "sites").mkdir()
    issued.private_key_pem.write_to_path(folder / "sites" / "pbx.key")
    (folder / "sites" / "pbx.pem").write_bytes(issued.cert_chain_pems[0].bytes())
    client = ssl.create_default_context()
    authority.configure_trust(client)
    shake_hands(certificates.context(), client, "my.pbx.example").close()


def test_restart_keeps_authority_and_certificate(folder: Path, clock: StillClock) -> None:
    before = Certificates(folder, NAMES, clock).authority_pem, serial(folder)
    assert (Certificates(folder, NAMES, clock).authority_pem, serial(folder)) == before


def test_certificate_is_renewed_before_it_ends_and_served_at_once(
    folder: Path, clock: StillClock
) -> None:
    certificates = Certificates(folder, NAMES, clock)
    context = certificates.context()
    before = serial(folder)
    clock.moment += timedelta(days=360)
    assert not certificates.renew()
    clock.moment += timedelta(days=10)
    assert certificates.renew()
    assert serial(folder) != before
    # The new certificate begins after this test's own time, so OpenSSL must not judge it.
    client = ssl.create_default_context()
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    shaken = shake_hands(context, client, "localhost")
    der = shaken.getpeercert(binary_form=True)
    assert der is not None
    assert x509.load_der_x509_certificate(der).serial_number == serial(folder)
    shaken.close()


def test_new_address_of_the_box_renews_the_certificate(folder: Path, clock: StillClock) -> None:
    Certificates(folder, NAMES, clock)
    before = serial(folder)
    Certificates(folder, (*NAMES, "192.168.1.6"), clock)
    assert serial(folder) != before


def test_keys_are_their_owners_alone(folder: Path, clock: StillClock) -> None:
    Certificates(folder, NAMES, clock)
    for name in ("ca.key", "server.key"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
