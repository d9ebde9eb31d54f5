"""From a host's files to an inventory and back: the inventory is sound, and says what the files say."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from hypothesis import assume, given, settings

from relayconf.facts import Facts
from relayconf.files import ActualFile
from relayconf.importing.building import Draft, build
from relayconf.importing.directories import control_facts
from relayconf.inventory import load
from relayconf.inventory.writing import write
from relayconf.masking import Masker
from relayconf.model import FlavourName, Host, Local, MtaName, SecretRef, Smarthost
from relayconf.mta import postfix, qmail
from relayconf.mta.base import Resolve
from relayconf.mta.postfix import importing as import_postfix
from relayconf.mta.postfix import main_cf, maps
from relayconf.mta.postfix.routing import CLASS, Routing, Way, lookup, route
from relayconf.mta.postfix.routing import way_of as routing_way
from relayconf.mta.qmail import importing
from relayconf.mta.qmail.decision import Decision, decide, read_directory
from relayconf.mta.qmail.flavours import FLAVOURS
from relayconf.mta.qmail.smtproutes import PATH
from relayconf.plan import HostPlan, plan_host
from relayconf.templating import Templates, default_directories
from tests.support.control_dirs import FLAVOUR_NAMES, SOUND, control_directories
from tests.support.hosts import qmail_host
from tests.support.inventories import postfix_hosts

TEMPLATES = Templates(default_directories(None))
MANY = settings(max_examples=int(os.environ.get("IMPORT_EXAMPLES", "60")), deadline=None)


def reference(relay: str) -> SecretRef:
    """The password of a relay in the environment."""
    return SecretRef(kind="env", value=f"X_{relay.upper().replace('-', '_')}")


def facts_of(files: Mapping[str, bytes | None]) -> Facts:
    """What a host with these control files would say; its smtproutes is as private as a secret has to be."""
    facts = control_facts(files, Path("/var/qmail/control"))
    found = {path: replace(file, mode=0o644, owner="root", group="qmail") for path, file in facts.files.items()}
    found[PATH] = replace(found[PATH], mode=0o640)
    return replace(facts, files=found)


def imported(flavour: str, files: Mapping[str, bytes | None]) -> Draft:
    """The inventory of a host with these control files."""
    host = replace(qmail_host("edge", domains={}), flavour=cast("FlavourName", flavour))
    return build(importing.found(host, facts_of(files), {}), host, reference)


def loaded(draft: Draft, mta: MtaName = MtaName.QMAIL) -> Host:
    """The draft, written down and read again."""
    host = replace(draft.host, mta=mta, flavour=draft.host.flavour if mta is MtaName.QMAIL else None)
    text = write(draft.relays, [host], notes={"Not said:": draft.unsaid, "Dead:": draft.remarks})
    assert text.isprintable() or text.replace("\n", "").isprintable()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "inventory.yaml"
        path.write_text(text, encoding="utf-8")
        inventory = load(path)
    assert inventory.relays == draft.relays
    again = inventory.hosts["edge"]
    assert replace(again, origin=host.origin) == host
    return again


def planned(host: Host, draft: Draft, files: Mapping[str, bytes | None]) -> HostPlan:
    """The plan of the loaded inventory on the host that it came from."""
    rendered = qmail.render(host, TEMPLATES, lambda ref: draft.passwords[ref])
    facts, key = facts_of(files), b"k" * 32
    return plan_host(host=host, mta=qmail, facts=facts, rendered=rendered, masker=Masker(key), key=key)


@given(flavour=FLAVOUR_NAMES, files=control_directories())
@MANY
def test_a_control_directory_and_back(flavour: str, files: Mapping[str, bytes | None]) -> None:
    """What could be said is said: the plan has no changes. What could not is told."""
    draft = imported(flavour, files)
    host = loaded(draft)

    plan = planned(host, draft, files)

    assert draft.unsaid or not plan.changes, plan.changes


def addresses(files: Mapping[str, bytes | None]) -> list[str]:
    """A recipient for every name in the files, one below it, and one that no file knows."""
    words = b" ".join(content or b"" for content in files.values()).decode().replace(":", " ").split()
    names = {word.strip(".") for word in words if word.endswith(".test")}
    return ["u@elsewhere.example", *(f"u@{part}{name}" for name in sorted(names) for part in ("", "zz."))]


@given(SOUND)
@MANY
def test_a_sound_directory_is_said_whole(sound: tuple[str, Mapping[str, bytes | None]]) -> None:
    """Nothing is left unsaid, and straight afterwards there is nothing to change."""
    flavour, files = sound
    draft = imported(flavour, files)

    assert draft.unsaid == ()
    assert planned(loaded(draft), draft, files).changes == ()


def way_of(decision: Decision) -> Way | None:
    """What qmail decided, as Postfix would say it; None: here."""
    if decision.via in {"local", "virtual"}:
        return None
    host = decision.nexthop.decode().strip("[]").lower()
    domain = decision.address.decode().rpartition("@")[2]
    return Way(service="smtp", nexthop=domain if decision.via == "mx" else f"[{host}]:{decision.port}")


@given(SOUND)
@MANY
def test_the_same_inventory_routes_alike_on_postfix(sound: tuple[str, Mapping[str, bytes | None]]) -> None:
    """Every domain takes the way that it took on qmail, with the same user; what is local is left alone."""
    flavour, files = sound
    draft = imported(flavour, files)
    host = loaded(draft, MtaName.POSTFIX)
    assume(not any(item.code == "postfix-same-server" for item in postfix.refusals(host)))
    directory = read_directory(FLAVOURS[flavour], files)

    rendered = {file.path: file.content for file in postfix.render(host, TEMPLATES, lambda ref: draft.passwords[ref])}
    parameters = main_cf.parse(rendered["postfix:main.cf"] or b"")
    table, users = (maps.table(rendered[f"postfix:{name}"] or b"") for name in ("transport", "sasl_passwd"))
    routing = Routing(table=table, relayhost=parameters["relayhost"].value)

    for address in addresses(files):
        decision = decide(directory, b"s@a.example", address.encode())
        wanted, got = way_of(decision), route(routing, address)
        if wanted is None:
            assert lookup(table, address) in {None, CLASS}, address
            continue
        assert got == wanted, address
        assert users.get(got.nexthop, "").partition(":")[0] == decision.user.decode()


CONFIG = "/etc/postfix"


def rendered_facts(host: Host) -> tuple[Facts, Mapping[str, bytes | None]]:
    """A Postfix that has just these files, and names the host's own domains itself; and its tables by path."""
    files = {
        file.path.partition(":")[2]: file.content for file in postfix.render(host, TEMPLATES, lambda ref: ref.value)
    }
    local = [key for key, target in host.domains.items() if isinstance(target, Local)]
    passed = [key.removeprefix(".") for key, target in host.domains.items() if not isinstance(target, Local)]
    main = "".join(
        (
            f"myhostname = edge.test\nmydestination = {' '.join(local)}\nrelay_domains = {' '.join(passed)}\n",
            f"relayconf_maps = {CONFIG}/relayconf/1\n",
            (files["main.cf"] or b"").decode(),
        )
    )
    contents = {"postfix:main.cf": main.encode(), "postfix:master.cf": b"smtp unix - - y - - smtp\n"}
    there = {
        path: ActualFile(path=path, target=path, present=True, content=content) for path, content in contents.items()
    }
    tables = {f"{CONFIG}/relayconf/1/{name}": content for name, content in files.items()}
    return Facts(values={}, files=there), tables


def meaning(host: Host, recipient: str, secret: Resolve) -> tuple[object, ...]:
    """What becomes of mail to *recipient*: way, login, TLS."""
    domain = recipient.rpartition("@")[2]
    target = host.routes[recipient] if recipient in host.routes else host.intended(domain)[1]
    if not isinstance(target, Smarthost):
        return (routing_way(target, domain), target if isinstance(target, Local) else None)
    credentials = target.relay.credentials
    login = (credentials.username, secret(credentials.password)) if credentials else None
    return routing_way(target, domain), login, target.endpoint.tls


@given(postfix_hosts())
@MANY
def test_what_is_rendered_for_postfix_is_read_back(host: Host) -> None:
    """Every recipient keeps its way, with the same login and TLS; nothing is left unsaid."""
    facts, tables = rendered_facts(host)
    draft = build(import_postfix.found(host, facts, tables), replace(host, domains={}, routes={}), reference)
    again = loaded(draft, MtaName.POSTFIX)

    assert draft.unsaid == ()
    keys = [key for key in (*host.domains, *host.routes) if not key.startswith(".")]
    below = [f"zz.{key.removeprefix('.')}" for key in (*host.domains, *host.routes) if "@" not in key]
    for name in (*keys, *below, "elsewhere.example"):
        recipient = name if "@" in name else f"v@{name}"
        before, after = (
            meaning(one, recipient, secret)
            for one, secret in ((host, lambda ref: ref.value), (again, lambda ref: draft.passwords[ref]))
        )
        assert before == after, recipient
    assert again.rewrite == host.rewrite
