"""What can be said of TLS to a relay beside its level, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCertificate:
    """What we show a relay that asks for it: two files on the host, in PEM."""

    certificate: str
    key: str


TlsVersion: TypeAlias = Literal["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
"""Versions of TLS in Postfix's words, in rising order."""
