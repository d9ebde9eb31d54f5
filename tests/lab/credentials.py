"""Keys of one lab: a certificate authority, the servers' certificates, SSH keys. All are thrown away with the lab."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

_LIFETIME = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class SshKey:
    """An Ed25519 key pair in OpenSSH's formats; `public` is `ssh-ed25519 AAAA…` without a comment."""

    private: bytes
    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A certificate authority that signs the names of one lab."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        """The certificate that the lab's hosts trust."""
        return self.certificate.public_bytes(Encoding.PEM)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: str, issuer: x509.Name, public: ec.EllipticCurvePublicKey, age: dt.timedelta = dt.timedelta(days=1)
) -> x509.CertificateBuilder:
    # a day early, for clocks that differ
    start = dt.datetime.now(dt.UTC) - age
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _LIFETIME)
    )


def make_authority() -> Authority:
    """A new authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder("lab authority", _name("lab authority"), key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return Authority(key=key, certificate=builder.sign(key, hashes.SHA256()))


def make_server_pem(
    authority: Authority, name: str, address: str, *, age: dt.timedelta = dt.timedelta(days=1)
) -> bytes:
    """Key and certificate of the server *name* at *address*, one PEM file; one of 30 days of *age* is out of date."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address(address))])
    builder = _builder(name, authority.certificate.subject, key.public_key(), age)
    builder = builder.add_extension(names, critical=False)
    certificate = builder.sign(authority.key, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)


def make_ssh_key() -> SshKey:
    """A new key pair."""
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return SshKey(private=private, public=public.decode())
