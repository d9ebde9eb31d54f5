"""The files that make an overlay of this machine a host of the lab. All of it runs inside the host, as its root."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tests.lab.credentials import SshKey
from tests.lab.spec import DNS_ADDRESS, DOMAIN, HUB_ADDRESS, fqdn

_USERS = {"ops": 3000, "opspw": 3001, "nosudo": 3002}
# SHA-512 crypt of spec.SUDO_PASSWORD; Python 3.13 has no crypt(3) any more
_PASSWORD_HASH = "$6$relayconf$DhPrmVJXqANAE4Kia3CShdEBv6O/D3IdLYRV9YGCRTzyaNWOard2gZPstiC.pokSbeHiA9GCqActsBGJpFjqW/"
_SUDOERS = "ops ALL=(ALL:ALL) NOPASSWD: ALL\nopspw ALL=(ALL:ALL) ALL\n"
_SSHD_CONFIG = """\
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM yes
UseDNS no
PrintMotd no
MaxStartups 100:30:200
MaxSessions 50
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
"""
# Debian's "Internet Site", plus: the hub may relay, so that tests can inject by SMTP; the log has a file of its own
_MAIN_CF = """\
smtpd_banner = $myhostname ESMTP $mail_name
biff = no
append_dot_mydomain = no
readme_directory = no
compatibility_level = 3.6
smtpd_tls_security_level = none
smtp_tls_CApath = /etc/ssl/certs
smtp_tls_security_level = may
smtp_tls_session_cache_database = btree:${{data_directory}}/smtp_scache
smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
myhostname = {fqdn}
alias_maps = hash:/etc/aliases
alias_database = hash:/etc/aliases
myorigin = /etc/mailname
mydestination = $myhostname, localhost.{domain}, localhost
relayhost =
mynetworks = 127.0.0.0/8 [::1]/128 {hub}/32
mailbox_size_limit = 0
recipient_delimiter = +
inet_interfaces = all
inet_protocols = ipv4
maillog_file = /var/log/mail.log
"""
_QUEUES = (
    "active",
    "bounce",
    "corrupt",
    "defer",
    "deferred",
    "flush",
    "hold",
    "incoming",
    "maildrop",
    "saved",
    "trace",
)
_POSTLOG = "postlog   unix-dgram n  -       n       -       1       postlogd\n"
# as INSTALL.ids of netqmail has them
_QMAIL_GROUPS = {"qmail": 2107, "nofiles": 2108}
_QMAIL_USERS = {
    "alias": ("nofiles", 7790, "/var/qmail/alias"),
    "qmaild": ("nofiles", 7791, "/var/qmail"),
    "qmaill": ("nofiles", 7792, "/var/qmail"),
    "qmailp": ("nofiles", 7793, "/var/qmail"),
    "qmailq": ("qmail", 7794, "/var/qmail"),
    "qmailr": ("qmail", 7795, "/var/qmail"),
    "qmails": ("qmail", 7796, "/var/qmail"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What tells this host from the others, and the keys and certificate that it trusts."""

    name: str
    address: str
    host_key: SshKey
    authorized_key: str
    authority: bytes


def _write(path: str, text: str, mode: int = 0o644) -> None:
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    target.touch(mode=mode)
    target.chmod(mode)
    target.write_text(text)


def _append(path: str, text: str) -> None:
    with Path(path).open("a") as file:
        file.write(text)


def _remove(*paths: str | Path) -> None:
    for path in map(Path, paths):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _drop_accounts(names: Collection[str]) -> None:
    """Forget this machine's users or groups of these names; theirs would be found first."""
    for file in ("passwd", "shadow", "group"):
        path = Path("/etc", file)
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if line.partition(":")[0] not in names))


def _add_user(name: str, uid: int, gid: int, *, home: str, login: str = "/bin/sh", hashed: str = "*") -> None:
    _append("/etc/passwd", f"{name}:x:{uid}:{gid}:{name}:{home}:{login}\n")
    _append("/etc/shadow", f"{name}:{hashed}:19000:0:99999:7:::\n")


def _own_home(home: str, uid: int, authorized_key: str) -> None:
    _write(f"{home}/.ssh/authorized_keys", authorized_key + "\n", 0o600)
    Path(home, ".ssh").chmod(0o700)
    for path in (home, f"{home}/.ssh", f"{home}/.ssh/authorized_keys"):
        os.chown(path, uid, uid)


def _trust(authority: bytes) -> None:
    _write("/etc/ssl/certs/lab.pem", authority.decode())
    _append("/etc/ssl/certs/ca-certificates.crt", authority.decode())
    hashed = subprocess.run(
        ["openssl", "x509", "-noout", "-hash"], input=authority, stdout=subprocess.PIPE, check=True
    ).stdout.decode()
    Path("/etc/ssl/certs", f"{hashed.strip()}.0").symlink_to("lab.pem")


def write_resolver() -> None:
    """The lab's DNS server, in the host where this runs."""
    _write("/etc/resolv.conf", f"search {DOMAIN}\nnameserver {DNS_ADDRESS}\noptions timeout:2 attempts:2\n")


def remove_mta(*, keep_postfix: bool) -> None:
    """Take away what this machine may have of an MTA and of relayconf, and the layer's Postfix unless it is wanted."""
    _remove("/var/qmail", "/var/lib/qmail", "/etc/qmail", "/var/lib/relayconf", "/etc/postfix/relayconf")
    if not keep_postfix:
        _remove("/etc/postfix", "/usr/lib/postfix", "/usr/sbin/sendmail", *Path("/usr/sbin").glob("post*"))


def write_base(host: Identity) -> None:
    """Names, resolver, trusted authority, users, sudo and sshd."""
    name = fqdn(host.name)
    _write("/etc/hostname", f"{host.name}\n")
    _write("/etc/mailname", f"{name}\n")
    _write("/etc/hosts", f"127.0.0.1 localhost\n::1 localhost\n{host.address} {name} {host.name}\n")
    write_resolver()
    _trust(host.authority)
    _drop_accounts(_USERS)
    for user, uid in _USERS.items():
        _append("/etc/group", f"{user}:x:{uid}:\n")
        _add_user(user, uid, uid, home=f"/home/{user}", hashed=_PASSWORD_HASH if user == "opspw" else "*")
        _own_home(f"/home/{user}", uid, host.authorized_key)
    _own_home("/root", 0, host.authorized_key)
    _write("/etc/sudoers.d/lab", _SUDOERS, 0o440)
    _write("/etc/ssh/sshd_config", _SSHD_CONFIG)
    _write("/etc/ssh/ssh_host_ed25519_key", host.host_key.private.decode(), 0o600)
    Path("/run/sshd").mkdir()


def write_postfix(host: Identity) -> None:
    """A Postfix as Debian sets it up for a mail server on the Internet, with an empty queue."""
    _write("/etc/postfix/main.cf", _MAIN_CF.format(fqdn=fqdn(host.name), domain=DOMAIN, hub=HUB_ADDRESS))
    # where this machine runs Postfix, its queue shows in the overlay; `postfix start` makes the folders anew
    _remove(*(Path("/var/spool/postfix", queue) for queue in _QUEUES))
    services = Path("/usr/share/postfix/master.cf.dist").read_text()
    _write("/etc/postfix/master.cf", services if "postlogd" in services else services + _POSTLOG)
    _write("/etc/aliases", "postmaster: root\n")
    # Postfix waits for a file younger than two seconds to "cool down" before it trusts it
    for file in ("postfix/main.cf", "postfix/master.cf", "aliases"):
        os.utime(f"/etc/{file}", (0, time.time() - 60))


def write_qmail(host: Identity) -> None:
    """The users, groups and directories of an installed qmail, and the control files that every one has."""
    _drop_accounts({*_QMAIL_GROUPS, *_QMAIL_USERS})
    for group, gid in _QMAIL_GROUPS.items():
        _append("/etc/group", f"{group}:x:{gid}:\n")
    for user, (group, uid, home) in _QMAIL_USERS.items():
        _add_user(user, uid, _QMAIL_GROUPS[group], home=home, login="/usr/sbin/nologin")
    for directory in ("", "alias", "bin", "boot", "control", "users"):
        path = Path("/var/qmail", directory)
        path.mkdir(mode=0o755)
        os.chown(path, 0, _QMAIL_GROUPS["qmail"])
    name = fqdn(host.name)
    for file, line in {"me": name, "defaultdomain": DOMAIN, "plusdomain": DOMAIN}.items():
        _write(f"/var/qmail/control/{file}", f"{line}\n")
    for file in ("locals", "rcpthosts"):
        _write(f"/var/qmail/control/{file}", f"{name}\nlocalhost\n")
