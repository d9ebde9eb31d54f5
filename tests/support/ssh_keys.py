"""Fresh SSH keys, made in a moment."""

from __future__ import annotations

from pathlib import Path

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def write_ed25519(path: Path, *, passphrase: bytes = b"") -> Path:
    """A new ed25519 key in OpenSSH's format at *path* (0600), its public half beside it as `.pub`."""
    private = Ed25519PrivateKey.generate()
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        encryption = serialization.BestAvailableEncryption(passphrase)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, encryption))
    public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    Path(f"{path}.pub").write_bytes(public + b" test\n")
    return path


def ed25519(path: Path) -> paramiko.PKey:
    """A new ed25519 key, kept at *path*."""
    return paramiko.Ed25519Key.from_private_key_file(str(write_ed25519(path)))
