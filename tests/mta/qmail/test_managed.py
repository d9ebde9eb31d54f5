"""What stands in the files of `manage`, and what of it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.errors import RenderMismatch
from relayconf.manage import Manage
from relayconf.model import At, Host, Local, Mx, Nexthop, Target
from relayconf.mta.qmail.managed import managed, refused
from relayconf.mta.qmail.rendering import render
from relayconf.templating import Templates, default_directories
from tests.support.hosts import STORE, qmail_host

BUILT_IN = Templates(default_directories(None))
MARK = "# Managed by relayconf. Change the inventory, not this file.\n"
EDGE = At(host="edge", nexthop=Nexthop(host="edge"))
DOMAINS: Mapping[str, Target] = {
    "edge.kamata-net.com": Local(),
    "kamata-net.com": STORE,
    "a.example": EDGE,
    ".a.example": Local(),
    "shop.example": Local(),
    "b.example": Mx(),
}
ALL = Manage(
    locals=True,
    rcpthosts=True,
    virtualdomains={"shop.example": "alice-shop", ".a.example": "all", "b.example": "", "x@b.example": "x"},
    me="mail.kamata-net.com",
    helohost="out.kamata-net.com",
)


def host(manage: Manage, domains: Mapping[str, Target] = DOMAINS) -> Host:
    """The story's host with its own domains."""
    return replace(qmail_host(domains=domains), manage=manage)


def test_every_file() -> None:
    """Locals without virtual domains and wildcards; rcpthosts with every key; one line each for the names."""
    assert {file.path: (file.content or b"").decode() for file in managed(host(ALL), BUILT_IN)} == {
        "qmail:virtualdomains": f"{MARK}shop.example:alice-shop\n.a.example:all\nb.example:\nx@b.example:x\n",
        "qmail:locals": f"{MARK}edge.kamata-net.com\na.example\n",
        "qmail:rcpthosts": "\n".join((MARK.strip(), *DOMAINS, "")),
        "qmail:helohost": "out.kamata-net.com\n",
        "qmail:me": "mail.kamata-net.com\n",
    }


def test_nothing_by_itself() -> None:
    """What is not named is not written; the routes are what they were, with a flavour or for several."""
    plain = render(host(Manage()), BUILT_IN, str)
    told = render(host(ALL), BUILT_IN, str)

    assert list(managed(host(Manage()), BUILT_IN)) == []
    assert [file.path for file in plain] == ["qmail:smtproutes"]
    assert told == (*plain, *managed(host(ALL), BUILT_IN))


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("locals", "{% for domain in domains %}{{ domain }}.\n{% endfor %}"),
        ("locals", "{{ domains[0] }}\n"),
        ("rcpthosts", "{{ domains | join('\n') }}\n.com\n"),
        ("rcpthosts", ""),
        ("virtualdomains", "{% for key, prefix in pairs %}{{ key }}:{{ prefix }}\n{% endfor %}:all\n"),
    ],
)
def test_a_template_that_says_something_else(name: str, template: str, tmp_path: Path) -> None:
    """What qmail would read from the text has to be what the inventory says."""
    (tmp_path / "qmail").mkdir()
    (tmp_path / "qmail" / f"{name}.j2").write_text(template)

    with pytest.raises(RenderMismatch) as caught:
        list(managed(host(ALL), Templates(default_directories(tmp_path))))

    assert caught.value.message == f"edge: the rendered {name} has not what the inventory says"
    assert caught.value.hint == f"the template `qmail/{name}.j2` must write every name and nothing else"


@pytest.mark.parametrize(
    ("manage", "domains", "code", "text"),
    [
        (
            Manage(rcpthosts=True),
            {},
            "qmail-manage-empty",
            "`manage.rcpthosts`: `domains` is empty, and qmail-smtpd takes mail for nobody by an empty rcpthosts",
        ),
        (
            Manage(locals=True),
            {"kamata-net.com": STORE, ".a.example": Local()},
            "qmail-manage-empty",
            "`manage.locals`: no domain is left for locals, and an empty one makes mail for the host itself leave too",
        ),
        (
            Manage(virtualdomains={"kamata-net.com": "info", "c.example": "c", ".a.example": "all"}),
            DOMAINS,
            "qmail-manage-virtual",
            "`manage.virtualdomains` delivers here what is not local in `domains`: kamata-net.com, c.example",
        ),
        (
            Manage(virtualdomains={"shop.example": "", "x.a.example": "", "b.example": ""}),
            DOMAINS,
            "qmail-manage-virtual",
            "`manage.virtualdomains` takes out what is local in `domains`: shop.example, x.a.example",
        ),
    ],
)
def test_refused(manage: Manage, domains: Mapping[str, Target], code: str, text: str) -> None:
    """Files without a name, and virtual domains that `domains` knows otherwise."""
    (found,) = refused(host(manage, domains))

    assert (found.code, found.text) == (code, text)
    assert len(found.ways_out) == 2


def test_fine() -> None:
    """What holds together is not refused."""
    assert list(refused(host(ALL))) == []
