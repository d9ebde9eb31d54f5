"""`relayconf import`: of a directory, of a host of an inventory, and of what is reached over SSH."""

from __future__ import annotations

from pathlib import Path

import pytest

from relayconf.commands.import_host import HERE, ImportOptions, _named, _target, import_host
from relayconf.commands.options import Options
from relayconf.commands.plan import plan
from relayconf.errors import RelayconfError, Unreachable, UsageError
from relayconf.exits import ExitCode
from relayconf.inventory import load
from relayconf.model import Direct, MtaName
from relayconf.mta.base import Found
from tests.mta.postfix.real import POSTCONF
from tests.support.hosts import qmail_host
from tests.support.local_host import local_host, said
from tests.support.qmail_tree import make_qmail, make_remote, snapshot

SMTPROUTES = b"# by hand\nkamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp:587|ab4t-ash|s3:cret\nx.test:a:0\n"


def control_of(folder: Path, **files: bytes) -> Path:
    """A control directory of sagredo's."""
    control = make_qmail(folder / "qmail", **{"smtproutes": SMTPROUTES, **files})
    make_remote(folder / "qmail", "sagredo")
    return control


def test_a_control_directory(tmp_path: Path) -> None:
    """To standard output; the password stays where it was."""
    heard = said()

    assert import_host(heard.console, ImportOptions(control=control_of(tmp_path))) is ExitCode.OK

    assert (
        heard.out.getvalue()
        == f"""\
# Imported from edge.kamata-net.com (qmail).
version: 1

relays:
  asahi-net:
    host: mail.asahi-net.or.jp
    port: 587
    tls: may
    allow_plaintext_auth: true
    auth: {{username: ab4t-ash, password: {{env: ASAHI_NET_PASSWORD}}}}

hosts:
  edge.kamata-net.com:
    mta: qmail
    flavour: sagredo
    qmail_home: {tmp_path}/qmail
    connection: local
    relay: asahi-net
    domains:
      edge.kamata-net.com: local
      kamata-net.com: {{host: 192.168.0.100}}

# On the host and not in this inventory:
# - smtproutes, x.test: a:0 (no port)

# Passwords that have to be set:
# - export ASAHI_NET_PASSWORD=…  # the password of ab4t-ash at mail.asahi-net.or.jp:587; or import with --secrets-dir
"""
    )
    assert heard.err.getvalue() == (
        "not in the inventory: smtproutes, x.test: a:0 (no port)\n"
        "export ASAHI_NET_PASSWORD=…  # the password of ab4t-ash at mail.asahi-net.or.jp:587; "
        "or import with --secrets-dir\n"
    )


def test_another_directory_has_no_home(tmp_path: Path) -> None:
    """A copy of the files is no qmail."""
    control = control_of(tmp_path).rename(tmp_path / "copy")
    heard = said()

    import_host(heard.console, ImportOptions(control=control))

    assert "qmail_home" not in heard.out.getvalue()
    assert "flavour" not in heard.out.getvalue()


def test_to_files_and_a_plan_straight_after(tmp_path: Path) -> None:
    """The password in a file of its own; nothing is to be changed, and nothing was."""
    host = local_host(tmp_path, smtproutes=b"# by hand\nedge.kamata-net.com:dead.test\n.lab.test:\n:Relay.TEST:2525\n")
    before, out = snapshot(host.control), tmp_path / "imported.yaml"

    options = ImportOptions(target="edge", inventory=host.inventory, out=out, secrets=tmp_path / "secrets")
    heard, planned = said(), said()
    import_host(heard.console, options)
    code = plan(planned.console, Options(inventory=out), exit_code=True)

    assert (heard.out.getvalue(), heard.err.getvalue()) == ("", "")
    assert planned.out.getvalue().endswith("\n\nPlan: no changes (1 host)\n")
    assert "smtproutes says as much as the inventory, in words of its own" in planned.out.getvalue()
    assert code is ExitCode.OK
    assert snapshot(host.control) == before
    assert not (tmp_path / "secrets").exists()


def test_secrets(tmp_path: Path) -> None:
    """In a folder that is asked for; the inventory refers to it."""
    out, folder = tmp_path / "imported.yaml", tmp_path / "secrets"
    options = ImportOptions(control=control_of(tmp_path), out=out, secrets=folder)

    import_host(said().console, options)

    assert (folder / "asahi-net").read_text() == "s3:cret\n"
    credentials = load(out).relays["asahi-net"].credentials
    assert credentials is not None
    assert credentials.password.value == str(folder / "asahi-net")
    assert "s3:cret" not in out.read_text()
    with pytest.raises(RelayconfError, match=r"imported\.yaml is already there"):
        import_host(said().console, options)


def test_which_host() -> None:
    """A name with a user or without, checked before it is connected to."""
    host, mta = _target(ImportOptions(target="root@MAIL1.example", mta=MtaName.QMAIL))
    here, _ = _target(ImportOptions())

    assert (host.name, host.address, host.ssh.user, host.connection, mta) == (
        "mail1.example",
        "mail1.example",
        "root",
        "ssh",
        MtaName.QMAIL,
    )
    assert (here.name, here.connection) == (HERE, "local")
    assert _target(ImportOptions(target="mail1"))[0].ssh.user is None
    for word in ("@mail1", "-oProxyCommand=x@mail1", "a b@mail1", "\x1b@mail1", "root@", "root@a_b c", "2001:db8::1"):
        with pytest.raises(UsageError, match="is no host"):
            _target(ImportOptions(target=word))


def test_its_own_name() -> None:
    """Where nobody gave it another, and it is one."""
    found = Found(name="me.test", default=(Direct(),), domains={}, routes={})
    odd = Found(name="not me", default=(Direct(),), domains={}, routes={})

    assert _named(qmail_host(HERE), found).name == "me.test"
    assert _named(qmail_host(HERE), odd).name == HERE
    assert _named(qmail_host("mail1"), found).name == "mail1"


@pytest.mark.parametrize(
    "options",
    [
        ImportOptions(target="a", control=Path("b")),
        ImportOptions(inventory=Path("a")),
        ImportOptions(target="a", flavour="sagredo"),
    ],
)
def test_what_goes_together(options: ImportOptions) -> None:
    """One source, and only what belongs to it."""
    with pytest.raises(UsageError):
        import_host(said().console, options)


def test_over_ssh() -> None:
    """By the connection of every other command."""
    with pytest.raises(Unreachable):
        import_host(said().console, ImportOptions(target="root@nobody.invalid"))


MAIN_CF = """\
myhostname = mail2.test
mydestination = $myhostname
queue_directory = {folder}
relayhost = [smtp.isp.test]:587
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = hash:$config_directory/sasl_passwd
smtp_sasl_security_options = noanonymous
smtp_tls_security_level = encrypt
transport_maps = hash:{folder}/transport
"""


def configuration(folder: Path) -> Path:
    """A Postfix as its admin left it."""
    config = folder / "postfix"
    config.mkdir()
    (config / "main.cf").write_text(MAIN_CF.format(folder=config))
    (config / "master.cf").write_text("smtp unix - - y - - smtp\n")
    (config / "sasl_passwd").write_text("[smtp.isp.test]:587 ab:c:d\n")
    (config / "sasl_passwd").chmod(0o600)
    (config / "transport").write_text(".lab.test smtp:\nspam.test error:5.1.1 no\n")
    return config


def test_a_configuration_directory(tmp_path: Path) -> None:
    """Also a copy of one, whose tables are beside it."""
    config, heard, copied = configuration(tmp_path), said(), said()
    copy = config.rename(tmp_path / "copy")

    import_host(copied.console, ImportOptions(config=copy))
    copy.rename(config)
    import_host(heard.console, ImportOptions(config=config))

    assert (
        heard.out.getvalue()
        == f"""\
# Imported from mail2.test (postfix).
version: 1

relays:
  isp:
    host: smtp.isp.test
    port: 587
    auth: {{username: ab, password: {{env: ISP_PASSWORD}}}}

hosts:
  mail2.test:
    mta: postfix
    config_directory: {config}
    connection: local
    relay: isp
    domains:
      mail2.test: local
    routes:
      .lab.test: direct
      spam.test: {{reject: "5.1.1 no"}}

# Passwords that have to be set:
# - export ISP_PASSWORD=…  # the password of ab at smtp.isp.test:587; or import with --secrets-dir
"""
    )
    assert copied.out.getvalue().replace("/copy", "/postfix") == heard.out.getvalue().replace("copy", "postfix")


@pytest.mark.skipif(POSTCONF is None, reason="needs Postfix's postconf")
def test_a_plan_of_postfix_straight_after(tmp_path: Path) -> None:
    """There is nothing to change in what an admin wrote."""
    config, out = configuration(tmp_path), tmp_path / "imported.yaml"
    places = f"config_directory: {config}, state_directory: {tmp_path}/s"
    first = f"version: 1\nhosts:\n  mail2: {{mta: postfix, connection: local, relay: direct, {places}}}\n"
    (tmp_path / "first.yaml").write_text(first)
    options = ImportOptions(
        target="mail2", inventory=tmp_path / "first.yaml", out=out, secrets=tmp_path / "secrets", overwrite=True
    )
    heard, planned = said(), said()

    import_host(heard.console, options)
    code = plan(planned.console, Options(inventory=out), exit_code=True)

    assert (heard.err.getvalue(), code) == ("", ExitCode.OK)
    assert "mail goes as the inventory says already, by main.cf as it is" in planned.out.getvalue()
    assert planned.out.getvalue().endswith("\nPlan: no changes (1 host)\n")


def test_no_configuration(tmp_path: Path) -> None:
    """A directory without main.cf is none; one that cannot be read says why."""
    with pytest.raises(UsageError, match=r"there is no main\.cf in"):
        import_host(said().console, ImportOptions(config=tmp_path))
    (tmp_path / "main.cf").mkdir()
    with pytest.raises(RelayconfError, match=r"cannot read .*main\.cf: Is a directory"):
        import_host(said().console, ImportOptions(config=tmp_path))
