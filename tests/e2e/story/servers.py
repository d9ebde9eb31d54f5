"""The story's network and mail servers: the sender's, the provider's and the receiver's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.e2e.story import addresses, names
from tests.lab import Lab
from tests.support import qmail_remote

_FROM_HOME = ("from", addresses.HOME, "ipproto", "tcp", "dport", "25")
_SENDER = """\
postconf -e myhostname=mail.kamata-net.com mydomain=kamata-net.com myorigin=kamata-net.com \
    'mydestination=$mydomain, $myhostname, localhost' smtp_connect_timeout=1s smtp_tls_loglevel=1 \
    local_recipient_maps= luser_relay=nosudo
"""
_PROVIDER = f"""\
postconf -e myhostname={addresses.RELAY_NAME} mydestination= smtp_bind_address={addresses.RELAY_OUT} \
    smtp_helo_name=out.asahi-net.or.jp \
    'mynetworks={addresses.HOME}' smtpd_tls_cert_file=/etc/postfix/relay.pem smtpd_tls_key_file=/etc/postfix/relay.pem \
    smtpd_sasl_path=smtpd 'smtpd_relay_restrictions=permit_sasl_authenticated, permit_mynetworks, reject'
postconf -Me 'smtps/inet=smtps inet n - n - - smtpd -o smtpd_tls_wrappermode=yes -o smtpd_sasl_auth_enable=yes'\
' -o smtpd_relay_restrictions=permit_sasl_authenticated,reject'
printf 'pwcheck_method: auxprop\\nauxprop_plugin: sasldb\\nmech_list: PLAIN LOGIN\\n' >/etc/postfix/sasl/smtpd.conf
printf '{addresses.PASSWORD}' | saslpasswd2 -p -c -u {addresses.RELAY_NAME} {addresses.USER}
chown postfix /etc/sasldb2
"""
_RECEIVER = r"""
postconf -e myhostname=mx01.mail.icloud.com mydestination=icloud.com myorigin=icloud.com local_recipient_maps= \
    luser_relay=nosudo mynetworks=127.0.0.0/8 maps_rbl_reject_code=550 \
    'default_rbl_reply=$rbl_code 5.7.1 Mail from IP $client_address was rejected due to listing in Spamhaus PBL.'\
' For details please see $rbl_reason' \
    'smtpd_recipient_restrictions=reject_unauth_destination, reject_rbl_client zen.spamhaus.org,'\
' check_policy_service unix:private/policyd-spf'
postconf -Me 'policyd-spf/unix=policyd-spf unix - n n - 0 spawn user=policyd-spf argv=/usr/bin/policyd-spf'
"""
_POLICY = "/etc/postfix-policyd-spf-python/policyd-spf.conf", b"HELO_reject = False\nMail_From_reject = False\n"
"""The receiver notes what SPF says, and refuses nobody for it."""

_SCRIPTS = {"mail": _SENDER, "asahi": _PROVIDER, "icloud": _RECEIVER}
# What is chrooted gets its new resolv.conf by the first; Postfix waits for a file that is younger than two seconds.
_RELOAD = "/usr/lib/postfix/configure-instance.sh - && touch -d '1 minute ago' /etc/postfix/*.cf && postfix reload"


def _route(lab: Lab) -> None:
    """Customers send by way of the router, and their addresses are reached directly: one network is all there is."""
    router = lab.host("router")
    router.run(
        ["sh", "-c", "cd /proc/sys/net/ipv4; echo 1 >ip_forward; for f in conf/*/send_redirects; do echo 0 >$f; done"]
    )
    for host in addresses.PUBLIC:
        home = host in {"mail", "edge"}
        first, *others = addresses.PUBLIC[host]
        way = f"via {router.address} " if home else ""
        commands = [f"addr add {address}/32 dev eth0" for address in (first, *others)]
        commands += [f"route add default {way}dev eth0 src {first}"]
        commands += ["route add 10.87.0.0/16 dev eth0 metric 1"] if home else []
        lab.host(host).run(["ip", "-batch", "-"], stdin="\n".join(commands).encode())
    router.run(["ip", "route", "add", "default", "dev", "eth0"])
    router.run(["ip", "rule", "add", "pref", "10", *_FROM_HOME, "to", addresses.RELAY, "lookup", "main"])
    lab.run(["ip", "route", "add", addresses.HOME, "dev", "br0"])


def drop_port_25(lab: Lab) -> None:
    """Outbound 25, other than to the provider's own relay, is dropped without a word (OP25B)."""
    lab.host("router").run(["ip", "rule", "add", "pref", "20", *_FROM_HOME, "blackhole"])


def let_port_25_through(lab: Lab) -> None:
    """As on a line without that filter."""
    lab.host("router").run(["ip", "rule", "del", "pref", "20"])


def start(lab: Lab) -> None:
    """Bring everything up. Raises CommandError."""
    _route(lab)
    names.start(lab)
    lab.host("asahi").write("/etc/postfix/relay.pem", lab.path(f"{addresses.RELAY_NAME}.pem").read_bytes(), mode=0o600)
    lab.host("icloud").write(*_POLICY)
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: lab.host(name).run(["sh", "-ec", _SCRIPTS[name] + _RELOAD]), _SCRIPTS))
    edge = lab.host("edge")
    program = lab.directory / "double"
    program.mkdir()
    edge.write("/var/qmail/bin/qmail-remote", qmail_remote.install(program, resolves=True).read_bytes(), mode=0o755)
    edge.write("/var/qmail/control/me", b"edge.kamata-net.com\n")
    drop_port_25(lab)
