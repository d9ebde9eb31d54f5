"""Relays with AUTH and TLS, for tests of the flavours."""

from __future__ import annotations

from relayconf.model import Credentials, Endpoint, Relay, SecretRef, Smarthost, TlsLevel

PEM = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n"
PASSWORD = SecretRef(kind="env", value="PASSWORD")


def smarthost(
    port: int = 587,
    tls: str = "encrypt",
    *,
    auth: bool = True,
    ca: str | None = PEM,
    host: str = "smtp.isp.example",
    user: str = "user",
) -> Smarthost:
    """The only endpoint of a relay."""
    endpoint = Endpoint(port=port, tls=TlsLevel(tls), auth=auth)
    credentials = Credentials(username=user, password=PASSWORD) if auth else None
    relay = Relay(name="isp", host=host, endpoints=(endpoint,), credentials=credentials, ca=ca)
    return Smarthost(relay=relay, endpoint=endpoint)
