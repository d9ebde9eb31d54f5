"""Random hosts of an inventory, made without a file."""

from __future__ import annotations

from hypothesis import strategies as st

from relayconf.model import (
    Credentials,
    Direct,
    Endpoint,
    Host,
    Internal,
    Local,
    MtaName,
    Mx,
    Nexthop,
    Origin,
    Reject,
    Relay,
    Retry,
    SecretRef,
    Smarthost,
    Target,
    TlsLevel,
)

_DOMAINS = st.builds("{}.test".format, st.sampled_from(["a", "b", "x.a", "y.x.a", "c", "x.c"]))
_KEYS = st.one_of(_DOMAINS, _DOMAINS.map(".{}".format))
_LEVELS = {25: TlsLevel.MAY, 587: TlsLevel.ENCRYPT, 2525: TlsLevel.SECURE, 465: TlsLevel.SECURE}


def _smarthost(name: str, port: int, *, auth: bool) -> Smarthost:
    """One server and port is spoken to in one way: Postfix knows no other."""
    credentials = Credentials(username=f"u-{name}", password=SecretRef(kind="env", value=name)) if auth else None
    endpoint = Endpoint(port=port, tls=_LEVELS[port], auth=auth)
    relay = Relay(name=name, host=f"{name}.example", endpoints=(endpoint,), credentials=credentials)
    return Smarthost(relay=relay, endpoint=endpoint)


SMARTHOSTS = st.sampled_from(
    [_smarthost("isp", 587, auth=True), _smarthost("ses", 465, auth=True), _smarthost("lan", 25, auth=False)]
)
_INNER = st.builds(Internal, nexthop=st.builds(Nexthop, host=st.just("192.0.2.10"), port=st.sampled_from([25, 2525])))
_OTHERS: st.SearchStrategy[Target] = st.one_of(
    st.just(Direct()), SMARTHOSTS, st.just(Reject(text="5.1.1 no such")), st.just(Retry(text="4.3.0 later"))
)


@st.composite
def postfix_hosts(draw: st.DrawFn) -> Host:
    """A Postfix host with everything that one can do; local domains have no wildcards there."""
    local = draw(st.dictionaries(_DOMAINS, st.just(Local()), max_size=2))
    others: st.SearchStrategy[Target] = st.one_of(st.just(Mx()), _INNER)
    domains = {**draw(st.dictionaries(_KEYS, others, max_size=3)), **local}
    keys = st.one_of(_KEYS, _DOMAINS.map("u@{}".format))
    routes = draw(st.dictionaries(keys.filter(lambda key: key not in domains), _OTHERS, max_size=4))
    return Host(
        name="edge",
        address="edge",
        mta=MtaName.POSTFIX,
        origin=Origin(file="x", line=1, column=1),
        default=(draw(st.one_of(st.just(Direct()), SMARTHOSTS)),),
        domains=domains,
        routes=routes,
        rewrite=draw(st.dictionaries(st.just("root@edge.test"), st.just("admin@a.test"), max_size=1)),
    )
