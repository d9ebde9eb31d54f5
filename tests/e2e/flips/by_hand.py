"""Relays changed by a careful script: in one step, and by expand and switch. Both age main.cf and HUP master itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from relayconf.mta.postfix.main_cf import edit
from tests.e2e.flips.scene import MAIN_CF, RELAYS, STORE, Wish
from tests.lab import Machine

_TABLES = "/etc/postfix/by-hand"
_HUP = r"""
set -eu
master=$(head -n 1 /var/spool/postfix/pid/master.pid)
touch -d '3 seconds ago' /etc/postfix/new
mv /etc/postfix/new /etc/postfix/main.cf
sleep "$1"
older=$(ps -o pid=,comm= --ppid "$master" | awk '$2 == "smtp" || $2 == "qmgr" || $2 == "trivial-rewrite" {print $1}')
kill -HUP $master
for pid in $older; do
    while [ "$2" = wait ] && [ -e "/proc/$pid" ]; do sleep 0.05; done
done
"""


def _nexthops(wish: Wish) -> Mapping[str, str]:
    """By relay, the default one first."""
    return {relay: f"[{RELAYS[relay]}]:{port}" for relay, port in wish.relays.items()}


class ByHand:
    """One host and relays at port 587; `gap` is the time in seconds between the rename of main.cf and the signal."""

    def __init__(self, host: Machine, *, gap: float) -> None:
        self._host = host
        self._gap = gap
        self._original = host.read(MAIN_CF)
        self._generation = 0
        self._live: Wish | None = None

    def _write_tables(self, routing: Wish, known: Sequence[Wish]) -> str:
        self._generation += 1
        folder = f"{_TABLES}/{self._generation}"
        _, routed = _nexthops(routing).values()
        logins = {nexthop: wish.login(relay) for wish in known for relay, nexthop in _nexthops(wish).items()}
        tables = {
            "transport": f"routed.world.test smtp:{routed}\nours.test smtp:[{STORE}]:25\ndirect.world.test smtp:\n",
            "sasl_passwd": "".join(f"{nexthop} {':'.join(login)}\n" for nexthop, login in logins.items()),
            "tls_policy": "".join(f"{nexthop} secure\n" for nexthop in logins),
        }
        for name, text in tables.items():
            self._host.write(f"{folder}/{name}", text.encode(), mode=0o600)
            self._host.run(["postmap", f"hash:{folder}/{name}"])
        return folder

    def _go_live(self, routing: Wish, known: Sequence[Wish], *, wait: bool) -> None:
        folder = self._write_tables(routing, known)
        settings = {
            "by_hand": folder,
            "relayhost": _nexthops(routing)[routing.default],
            "transport_maps": "hash:${by_hand}/transport",
            "smtp_sasl_auth_enable": "yes",
            "smtp_sasl_password_maps": "hash:${by_hand}/sasl_passwd",
            "smtp_sasl_tls_security_options": "noanonymous",
            "smtp_tls_policy_maps": "hash:${by_hand}/tls_policy",
        }
        self._host.write("/etc/postfix/new", edit(self._original, settings))
        self._host.run(["sh", "-c", _HUP, "sh", str(self._gap), "wait" if wait else "go"])

    def one_step(self, wish: Wish) -> None:
        """Routing and credentials in one rename; only the wish's own relays are known from then on."""
        self._go_live(wish, (wish,), wait=False)
        self._live = wish

    def expand_and_switch(self, wish: Wish) -> None:
        """Both neighbours' credentials with the old routing, then the new routing; each time the old processes end."""
        old = self._live or wish
        self._go_live(old, (old, wish), wait=True)
        self._go_live(wish, (old, wish), wait=True)
        self._live = wish
