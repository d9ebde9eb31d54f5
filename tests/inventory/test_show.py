from __future__ import annotations

from pathlib import Path

import pytest

from relayconf.errors import UsageError
from relayconf.inventory import explain
from tests.inventory.writing import written

INVENTORY = """\
version: 1
relays:
  isp:
    host: mail.isp.example
    endpoints: [{port: 465}, {port: 25, auth: none}]
    auth: {username: u17, password: {env: ISP_PASSWORD}}
    spf: ["include:spf.isp.example"]
    senders: ["@example.org"]
    probe: {from: a@example.org, to: b@example.org}
  plain.isp: {host: plain.example, port: 587}
  unused: {host: unused.example}
hosts:
  edge:
    address: 192.0.2.2
    groups: [far]
    egress: [203.0.113.7]
    ssh: {user: root}
    routes: {b.example: null, c.example: {relay: plain.isp}}
  store: {relay: {via: edge}, domains: null, routes: {b.example: null}}
  lab: {relay: [{host: 2001:db8::1, port: 26}, direct], qmail_home: /opt/qmail}
mta: qmail
relay: isp
groups:
  far: {ssh: {user: admin, become: sudo}, domains: {d1.example: mx, e.example: {at: edge}}}
domains: {e.example: local, .e.example: {host: 192.0.2.9}}
domains_from: [domains.txt, {file: more.txt, at: store}]
routes:
  a.example: direct
  b.example: {via: store}
  d.example: {reject: "5.1.1 no"}
  f.example: {retry: "4.3.0 later"}
  g.example: {discard: gone}
"""
BESIDE = {"domains.txt": "d1.example\nd2.example\nd3.example\n", "more.txt": "d4.example\n"}


def _shown(folder: Path, host: str) -> list[str]:
    settings = explain(written(folder, INVENTORY, BESIDE), host)
    return [
        f"{setting.place} = {setting.value} ({str(setting.origin or 'default').removeprefix(f'{folder}/')})".replace(
            f"{folder}/", ""
        )
        for setting in settings
    ]


def test_everything_a_host_ends_up_with(tmp_path: Path) -> None:
    """Each value, its place, and the file, line and column that gave it, host over group over top."""
    assert _shown(tmp_path, "edge") == [
        "address = 192.0.2.2 (inventory.yaml:14:14)",
        "groups = [far] (inventory.yaml:15:13)",
        "mta = qmail (inventory.yaml:21:6)",
        "connection = ssh (default)",
        "ssh.user = root (inventory.yaml:17:17)",
        "ssh.become = sudo (inventory.yaml:24:36)",
        "relay = isp:465 (inventory.yaml:22:8)",
        "egress = [203.0.113.7] (inventory.yaml:16:13)",
        "state_directory = /var/lib/relayconf (default)",
        "domains[d1.example] = mx (inventory.yaml:24:65)",
        "domains[e.example] = {at: edge} (inventory.yaml:24:80)",
        "domains[.e.example] = {host: 192.0.2.9, port: 25} (inventory.yaml:25:41)",
        "domains_from = domains.txt: 2 domains, local (inventory.yaml:26:16)",
        "domains_from = more.txt: 1 domain, {at: store} (inventory.yaml:26:29)",
        "routes[c.example] = {relay: plain.isp:587} (inventory.yaml:18:42)",
        "routes[a.example] = direct (inventory.yaml:28:14)",
        'routes[d.example] = {reject: "5.1.1 no"} (inventory.yaml:30:14)',
        'routes[f.example] = {retry: "4.3.0 later"} (inventory.yaml:31:14)',
        'routes[g.example] = {discard: "gone"} (inventory.yaml:32:14)',
        "relays.isp.host = mail.isp.example (inventory.yaml:4:11)",
        "relays.isp.endpoints[0] = {port: 465, tls: secure} (inventory.yaml:5:17)",
        "relays.isp.endpoints[1] = {port: 25, tls: may, auth: none} (inventory.yaml:5:30)",
        "relays.isp.auth.username = u17 (inventory.yaml:6:22)",
        "relays.isp.auth.password = env ISP_PASSWORD (inventory.yaml:6:37)",
        "relays.isp.spf = [include:spf.isp.example] (inventory.yaml:7:10)",
        "relays.isp.senders = [@example.org] (inventory.yaml:8:14)",
        "relays.isp.probe.from = a@example.org (inventory.yaml:9:19)",
        "relays.isp.probe.to = b@example.org (inventory.yaml:9:38)",
        "relays[plain.isp].host = plain.example (inventory.yaml:10:21)",
        "relays[plain.isp].port = 587 (inventory.yaml:10:42)",
        "relays[plain.isp].tls = may (default)",
    ]


def test_what_null_deleted_is_not_shown(tmp_path: Path) -> None:
    """`domains: null` leaves no domain, and `via` shows as it was written."""
    assert [line for line in _shown(tmp_path, "store") if line.startswith(("domains", "relay"))] == [
        "relay = {via: edge} (inventory.yaml:19:18)"
    ]


def test_failover(tmp_path: Path) -> None:
    """Several relays show as a list, servers without a name as maps."""
    lines = _shown(tmp_path, "lab")

    assert "relay = [{host: 2001:db8::1, port: 26}, direct] (inventory.yaml:20:16)" in lines
    assert "qmail_home = /opt/qmail (inventory.yaml:20:69)" in lines
    assert "address = lab (default)" in lines
    assert "routes[b.example] = {via: store} (inventory.yaml:29:14)" in lines


def test_unknown_host(tmp_path: Path) -> None:
    """A host that is not there is a usage error."""
    with pytest.raises(UsageError) as caught:
        explain(written(tmp_path, INVENTORY, BESIDE), "egde")

    assert caught.value.hint == "did you mean `edge`?"


def test_a_postfix_host(tmp_path: Path) -> None:
    """Postfix has no flavour; its rewriting is shown key by key, from the layer that gave it."""
    text = INVENTORY.replace(
        "mta: qmail",
        "mta: postfix\nconfig_directory: /opt/postfix\nrewrite: {A@b.example: c@d.example}\n"
        "settings: {smtp_helo_name: x}\n"
        'senders: {"@a.example": {relay: isp, auth: {username: a, password: {env: A}}}, b@a.example: {relay: unused}, '
        "<>: direct}",
    )
    lines = [
        f"{setting.place} = {setting.value} ({str(setting.origin or 'default').removeprefix(f'{tmp_path}/')})"
        for setting in explain(written(tmp_path, text, BESIDE), "lab")
    ]

    assert "mta = postfix (inventory.yaml:21:6)" in lines
    assert "config_directory = /opt/postfix (inventory.yaml:22:19)" in lines
    assert "settings.smtp_helo_name = x (inventory.yaml:24:28)" in lines
    assert "rewrite[a@b.example] = c@d.example (inventory.yaml:23:24)" in lines
    assert [line for line in lines if line.startswith("senders")] == [
        "senders[@a.example] = {relay: isp:465, auth: {username: a, password: env A}} (inventory.yaml:25:25)",
        "senders[b@a.example] = {relay: unused:25} (inventory.yaml:25:93)",
        "senders[<>] = direct (inventory.yaml:25:114)",
    ]
    assert "relays.unused.host = unused.example (inventory.yaml:11:18)" in lines
    assert not [line for line in lines if line.startswith("flavour")]


def test_tls_of_a_relay(tmp_path: Path) -> None:
    """What was said of it beside the level."""
    text = """\
version: 1
hosts: {lab: {mta: postfix, relay: isp}}
relays:
  isp:
    {host: isp.example, tls: fingerprint, tls_minimum: TLSv1.2, fingerprints: [%s],
     client_certificate: {certificate: /etc/a.pem, key: /etc/a.key}}
""" % ("0a" * 32)
    said = {setting.place: setting.value for setting in explain(written(tmp_path, text), "lab")}

    assert said["relays.isp.tls_minimum"] == "TLSv1.2"
    assert said["relays.isp.fingerprints"] == f"[{':'.join(['0A'] * 32)}]"
    assert said["relays.isp.client_certificate.certificate"] == "/etc/a.pem"
    assert said["relays.isp.client_certificate.key"] == "/etc/a.key"


PRESET = """\
version: 1
mta: postfix
relays:
  isp: {provider: zoho, region: com, auth: {username: u, password: {env: P}}}
  one: {provider: gandi, port: 465, auth: {username: u, password: {env: P}}}
hosts: {mx1: {relay: isp}, mx2: {relay: one}}
"""


def test_what_a_provider_says(tmp_path: Path) -> None:
    """Was said where the provider is named; what is given beside it, where it is given."""
    lines = [
        f"{setting.place} = {setting.value} ({str(setting.origin).removeprefix(f'{tmp_path}/')})"
        for host in ("mx1", "mx2")
        for setting in explain(written(tmp_path, PRESET), host)
        if setting.place.startswith("relays") and ".auth." not in setting.place
    ]

    assert lines == [
        "relays.isp.provider = zoho (inventory.yaml:4:19)",
        "relays.isp.region = com (inventory.yaml:4:33)",
        "relays.isp.host = smtp.zoho.com (inventory.yaml:4:19)",
        "relays.isp.endpoints[0] = {port: 587, tls: secure} (inventory.yaml:4:19)",
        "relays.isp.endpoints[1] = {port: 465, tls: secure} (inventory.yaml:4:19)",
        "relays.isp.spf = [include:zohomail.com] (inventory.yaml:4:19)",
        "relays.one.provider = gandi (inventory.yaml:5:19)",
        "relays.one.host = mail.gandi.net (inventory.yaml:5:19)",
        "relays.one.port = 465 (inventory.yaml:5:32)",
        "relays.one.tls = secure (inventory.yaml:5:19)",
        "relays.one.spf = [include:_mailcust.gandi.net] (inventory.yaml:5:19)",
    ]


def test_managed_files(tmp_path: Path) -> None:
    """What is managed shows key by key; what is not does not show."""
    said = "manage: {locals: true, rcpthosts: false, virtualdomains: {s.example: s}}"
    own = INVENTORY.replace("/opt/qmail}", "/opt/qmail, manage: {me: a.example}}")
    text = own.replace("mta: qmail", f"mta: qmail\n{said}")
    without = INVENTORY.replace("mta: qmail", "mta: qmail\nmanage: {virtualdomains: {}}")

    def shown(text: str) -> list[str]:
        settings = explain(written(tmp_path, text, BESIDE), "lab")
        return [f"{item.place} = {item.value}" for item in settings if item.place.startswith("manage")]

    assert shown(text) == [
        "manage.locals = true",
        "manage.me = a.example",
        "manage.virtualdomains[s.example] = s",
    ]
    assert shown(without) == ["manage.virtualdomains = {}"]
