"""The steps from one state of a host to another, and what mail meets on the way."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from relayconf.model import At, Direct, Host, Internal, Local, Mx, Nexthop, Reject, Smarthost, Target
from relayconf.mta.postfix import maps
from relayconf.mta.postfix.generations import GUARD_TABLE
from relayconf.mta.postfix.main_cf import parse
from relayconf.mta.postfix.names import GUARD, MAIN_CF, MASTER_CF, RECORD
from relayconf.mta.postfix.nexthop import members
from relayconf.mta.postfix.routing import Way
from relayconf.mta.postfix.tls import policy
from tests.mta.postfix.hosts import MAIN, MASTER, State, facts, generation, host, relay, sender, settled
from tests.mta.postfix.serving import Speech, cannot_start, speech, way_from, ways

FRESH = State(facts=facts())
STORE = Internal(nexthop=Nexthop(host="store.test"))


def _relay(name: str, port: int, *, password: str) -> Smarthost:
    """A relay; TLS of the one with the name `c` is known by fingerprints."""
    if name != "c":
        return relay(name, port, password=password)
    known = relay(name, port, tls="fingerprint", password=password)
    return replace(known, relay=replace(known.relay, fingerprints=("AB:CD",), tls_minimum="TLSv1.2"))


_RELAYS = st.builds(
    _relay, st.sampled_from(["a", "b", "c"]), st.sampled_from([587, 465]), password=st.sampled_from(["one", "two"])
) | st.builds(relay, st.sampled_from(["a", "b"]), st.just(25), tls=st.just("none"), password=st.none())
_LISTS = (
    st.lists(_RELAYS, min_size=1, max_size=2)
    .filter(lambda hops: len({hop.endpoint.implicit_tls for hop in hops}) == 1)
    .map(tuple)
)
_OTHERS: st.SearchStrategy[Target] = st.sampled_from([Direct(), STORE, Reject(text="5.1.1 no")])
_DOMAINS: st.SearchStrategy[Target] = st.sampled_from([Local(), Mx(), STORE, At(host="mail1", nexthop=STORE.nexthop)])
_SENDERS = st.builds(sender, _RELAYS, st.none() | st.sampled_from(["s", "t"]), st.sampled_from(["one", "two"]))
_KEYS = ["@x.test", "u@x.test", "u+v@x.test", "@y.test"]
_HOSTS = st.builds(
    host,
    _LISTS | st.just(Direct()),
    senders=st.dictionaries(st.sampled_from(_KEYS), _SENDERS, max_size=3)
    | st.dictionaries(st.just("<>"), st.builds(sender, _RELAYS), max_size=1),
    domains=st.dictionaries(st.sampled_from(["x.test", ".x.test", "y.x.test"]), _DOMAINS, max_size=3),
    routes=st.dictionaries(st.sampled_from(["d.test", ".d.test", "u@d.test"]), _RELAYS | _OTHERS, max_size=3),
    rewrite=st.dictionaries(st.just("root@mail1.lab.test"), st.just("a@x.test"), max_size=1),
)


def _targets(wanted: Host) -> Sequence[Target]:
    return (*wanted.default, *wanted.routes.values(), *(route.target for route in wanted.senders.values()))


def _is_sound(wanted: Host) -> bool:
    """Whether no relay has two passwords at once, which is refused."""
    used = [target for target in _targets(wanted) if isinstance(target, Smarthost)]
    first = {target.nexthop: target for target in reversed(used)}
    return all(first[target.nexthop] == target for target in used)


def _relays_of(hosts: Sequence[Host]) -> dict[str, set[Speech]]:
    """How each relay wants to be spoken to, by any of the wishes."""
    wanted: dict[str, set[Speech]] = {}
    for one in hosts:
        for target in _targets(one):
            if isinstance(target, Smarthost):
                credentials = target.relay.credentials
                word = None if credentials is None else f"{target.relay.name}:{credentials.password.value.split()[1]}"
                endpoint = target.endpoint
                wanted.setdefault(f"[{target.relay.host}]:{endpoint.port}", set()).add(
                    Speech(usable=True, credentials=word, level=policy(target), wrapped=endpoint.implicit_tls)
                )
    return wanted


def _assert_mixable(before: State, after: State, wanted: dict[str, set[Speech]]) -> None:
    """A next hop chosen by one state is spoken to alike by both, and as one of the wishes says."""
    for way in ways(before) | ways(after):
        if way.nexthop in wanted:
            one, other = speech(before, way), speech(after, way)
            assert one == other, way
            assert one in wanted[way.nexthop], way


_PEOPLE = ("w@x.test", "u@x.test", "u+v@x.test", "u+w@x.test", "a@y.test", "<>", "a@z.test")


def _own_words(hosts: Sequence[Host], who: str, relays: dict[str, set[Speech]]) -> set[tuple[str, str | None]]:
    """Each next hop that mail from *who* may take, with the credentials for it there, by any of the wishes."""
    found = {(hop, said.credentials) for hop, speeches in relays.items() for said in speeches}
    keys = (who, who.partition("+")[0] + "@x.test", f"@{who.rpartition('@')[2]}")
    for one in hosts:
        route = next((one.senders[key] for key in keys if key in one.senders), None)
        if route and route.credentials and isinstance(route.target, Smarthost):
            hop = f"[{route.target.relay.host}]:{route.target.endpoint.port}"
            word = f"{route.credentials.username}:{route.credentials.password.value.split()[1]}"
            found |= {(hop, word)}
    return found


def _assert_senders_mixable(before: State, after: State, hosts: Sequence[Host]) -> None:
    """The same for what the sender decides: whoever of the two chose, both speak alike, and as a wish of it says."""
    for who in _PEOPLE:
        for way in {way_from(before, who), way_from(after, who)} - {None}:
            assert way is not None
            for hop in members(way.nexthop):
                there = replace(way, nexthop=hop)
                one, other = speech(before, there, who), speech(after, there, who)
                assert one == other, (who, there)
                assert one.usable, (who, there)
                assert (hop, one.credentials) in _own_words(hosts, who, _relays_of(hosts)), (who, there)


@settings(deadline=None, max_examples=150)
@example([host(relay("a")), host(senders={"@x.test": sender(relay("a"), "s")}), host(relay("b"))])
@example([host(senders={"@x.test": sender(relay("a"), "s", one)}) for one in ("one", "two", "one")])
@example(
    [
        host(relay("a"), senders={"@x.test": sender(relay("a"), "s"), "u@x.test": sender(relay("a"), "t")}),
        host(relay("a")),
        host(relay("a"), senders={"@x.test": sender(relay("a"), "s")}),
        host(senders={"@x.test": sender(relay("a"), "s"), "@y.test": sender(relay("a"), "s")}),
    ]
)
@given(st.lists(_HOSTS.filter(_is_sound), min_size=1, max_size=4))
def test_no_sender_meets_two_halves(wishes: list[Host]) -> None:
    """Each phase and the next agree on the password of every sender's mail, which goes the old way or the new one."""
    now = FRESH
    for number, wish in enumerate(wishes):
        states = [now, *now.applied(wish)]
        for before, after in itertools.pairwise(states):
            _assert_senders_mixable(before, after, wishes[max(number - 1, 0) : number + 1])
        for state, who in itertools.product(states, _PEOPLE):
            assert way_from(state, who) in {way_from(states[0], who), way_from(states[-1], who)}
        now = states[-1]


@settings(deadline=None)
@example([host(relay("a")), host(relay("a", password="new")), host(routes={"d.test": STORE}), host(relay("a"))])
@given(st.lists(_HOSTS.filter(_is_sound), min_size=1, max_size=4))
def test_no_message_meets_two_halves(wishes: list[Host]) -> None:
    """Through any wishes: each phase and the next agree on every relay that either of them routes to."""
    now = FRESH
    for number, wish in enumerate(wishes):
        wanted = _relays_of(wishes[max(number - 1, 0) : number + 1])
        states = [now, *now.applied(wish)]
        for before, after in itertools.pairwise(states):
            _assert_mixable(before, after, wanted)
        now = states[-1]


@settings(deadline=None)
@given(st.lists(_HOSTS.filter(_is_sound), min_size=1, max_size=4))
def test_it_comes_to_rest(wishes: list[Host]) -> None:
    """Whatever was before, a second apply changes at most what the first had to leave, and a third nothing."""
    now = FRESH
    for wish in wishes:
        now = now.applied(wish)[-1]
        now = now.applied(wish)[-1]
        assert now.changes(wish) == []


def _assert_every_name_is_used(state: State) -> None:
    """Postfix warns of a parameter that nothing refers to, and of a reference to none."""
    names = {name for name in parse(state.content(MAIN_CF)) if name.startswith("relayconf_")}
    text = (state.content(MAIN_CF) + state.content(MASTER_CF)).decode()

    assert set(re.findall(r"\$\{?(relayconf_\w+)", text)) == names


@settings(deadline=None)
@example([host(relay("a")), host(relay("a", password="new")), host(routes={"d.test": STORE})])
@example(
    [
        host(relay("c")),
        host(relay("a"), routes={"d.test": relay("c", password="new")}),
        host(routes={"d.test": relay("c")}),
        host(),
    ]
)
@given(st.lists(_HOSTS.filter(_is_sound), min_size=1, max_size=4))
def test_parameters_of_ours_are_all_used(wishes: list[Host]) -> None:
    """No state has a parameter of relayconf's without use, or uses one that is not there."""
    now = FRESH
    for wish in wishes:
        for state in now.applied(wish):
            _assert_every_name_is_used(state)
            now = state


@settings(deadline=None)
@example(
    [
        host(relay(name)) if port == 587 else host(relay(name, port, tls="none", password=None))
        for name, port in (("a", 587), ("b", 25), ("a", 25))
    ]
)
@given(st.lists(_HOSTS.filter(_is_sound), min_size=1, max_size=4))
def test_every_service_can_start(wishes: list[Host]) -> None:
    """smtp(8) never finds AUTH switched on without a table of passwords."""
    now = FRESH
    for wish in wishes:
        for state in now.applied(wish):
            assert cannot_start(state) == []
            now = state


@settings(deadline=None)
@given(st.lists(_HOSTS.filter(_is_sound), min_size=1, max_size=3))
def test_the_way_back(wishes: list[Host]) -> None:
    """Without any wish both files are byte for byte what they were, and the record is gone."""
    now = FRESH
    for wish in wishes:
        now = now.applied(wish)[-1]
    now = settled(host(), now)

    assert now.content(MAIN_CF) == MAIN
    assert now.content(MASTER_CF) == MASTER
    assert now.facts.files[RECORD].content is None


@settings(deadline=None)
@given(st.lists(_HOSTS.filter(_is_sound), min_size=1, max_size=3))
def test_passwords_stay_in_their_table(wishes: list[Host]) -> None:
    """No password is in any file but sasl_passwd, and that one is 0600 and secret."""
    now = FRESH
    for wish in wishes:
        for file in now.desired(wish):
            is_table = file.path.endswith("/sasl_passwd")
            assert file.secret is is_table
            assert (file.mode == 0o600) is (is_table or file.path == RECORD)
            assert is_table or not {b":one", b":two"} & set((file.content or b"").split())
            assert is_table or b":one" not in (file.content or b"")
        now = now.applied(wish)[-1]


def _main(state: State) -> dict[str, str]:
    """The parameters that relayconf can set, with the generation's number alone."""
    found = {name: one.value for name, one in parse(state.content(MAIN_CF)).items()}
    theirs = parse(MAIN).keys() - {"relayhost"}
    return {name: value.replace("/etc/postfix/relayconf/", "") for name, value in found.items() if name not in theirs}


def _passwords(state: State) -> list[str]:
    return list(maps.parse(state.content("postfix:live/sasl_passwd")).table)


def test_from_one_relay_to_another() -> None:
    """Expand with both, switch with both and the guard; a later apply takes the old one and the guard out."""
    first, second = settled(host(relay("a"))).applied(host(relay("b")))
    (third,) = second.applied(host(relay("b")))

    assert [generation(state.content(MAIN_CF)).split("/")[-1] for state in (first, second, third)] == ["3", "4", "5"]
    assert [_main(state)["relayhost"] for state in (first, second, third)] == ["[a.test]:587", *["[b.test]:587"] * 2]
    assert [GUARD in _main(state) for state in (first, second, third)] == [True, True, False]
    assert _main(first)[GUARD] == "regexp:${relayconf_maps}/status_filter"
    assert first.content("postfix:live/status_filter") == GUARD_TABLE
    assert [_passwords(state) for state in (first, second, third)] == [
        ["[b.test]:587", "[a.test]:587"],
        ["[b.test]:587", "[a.test]:587"],
        ["[b.test]:587"],
    ]
    assert third.changes(host(relay("b"))) == []


def test_back_again_before_it_has_contracted() -> None:
    """The tables know the old relay still: one step, the guard stays, and the other one's password does."""
    both = settled(host(relay("a"))).applied(host(relay("b")))[-1]
    (back,) = both.applied(host(relay("a")))

    assert _main(back)["relayhost"] == "[a.test]:587"
    assert GUARD in _main(back)
    assert sorted(_passwords(back)) == ["[a.test]:587", "[b.test]:587"]


def test_a_route_to_a_relay_that_is_known() -> None:
    """Only the routing changes: one step, nothing to contract."""
    before = settled(host(relay("a"), routes={"x.test": relay("b")}))
    (after,) = before.applied(host(relay("a"), routes={"x.test": relay("b"), "y.test": relay("b")}))

    assert after.changes(host(relay("a"), routes={"x.test": relay("b"), "y.test": relay("b")})) == []


def test_a_level_alone() -> None:
    """Another policy for the same relay is one step: a process reads passwords and policies from one generation."""
    (after,) = settled(host(relay("a"))).applied(host(relay("a", tls="encrypt")))

    assert after.content("postfix:live/tls_policy").endswith(b"[a.test]:587  encrypt\n")


def test_rewriting_alone() -> None:
    """Where mail goes is not touched: one step."""
    (after,) = settled(host(relay("a"))).applied(host(relay("a"), rewrite={"a@x.test": "b@y.test"}))

    assert _main(after)["smtp_generic_maps"] == "hash:${relayconf_maps}/generic"


def test_another_password() -> None:
    """The mail moves to a slot: filled first, then turned to, while the old service keeps the old password."""
    before = settled(host(relay("a")))
    fill, turn = before.applied(host(relay("a", password="new")))

    slot = {
        "relayconf_a_maps": "3",
        "relayconf_a_sasl_password_maps": "hash:${relayconf_a_maps}/sasl_passwd",
        "relayconf_a_tls_policy_maps": "hash:${relayconf_a_maps}/tls_policy",
    }
    assert _main(fill) == {**_main(before), **slot}
    assert _main(turn) == {
        **_main(before),
        **slot,
        "relayconf_maps": "3",
        "relayconf_a_maps": "$relayconf_maps",
        "relayconf_smtp_maps": "2",
        "smtp_sasl_password_maps": "hash:${relayconf_smtp_maps}/sasl_passwd",
        "smtp_tls_policy_maps": "hash:${relayconf_smtp_maps}/tls_policy",
        "default_transport": "relayconf-a",
        "relay_transport": "relayconf-a",
    }
    new = Way(service="relayconf-a", nexthop="[a.test]:587")
    assert [speech(state, new).credentials for state in (fill, turn)] == ["a:new", "a:new"]
    old = Way(service="smtp", nexthop="[a.test]:587")
    assert [speech(state, old).credentials for state in (before, fill, turn)] == ["a:pw"] * 3


def test_after_a_slot() -> None:
    """The next apply takes out what the old service kept; mail stays in slots, the next password takes the other."""
    wish = host(relay("a", password="new"))
    state = settled(host(relay("a"))).applied(wish)[-1]
    (rest,) = state.applied(wish)

    assert "relayconf_smtp_maps" not in _main(rest)
    assert _main(rest)["smtp_sasl_password_maps"] == "hash:${relayconf_maps}/sasl_passwd"
    assert "smtp_tls_policy_maps" not in _main(rest)
    assert rest.changes(wish) == []
    assert ways(rest.applied(host(relay("b")))[-1]) == {Way(service="relayconf-a", nexthop="[b.test]:587")}
    newer = settled(host(relay("a", password="newer")), rest)
    assert ways(newer) == {Way(service="relayconf-b", nexthop="[a.test]:587")}
    assert b"relayconf-a" not in newer.content(MASTER_CF)


def test_implicit_tls() -> None:
    """The service comes with expand, goes with contract, and mail of all classes but direct takes it."""
    wish = host(relay("a", 465), routes={"d.test": Direct()})
    first, second = FRESH.applied(wish)

    assert b"\nrelayconf-tls unix" in first.content(MASTER_CF)
    assert "default_transport" not in _main(first)
    assert _main(second)["default_transport"] == _main(second)["relay_transport"] == "relayconf-tls"
    assert b"d.test  smtp:\n" in second.content("postfix:live/transport")
    plain = settled(host(relay("a")), second)
    assert "default_transport" not in _main(plain)
    assert plain.content(MASTER_CF) == MASTER


def test_a_service_that_somebody_took_out() -> None:
    """Although the tables know the relay, the service comes back before mail is turned to it."""
    one = settled(host(relay("a"), routes={"x.test": relay("b", 465)}))
    files = {path: file.content for path, file in one.facts.files.items()}
    broken = State(facts=facts({**files, MASTER_CF: MASTER}, one.facts.values), tables=one.tables)
    expand, switch = broken.applied(host(relay("a"), routes={"y.test": relay("b", 465)}))

    assert b"relayconf-tls" in expand.content(MASTER_CF)
    assert expand.content("postfix:live/transport") == one.content("postfix:live/transport")
    assert b"y.test" in switch.content("postfix:live/transport")


def test_authentication_that_somebody_turned_off() -> None:
    """The same for a parameter without which no password is sent."""
    one = settled(host(relay("a"), routes={"x.test": relay("b")}))
    files = {path: file.content for path, file in one.facts.files.items()}
    off = one.content(MAIN_CF).replace(b"smtp_sasl_auth_enable = yes", b"smtp_sasl_auth_enable = no")
    broken = State(facts=facts({**files, MAIN_CF: off}, one.facts.values), tables=one.tables)

    expand, _ = broken.applied(host(relay("a"), routes={"y.test": relay("b")}))
    assert _main(expand)["smtp_sasl_auth_enable"] == "yes"


def test_an_own_guard() -> None:
    """A status filter of the admin's stays in its place."""
    own = State(facts=facts({MAIN_CF: MAIN + b"smtp_delivery_status_filter = regexp:/own\n"}))
    first, second = settled(host(relay("a")), own).applied(host(relay("b")))

    assert [_main(state)[GUARD] for state in (first, second)] == ["regexp:/own"] * 2
    assert second.content("postfix:live/status_filter") == b""


def test_the_last_relay_goes() -> None:
    """Without any relay left there is nobody to wait for: switch and contract in one deploy."""
    switch, contract = settled(host(relay("a"))).applied(host())

    assert _main(switch)["relayhost"] == ""
    assert _passwords(switch) == ["[a.test]:587"]
    assert _main(switch)["smtp_sasl_auth_enable"] == "yes"
    assert contract.content(MAIN_CF) == MAIN


def test_own_tables_stay_behind_ours() -> None:
    """Through a slot and back, the admin's tables are in every list, and alone in the end, as they stood there."""
    text = MAIN + b"transport_maps =\n  hash:/t\nsmtp_sasl_password_maps=hash:/p\n"
    own = State(facts=facts({MAIN_CF: text}))
    one = settled(host(relay("a"), routes={"x.test": Direct()}), own)
    slot = settled(host(relay("a", password="new"), routes={"x.test": Direct()}), one)

    assert _main(one)["transport_maps"] == "hash:${relayconf_maps}/transport, hash:/t"
    assert _main(slot)["relayconf_a_sasl_password_maps"] == "hash:${relayconf_a_maps}/sasl_passwd, hash:/p"
    assert _main(slot)["smtp_sasl_password_maps"] == "hash:${relayconf_maps}/sasl_passwd, hash:/p"
    assert settled(host(), slot).content(MAIN_CF) == text


_OWN = host(relay("a"), senders={"@x.test": sender(relay("a"), "shop")})


def test_a_sender_of_its_own() -> None:
    """Expand brings the password and the service, switch the row; what was before needs nothing more of it."""
    expand, switch = settled(host(relay("a"))).applied(_OWN)

    assert "sender_dependent_default_transport_maps" not in _main(expand)
    assert b"relayconf-senders unix" in expand.content(MASTER_CF)
    assert _passwords(expand) == ["[a.test]:587", "@x.test"]
    assert _main(switch)["sender_dependent_default_transport_maps"] == "hash:${relayconf_maps}/senders"
    assert switch.changes(_OWN) == []


def test_another_password_of_a_sender() -> None:
    """No table can hold both: a slot; the services of before keep the old one until the next apply."""
    new = host(relay("a"), senders={"@x.test": sender(relay("a"), "shop", "new")})
    fill, turn = settled(_OWN).applied(new)
    (rest,) = turn.applied(new)
    old, slot = (
        Way(service="relayconf-senders", nexthop="[a.test]:587"),
        Way(service="relayconf-a-senders", nexthop="[a.test]:587"),
    )

    assert [way_from(state, "u@x.test") for state in (fill, turn, rest)] == [old, slot, slot]
    assert [speech(state, old, "u@x.test").credentials for state in (fill, turn)] == ["shop:pw", "shop:pw"]
    assert [speech(state, slot, "u@x.test").credentials for state in (fill, turn)] == ["shop:new", "shop:new"]
    assert b"relayconf-senders unix" not in rest.content(MASTER_CF)
    assert rest.changes(new) == []


def test_a_sender_leaves() -> None:
    """Its password stays for what is on its way, and goes with the service at the next apply."""
    (switch,) = settled(_OWN).applied(host(relay("a")))
    (contract,) = switch.applied(host(relay("a")))

    assert "sender_dependent_default_transport_maps" not in _main(switch)
    assert _passwords(switch) == ["[a.test]:587", "@x.test"]
    assert _passwords(contract) == ["[a.test]:587"]
    assert b"relayconf-senders" not in contract.content(MASTER_CF)


def test_a_sender_takes_the_relay_s_only_place() -> None:
    """The relay's own password is needed until nothing goes there by default any more."""
    wish = host(relay("b"), senders={"@x.test": sender(relay("a"), "shop")})
    expand, switch = settled(host(relay("a"))).applied(wish)
    (contract,) = switch.applied(wish)

    assert [sorted(_passwords(state)) for state in (expand, switch)] == [
        ["@x.test", "[a.test]:587", "[b.test]:587"]
    ] * 2
    assert _passwords(contract) == ["[b.test]:587", "@x.test"]


def test_a_password_that_was_left_over() -> None:
    """What an earlier wish left in the tables, and would hide a new row, goes before the new row is used."""
    both = {"@x.test": sender(relay("a"), "shop"), "u@x.test": sender(relay("a"), "u")}
    left = settled(host(relay("a"), senders=both)).applied(host(relay("a")))[-1]
    expand, switch = left.applied(_OWN)

    assert _passwords(left) == ["[a.test]:587", "@x.test", "u@x.test"]
    assert _passwords(expand) == _passwords(switch) == ["[a.test]:587", "@x.test"]


def test_own_tables_of_senders_stay_behind_ours() -> None:
    """Composed as the other tables are; the admin's key of the null sender comes back too."""
    text = MAIN + (
        b"sender_dependent_default_transport_maps = hash:/s\nempty_address_default_transport_maps_lookup_key = null\n"
    )
    own = State(facts=facts({MAIN_CF: text}))
    wish = host(relay("a"), senders={"<>": sender(relay("b"))})
    expand, _ = settled(host(relay("a")), own).applied(wish)
    one = settled(wish, own)

    assert parse(expand.content(MAIN_CF))["empty_address_default_transport_maps_lookup_key"].value == "null"
    assert parse(one.content(MAIN_CF))["sender_dependent_default_transport_maps"].value == (
        "hash:${relayconf_maps}/senders, hash:/s"
    )
    assert parse(one.content(MAIN_CF))["empty_address_default_transport_maps_lookup_key"].value == "<>"
    assert settled(host(), one).content(MAIN_CF) == text
