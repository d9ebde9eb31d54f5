"""A healthy configuration, and what the checks say when something in it is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from relayconf.mta.postfix.lint import lint
from relayconf.mta.postfix.lint.configuration import Around, Configuration, Seen, configuration

SETTINGS: Mapping[str, str] = {
    "compatibility_level": "3.6",
    "myhostname": "mail1.lab.test",
    "mydestination": "$myhostname, localhost",
    "relayhost": "[relay.test]:587",
    "smtp_sasl_auth_enable": "yes",
    "smtp_sasl_password_maps": "hash:/etc/postfix/sasl_passwd",
    "smtp_sasl_tls_security_options": "noanonymous",
    "smtp_tls_security_level": "secure",
    "smtp_tls_CAfile": "/etc/ssl/certs/ca-certificates.crt",
}
MASTER = """\
smtp      inet  n       -       y       -       -       smtpd
smtp      unix  -       -       y       -       -       smtp
relay     unix  -       -       y       -       -       smtp
error     unix  -       -       y       -       -       error
local     unix  -       n       n       -       -       local
"""
PASSWORDS = "[relay.test]:587 user:geheim\n"
PEM = b"-----BEGIN CERTIFICATE-----\n"


def seen(content: str | bytes, *, mode: int = 0o644, time: float = 0) -> Seen:
    """A file."""
    return Seen(present=True, content=content.encode() if isinstance(content, str) else content, mode=mode, time=time)


ABSENT = Seen(present=False)
FILES: Mapping[str, Seen] = {
    "/etc/postfix/sasl_passwd": seen(PASSWORDS, mode=0o600),
    "/etc/postfix/sasl_passwd.db": Seen(present=True, mode=0o600, time=1),
    "/etc/ssl/certs/ca-certificates.crt": seen(PEM),
    "/etc/resolv.conf": seen("nameserver 192.0.2.53\n"),
    "/var/spool/postfix/etc/resolv.conf": seen("nameserver 192.0.2.53\n"),
    "/etc/services": seen("smtp 25/tcp mail\nsubmission 587/tcp # mail\n"),
    "/var/spool/postfix/etc/services": seen("smtp 25/tcp mail\nsubmission 587/tcp # mail\n"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """What differs from the healthy configuration.

    A setting of None is taken out. `tables` are sources of lookup tables by name, compiled as well; `tail` is put
    behind main.cf.
    """

    settings: Mapping[str, str | None] = field(default_factory=dict)
    master: str | None = MASTER
    tables: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Seen] = field(default_factory=dict)
    types: frozenset[str] | None = None
    plugins: frozenset[str] | None = frozenset({"plain", "login", "cram-md5"})
    is_live: bool = True
    tail: str = ""

    @property
    def main(self) -> str:
        """main.cf."""
        settings = {**SETTINGS, **self.settings}
        return "".join(f"{name} = {value}\n" for name, value in settings.items() if value is not None) + self.tail

    @property
    def configuration(self) -> Configuration:
        """The whole."""
        files = dict(FILES)
        for name, content in self.tables.items():
            files[f"/etc/postfix/{name}"] = seen(content, mode=0o600)
            files[f"/etc/postfix/{name}.db"] = Seen(present=True, mode=0o600, time=1)
        around = Around(files={**files, **self.files}, types=self.types, plugins=self.plugins, is_live=self.is_live)
        master = None if self.master is None else self.master.encode()
        return configuration(self.main.encode("utf-8", "surrogateescape"), master, around)


def told(exhibit: Exhibit) -> list[str]:
    """What the checks say: `severity code place: text`."""
    return [f"{one.severity} {one.code} {one.place}: {one.text}" for one in lint(exhibit.configuration)]


def catalogue(exhibits: Mapping[str, Exhibit]) -> str:
    """What the checks say of each, with the ways out."""
    lines = []
    for name, exhibit in exhibits.items():
        lines += [f"# {name}"]
        for one, text in zip(lint(exhibit.configuration), told(exhibit), strict=True):
            lines += [text, *(f"    {way}" for way in one.ways_out)]
    return "\n".join([*lines, ""])
