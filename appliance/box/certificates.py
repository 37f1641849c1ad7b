"""The box's TLS identity: an authority of its own, a certificate for its names, others by SNI.

In `tls/`: `ca.pem` and `ca.key`, made at the first start; `server.pem` and `server.key`, signed by
it and renewed before they expire; `sites/<any name>.pem` with `.key`: certificates that the
customer brings, each chosen by the names in it. Keys are 0600.
"""

import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from appliance.box import authority
from appliance.clock import Clock
from appliance.files import write_private

SniCallback = Callable[[ssl.SSLObject, str | None, ssl.SSLContext], None]

RENEW_BEFORE: Final = timedelta(days=30)


class CertificateError(Exception):
    """A file in tls/ cannot be used; the message is one line for people."""


class Certificates:
    """`names`: the host names and addresses that the box answers for, the chief one first.

    Raises CertificateError.
    """

    def __init__(self, folder: Path, names: Sequence[str], clock: Clock) -> None:
        self._folder = folder
        self._names = names
        self._clock = clock
        self._contexts: list[ssl.SSLContext] = []
        folder.mkdir(mode=0o700, exist_ok=True)
        try:
            self._authority, self._authority_key = self._open_authority()
            self.renew()
        except (OSError, ValueError) as error:
            raise CertificateError(f"cannot use {folder}: {error}") from None

    @property
    def authority_pem(self) -> str:
        """What phones and browsers are given to trust."""
        return authority.certificate_pem(self._authority)

    def context(self, alpn: Sequence[str] = ()) -> ssl.SSLContext:
        """For one kind of listener: TLS 1.2 or later, the box's certificate for any SNI but those
        that a site's certificate names. It follows a renewal."""
        context = self._context(self._folder / "server.pem", alpn)
        sites = {
            name: self._context(path, alpn)
            for path in sorted(self._folder.glob("sites/*.pem"))
            for name in _names_in(path)
        }
        if sites:
            context.sni_callback = _chooser(sites)
        self._contexts.append(context)
        return context

    def renew(self) -> bool:
        """Make a new server certificate where the old one ends within 30 days or names other hosts;
        whether it did. To be called daily; new connections have it at once."""
        path = self._folder / "server.pem"
        names = [name for name in self._names if authority.allowed(name, self._authority)]
        if path.exists() and not self._is_due(path, names):
            return False
        key = authority.new_key()
        certificate = authority.new_certificate(
            key, names, self._authority, self._authority_key, self._clock.wall()
        )
        write_private(path.with_suffix(".key"), authority.key_pem(key))
        write_private(path, authority.certificate_pem(certificate) + self.authority_pem)
        for context in self._contexts:
            context.load_cert_chain(path, path.with_suffix(".key"))
        return True

    def _is_due(self, path: Path, names: Iterable[str]) -> bool:
        certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
        ends: datetime = certificate.not_valid_after_utc
        if ends - self._clock.wall() < RENEW_BEFORE or not path.with_suffix(".key").exists():
            return True
        return set(_names_in(path)) != set(names) or certificate.issuer != self._authority.subject

    def _open_authority(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        path = self._folder / "ca.pem"
        if not path.exists():
            key = authority.new_key()
            certificate = authority.new_authority(key, self._names, self._clock.wall())
            write_private(path.with_suffix(".key"), authority.key_pem(key))
            write_private(path, authority.certificate_pem(certificate))
        loaded = serialization.load_pem_private_key(path.with_suffix(".key").read_bytes(), None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise ValueError("ca.key is not an EC key")
        return x509.load_pem_x509_certificate(path.read_bytes()), loaded

    def _context(self, path: Path, alpn: Sequence[str]) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
        if alpn:
            context.set_alpn_protocols(list(alpn))
        try:
            context.load_cert_chain(path, path.with_suffix(".key"))
        except (OSError, ssl.SSLError) as error:
            raise CertificateError(f"cannot use {path} with its key: {error}") from None
        return context


def _chooser(sites: Mapping[str, ssl.SSLContext]) -> SniCallback:
    """Put a connection on the certificate of the name that it asks for."""

    def choose(connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        host = (name or "").lower()
        wildcard = "*." + host.partition(".")[2]
        site = sites.get(host) or sites.get(wildcard)
        if site is not None:
            connection.context = site

    return choose


def _names_in(path: Path) -> list[str]:
    """The host names and addresses of a certificate file's first certificate."""
    certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value).lower() for name in names]
