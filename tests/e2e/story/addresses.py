"""Names and addresses of the story. They exist in its network alone."""

from __future__ import annotations

from tests.lab import HostSpec, LabSpec, RelaySpec

MAIL, EDGE = "218.45.184.224", "218.45.184.225"
HOME = "218.45.184.0/24"
"""Where kamata-net.com is: a customer's addresses, all of them in the PBL."""

RELAY, RELAY_OUT = "202.224.39.55", "202.224.39.40"
"""The provider's relay; and the address that it sends from, which its SPF record names."""

ICLOUD, ICLOUD_2 = "17.57.154.33", "17.57.154.34"
LIST = "10.87.0.54"
"""The servers of the receiver and of the list."""

RELAY_NAME, USER, PASSWORD = "mail.asahi-net.or.jp", "ab4t-ash", "geheim-Rk4t"

SPEC = LabSpec(
    hosts=(
        HostSpec(name="mail", mta="postfix"),
        HostSpec(name="edge", mta="qmail"),
        HostSpec(name="asahi", mta="postfix"),
        HostSpec(name="icloud", mta="postfix"),
        HostSpec(name="names"),
        HostSpec(name="router"),
    ),
    # For its certificate alone, which the lab's authority signs: the relay itself is the Postfix of `asahi`.
    relays=(RelaySpec(name=RELAY_NAME, ports=(465,)),),
)
PUBLIC = {"mail": (MAIL,), "edge": (EDGE,), "asahi": (RELAY, RELAY_OUT), "icloud": (ICLOUD, ICLOUD_2), "names": (LIST,)}
KNOWN = {"mail": MAIL, "edge": EDGE}
