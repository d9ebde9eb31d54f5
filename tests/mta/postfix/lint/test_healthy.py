"""Silence on what is healthy: hosts of many kinds, each in the layouts of several distributions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

import pytest

from relayconf.mta.postfix.lint import lint
from relayconf.mta.postfix.lint.configuration import Around, Seen, configuration
from tests.mta.postfix.lint.exhibits import FILES, seen

_MASTER = """\
# a comment
smtp       inet  n       -       {c}       -       -       smtpd
submission inet  n       -       {c}       -       -       smtpd
  -o syslog_name=postfix/submission
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
#smtps     inet  n       -       y       -       -       smtpd
pickup     unix  n       -       {c}       60      1       pickup
cleanup    unix  n       -       {c}       -       0       cleanup
qmgr       unix  n       -       n       300     1       qmgr
tlsmgr     unix  -       -       {c}       1000?   1       tlsmgr
rewrite    unix  -       -       {c}       -       -       trivial-rewrite
bounce     unix  -       -       {c}       -       0       bounce
proxymap   unix  -       -       n       -       -       proxymap
smtp       unix  -       -       {c}       -       -       smtp
relay      unix  -       -       {c}       -       -       smtp
        -o syslog_name=postfix/$service_name
error      unix  -       -       {c}       -       -       error
retry      unix  -       -       {c}       -       -       error
discard    unix  -       -       {c}       -       -       discard
local      unix  -       n       n       -       -       local
virtual    unix  -       n       n       -       -       virtual
lmtp       unix  -       -       {c}       -       -       lmtp
postlog    unix-dgram n  -       n       -       1       postlogd
maildrop   unix  -       n       n       -       -       pipe
  flags=DRXhu user=vmail argv=/usr/bin/maildrop -d ${{recipient}}
"""
_DEBIAN = """\
smtpd_banner = $myhostname ESMTP $mail_name (Debian/GNU)
biff = no
append_dot_mydomain = no
readme_directory = no
compatibility_level = 3.6
smtpd_tls_cert_file=/etc/ssl/certs/ssl-cert-snakeoil.pem
smtpd_tls_security_level=may
smtp_tls_CApath=/etc/ssl/certs
smtp_tls_security_level=may
smtp_tls_session_cache_database = btree:${data_directory}/smtp_scache
smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
myhostname = mail1.lab.test
alias_maps = hash:/etc/aliases
alias_database = hash:/etc/aliases
mydestination = $myhostname, mail1, localhost.localdomain, , localhost
relayhost =
mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128
mailbox_size_limit = 0
recipient_delimiter = +
inet_interfaces = all
inet_protocols = all
"""
_AUTH = """\
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = @:/etc/postfix/sasl_passwd
smtp_sasl_tls_security_options = noanonymous
smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of host: what is added to Debian's main.cf and to master.cf, and its tables. `@` is their type."""

    main: str = ""
    master: str = ""
    tables: Mapping[str, str] = field(default_factory=dict)
    drop: tuple[str, ...] = ()


KINDS: Mapping[str, Kind] = {
    "internet site": Kind(),
    "satellite": Kind(main="relayhost = smtp.corp.test\n", drop=("relayhost",)),
    "null client": Kind(
        main="relayhost = [hub.corp.test]\nmydestination =\ninet_interfaces = loopback-only\n",
        drop=("relayhost", "mydestination", "inet_interfaces"),
    ),
    "authenticated": Kind(
        main=_AUTH + "relayhost = [relay.test]:587\nsmtp_tls_security_level = secure\n",
        tables={"sasl_passwd": "[relay.test]:587 user:pass:word\n"},
        drop=("relayhost", "smtp_tls_security_level"),
    ),
    "by host name": Kind(
        main=_AUTH
        + "relayhost = relay.test\nsmtp_tls_security_level = encrypt\nsmtp_sasl_mechanism_filter = !gssapi, plain\n",
        tables={"sasl_passwd": "relay.test user:pass\nother.test user:pass\n"},
        drop=("relayhost", "smtp_tls_security_level"),
    ),
    "implicit TLS": Kind(
        main=_AUTH + "relayhost = [relay.test]:465\nsmtp_tls_wrappermode = yes\nsmtp_tls_security_level = encrypt\n",
        tables={"sasl_passwd": "[relay.test]:465 user:pass\n"},
        drop=("relayhost", "smtp_tls_security_level"),
    ),
    "implicit TLS beside STARTTLS": Kind(
        main=_AUTH + "relayhost = [relay.test]:587\ntransport_maps = @:/etc/postfix/transport\n"
        "smtp_tls_policy_maps = @:/etc/postfix/policy\n",
        master="smtps unix - - n - - smtp -o smtp_tls_wrappermode=yes -o smtp_tls_security_level=secure\n",
        tables={
            "sasl_passwd": "[relay.test]:587 user:pass\n[ses.test]:465 user:pass\n",
            "transport": "partner.test smtps:[ses.test]:465\n",
            "policy": "[relay.test]:587 secure match=nexthop\n",
        },
        drop=("relayhost",),
    ),
    "mail exchanger": Kind(
        main="virtual_mailbox_domains = a.test, b.test\nvirtual_mailbox_maps = @:/etc/postfix/boxes\n"
        "virtual_transport = lmtp:unix:private/dovecot-lmtp\nvirtual_alias_maps = @:/etc/postfix/virtual\n"
        "message_size_limit = 52428800\nheader_checks = regexp:/etc/postfix/header_checks\n"
        "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination,\n"
        "  check_client_access @:/etc/postfix/clients, reject_rbl_client zen.spamhaus.org\n",
        tables={
            "boxes": "anna@a.test a/anna/\n",
            "virtual": "c.test any\n@c.test anna@a.test\n",
            "clients": "192.0.2.9 OK\n",
        },
    ),
    "backup MX": Kind(
        main="relay_domains = c.test, d.test\nrelay_recipient_maps = @:/etc/postfix/recipients\n"
        "transport_maps = @:/etc/postfix/transport\nmaximal_queue_lifetime = 10d\n",
        tables={
            "recipients": "@c.test x\n",
            "transport": "c.test relay:[store.c.test]\nd.test relay:[192.0.2.7]:2525\n",
        },
    ),
    "many relays": Kind(
        main="transport_maps = @:/etc/postfix/transport, regexp:/etc/postfix/transport.re\nrelayhost = [relay.test]\n"
        "slow_destination_rate_delay = 1s\n",
        master="slow unix - - n - 5 smtp -o smtp_connect_timeout=5s -o { smtp_helo_name = mail.lab.test }\n",
        tables={
            "transport": "a.test slow:\n.a.test :\nu@b.test smtp:[x.test]:2525, [y.test]:2525\n"
            "c.test error:5.1.1 gone: [no\n"
            "d.test :[2001:db8::1]\ne.test discard:\n[192.0.2.9] smtp:\nroot@lab.test local:\n"
        },
        drop=("relayhost",),
    ),
    "by sender": Kind(
        main=_AUTH
        + "sender_dependent_relayhost_maps = @:/etc/postfix/relays\nsmtp_sender_dependent_authentication = yes\n"
        "relayhost = [relay.test]:587\nsmtp_tls_security_level = encrypt\n",
        tables={
            "relays": "@shop.test [ses.test]:587\nanna@a.test DUNNO\n<> [relay.test]:587\nroot [relay.test]:587\n",
            "sasl_passwd": "@shop.test shop:pass\n[ses.test]:587 all:pass\n[relay.test]:587 user:pass\n",
        },
        drop=("relayhost", "smtp_tls_security_level"),
    ),
    "content filter": Kind(
        main="# content_filter is per service here\nproxy_read_maps = $local_recipient_maps\n",
        master="scan unix - - n - 2 smtp -o smtp_send_xforward_command=yes\n"
        "127.0.0.1:10025 inet n - n - - smtpd -o content_filter= -o mynetworks=127.0.0.0/8\n"
        "2525 inet n - n - - smtpd -o content_filter=scan:[127.0.0.1]:10024\n",
    ),
    "wildcard": Kind(
        main="transport_maps = @:/etc/postfix/transport\nmydestination = localhost\n",
        tables={"transport": "localhost :\n* smtp:[relay.test]\n"},
        drop=("mydestination",),
    ),
    "DANE": Kind(
        main="smtp_dns_support_level = dnssec\nsmtp_tls_security_level = dane\n"
        "smtp_tls_policy_maps = inline:{a.test=may}\n",
        drop=("smtp_tls_security_level",),
    ),
    "another Postfix on loopback": Kind(main="relayhost = [127.0.0.1]:2525\n", drop=("relayhost",)),
    "expressions": Kind(
        main="relayhost = ${smarthost?{[$smarthost]:587}:{}}\nsmarthost =\n"
        "smtputf8_enable = ${{$compatibility_level} < {1} ? {no} : {yes}}\n",
        drop=("relayhost",),
    ),
}
LAYOUTS = {"Debian": ("hash", "y"), "Fedora": ("hash", "n"), "Alpine": ("lmdb", "n"), "texthash": ("texthash", "y")}


def _main(kind: Kind, database: str) -> str:
    kept = [line for line in _DEBIAN.splitlines() if line.partition("=")[0].strip() not in kind.drop]
    return "\n".join([*kept, kind.main.replace("@:", f"{database}:")])


@pytest.mark.parametrize(("name", "layout"), list(product(KINDS, LAYOUTS)))
def test_silence(name: str, layout: str) -> None:
    """Not a word."""
    kind, (database, chroot) = KINDS[name], LAYOUTS[layout]
    files = {
        **FILES,
        "/etc/postfix/header_checks": seen(""),
        "/var/spool/postfix/etc/ssl/certs": Seen(present=True, names=("a",)),
    }
    files |= {f"/etc/postfix/{table}": seen(text, mode=0o600) for table, text in kind.tables.items()}
    ends = {"hash": ".db", "lmdb": ".lmdb"}
    if database in ends:
        files |= {
            f"/etc/postfix/{table}{ends[database]}": Seen(present=True, mode=0o600, time=1) for table in kind.tables
        }
    master = _MASTER.format(c=chroot) + kind.master
    types = frozenset({"hash", "lmdb", "texthash", "regexp", "inline", "btree"})
    around = Around(files=files, types=types, plugins=frozenset({"plain", "login"}), is_live=True)
    config = configuration(_main(kind, database).encode(), master.encode(), around)

    assert [one.finding.text for one in lint(config)] == []


def test_there_are_enough() -> None:
    """Kinds by layouts."""
    assert len(KINDS) * len(LAYOUTS) >= 60
