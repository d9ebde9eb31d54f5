"""Checks of the host's own control files against the inventory."""

from __future__ import annotations

import dataclasses

import pytest

from relayconf.facts import Facts, Finding, Severity
from relayconf.files import ActualFile, DesiredFile
from relayconf.model import Direct, Host, Local, Target
from relayconf.mta.qmail.checks import findings
from tests.support.facts import actual
from tests.support.hosts import STORE, STORY_SMTPROUTES, qmail_host

STORY = (DesiredFile(path="qmail:smtproutes", content=STORY_SMTPROUTES),)
HUP = "then send HUP to qmail-send"
ELSEWHERE = "say in the inventory where it is delivered, such as `{at: HOST}`"


def facts(**contents: bytes | None) -> Facts:
    """A healthy host, but for *contents* by the name of the control file."""
    healthy = {
        "smtproutes": STORY_SMTPROUTES,
        "me": b"edge.test\n",
        "locals": b"edge.test\n",
        "virtualdomains": None,
        "rcpthosts": b"edge.test\n",
    }
    files = {f"qmail:{name}": actual(f"qmail:{name}", content) for name, content in (healthy | contents).items()}
    return Facts(values={"qmail.group": "qmail"}, files=files)


def with_file(file: ActualFile, values: dict[str, str] | None = None) -> Facts:
    """A healthy host with this file in place of its own."""
    return Facts(
        values={"qmail.group": "qmail"} if values is None else values, files={**facts().files, file.path: file}
    )


def found(host: Host, seen: Facts) -> tuple[Finding, ...]:
    """The findings on a host that is to have the story's file."""
    return findings(host, seen, STORY)


def test_a_healthy_host() -> None:
    """Nothing is said of the story's host."""
    assert found(qmail_host(domains={"kamata-net.com": STORE, "edge.test": Local()}), facts()) == ()


def test_local_domains_that_are_not_local() -> None:
    """An error: their mail would leave, and the way it would take is named."""
    domains: dict[str, Target] = {"a.test": Local(), "b.test": Local(), "edge.test": Local()}

    assert found(qmail_host(domains=domains), facts(rcpthosts=b".test\n")) == (
        Finding(
            code="qmail-not-local",
            severity=Severity.ERROR,
            text="local in the inventory, but neither in locals nor in virtualdomains: a.test, b.test; "
            "such mail would leave: mail.asahi-net.or.jp:25",
            ways_out=(f"add the missing lines to locals on the host, {HUP}", ELSEWHERE),
        ),
    )


def test_a_local_suffix_needs_virtualdomains() -> None:
    """There are no wildcards in locals, so a line there does not help."""
    host = qmail_host(domains={".a.test": Local()})

    (finding,) = found(host, facts(locals=b".a.test\n", rcpthosts=b".test\n"))

    assert finding.ways_out == (f"add .a.test to virtualdomains, since locals has no wildcards, {HUP}", ELSEWHERE)
    assert found(host, facts(virtualdomains=b".a.test:a\n", rcpthosts=b".test\n")) == ()


def test_each_way_out_of_the_house_is_a_finding() -> None:
    """Mail for a local name below a routed suffix would not take the default."""
    host = qmail_host(domains={"b.test": Local(), "x.a.test": Local(), ".x.a.test": Local()})
    desired = (DesiredFile(path="qmail:smtproutes", content=b".a.test:192.0.2.1\n"),)

    texts = [item.text.rpartition(": ")[2] for item in findings(host, facts(rcpthosts=b".test\n"), desired)]

    assert texts == ["direct (MX)", "192.0.2.1:25"]


def test_an_exemption_from_a_local_suffix() -> None:
    """A line with an empty value in virtualdomains lets its domain leave."""
    host = qmail_host(domains={".a.test": Local(), "kamata-net.com": STORE})
    lines = b".a.test:a\nok.a.test:\nkamata-net.com:\nu@x.a.test:\n:\n"

    (finding,) = found(host, facts(virtualdomains=lines, rcpthosts=b".test\n"))

    assert finding.text == (
        "local in the inventory, but neither in locals nor in virtualdomains: ok.a.test; "
        "such mail would leave: mail.asahi-net.or.jp:25"
    )


def test_routes_of_domains_that_are_local() -> None:
    """qmail-send never asks for them; addresses are another matter."""
    host = qmail_host(
        domains={"kamata-net.com": STORE, ".v.test": STORE}, routes={"b.test": Direct(), "x@edge.test": STORE}
    )

    assert found(host, facts(locals=b"edge.test\nkamata-net.com\n", virtualdomains=b".v.test:v\n")) == (
        Finding(
            code="qmail-route-shadowed",
            severity=Severity.WARNING,
            text="routed elsewhere by the inventory, but local here by locals or virtualdomains: "
            "kamata-net.com, .v.test; the route has no effect",
            ways_out=(f"take the lines out of locals or virtualdomains, {HUP}", "`local` in the inventory"),
        ),
    )


def test_a_line_for_every_domain() -> None:
    """One warning, and none for each domain."""
    assert found(qmail_host(), facts(virtualdomains=b":all\n")) == (
        Finding(
            code="qmail-catch-all",
            severity=Severity.WARNING,
            text="virtualdomains has a line for every domain (`:prefix`): what is not in locals is delivered here too, "
            "and no route is ever used",
            ways_out=(f"take the line out of virtualdomains, {HUP}",),
        ),
    )


def test_no_rcpthosts() -> None:
    """An open relay."""
    assert found(qmail_host(), facts(rcpthosts=None)) == (
        Finding(
            code="qmail-open-relay",
            severity=Severity.WARNING,
            text="control/rcpthosts is missing: qmail-smtpd takes mail for every domain from everyone, an open relay",
            ways_out=("list the domains that this host receives mail for in control/rcpthosts",),
        ),
    )


@pytest.mark.parametrize(
    ("rcpthosts", "missing"),
    [
        (b"", "edge.test, .edge.test"),
        (b"EDGE.test\n", ".edge.test"),
        (b".edge.test\n", "edge.test"),
        (b".test\n", ""),
        (b"edge.test\r\n.test\r\n", "edge.test, .edge.test"),
    ],
)
def test_rcpthosts_without_local_domains(rcpthosts: bytes, missing: str) -> None:
    """A note, for `morercpthosts.cdb` is not read here; domains of other hosts do not matter."""
    host = qmail_host(domains={"edge.test": Local(), ".edge.test": Local(), "kamata-net.com": STORE})
    seen = facts(rcpthosts=rcpthosts, virtualdomains=b".edge.test:e\n")
    note = Finding(
        code="qmail-not-received",
        severity=Severity.NOTE,
        text=f"local in the inventory, but not in rcpthosts: {missing}; such mail from outside is refused "
        "unless morercpthosts.cdb has them",
    )

    assert found(host, seen) == ((note,) if missing else ())


def test_no_me() -> None:
    """Without `me` nothing leaves at all."""
    assert found(qmail_host(), facts(me=None)) == (
        Finding(
            code="qmail-no-me",
            severity=Severity.ERROR,
            text="control/me is missing: without it qmail-remote leaves all mail in the queue",
            ways_out=("write the host's own name into control/me",),
        ),
    )


@pytest.mark.parametrize(
    ("mode", "owner", "group", "readable"),
    [
        (0o644, "root", "root", True),
        (0o640, "root", "qmail", True),
        (0o400, "qmailr", "root", True),
        (0o600, "root", "root", False),
        (0o640, "root", "root", False),
        (0o604, "root", "qmail", False),
        (0o044, "qmailr", "qmail", False),
    ],
)
@pytest.mark.parametrize("name", ["smtproutes", "me"])
def test_readable_to_qmail_remote(name: str, mode: int, owner: str, group: str, *, readable: bool) -> None:
    """It runs as qmailr and the group qmail; the first class that fits decides, as the kernel has it."""
    file = dataclasses.replace(facts().files[f"qmail:{name}"], mode=mode, owner=owner, group=group)
    error = Finding(
        code="qmail-unreadable",
        severity=Severity.ERROR,
        text=f"control/{name} is {mode:04o} {owner}:{group}: qmail-remote, as qmailr:qmail, cannot read it "
        "and leaves all mail in the queue",
        ways_out=("chmod 0644, or with passwords in it 0640 and chgrp qmail",),
    )

    assert found(qmail_host(), with_file(file)) == (() if readable else (error,))


def test_the_group_is_the_host_s_own() -> None:
    """Some flavours run as another group; `qmail` stands in when the host did not say."""
    file = dataclasses.replace(facts().files["qmail:smtproutes"], mode=0o640, group="sqmail")

    assert found(qmail_host(), with_file(file, {"qmail.group": "sqmail"})) == ()
    assert [item.code for item in found(qmail_host(), with_file(file, {}))] == ["qmail-unreadable"]


@pytest.mark.parametrize(
    ("wish", "present", "expected"),
    [
        (DesiredFile(path="qmail:smtproutes", content=b""), True, None),
        (DesiredFile(path="qmail:smtproutes", content=b""), False, None),
        (DesiredFile(path="qmail:smtproutes", content=b"", mode=0o640, group="qmail"), True, None),
        (DesiredFile(path="qmail:smtproutes", content=b"", mode=0o640, group="qmail"), False, None),
        (DesiredFile(path="qmail:smtproutes", content=b"", mode=0o640, group="root"), True, "0640 root:root"),
        (DesiredFile(path="qmail:smtproutes", content=b"", mode=0o640), False, "0640 root:?"),
        (DesiredFile(path="qmail:unwatched", content=b"", mode=0o640), True, None),
        (DesiredFile(path="qmail:smtproutes", content=None, mode=0o640), True, None),
    ],
)
def test_readable_as_it_will_be(wish: DesiredFile, expected: str | None, *, present: bool) -> None:
    """A file with passwords is refused before it is written where the host did not say which group may read it."""
    there = facts().files["qmail:smtproutes"]
    file = there if present else ActualFile(path=there.path, target=there.target, present=False)

    errors = [item.text for item in findings(qmail_host(), with_file(file), (wish,)) if item.code == "qmail-unreadable"]

    assert [text.split(":", 1)[0].rpartition(" is ")[2] for text in errors] == (
        [] if expected is None else [expected.split(":")[0]]
    )
    assert expected is None or expected in errors[0]


def test_the_lines_of_the_existing_file() -> None:
    """Lint is among the findings."""
    assert [item.code for item in found(qmail_host(), facts(smtproutes=b":relay|user|s3cret"))] == [
        "qmail-smtproutes-extra",
        "qmail-smtproutes-no-newline",
    ]


def test_what_is_not_known_is_not_judged() -> None:
    """Contents that were not sent, since their hash is known, and files that were not looked at."""
    unknown = {path: dataclasses.replace(file, content=None) for path, file in facts().files.items()}
    host = qmail_host(domains={"a.test": Local()})

    assert found(host, Facts(values={}, files=unknown)) == ()
    assert found(host, Facts(values={}, files={})) == ()


def test_files_as_they_will_be() -> None:
    """What `manage` writes is checked, not what is there: locals, rcpthosts, me; the routes of what leaves locals."""
    domains: dict[str, Target] = {"a.test": Local(), "edge.test": STORE}
    names = {"locals": b"a.test\n", "rcpthosts": b"a.test\nedge.test\n", "me": b"mx.test\n"}
    wished = (*STORY, *(DesiredFile(path=f"qmail:{name}", content=content) for name, content in names.items()))
    seen = facts(rcpthosts=None, me=None)

    assert findings(qmail_host(domains=domains), seen, wished) == ()
    assert [item.code for item in findings(qmail_host(domains=domains), seen, STORY)] == [
        "qmail-no-me",
        "qmail-not-local",
        "qmail-route-shadowed",
        "qmail-open-relay",
    ]


def test_files_that_qmail_remote_does_not_read() -> None:
    """Who reads locals or rcpthosts is somebody else; the host judges that."""
    for name in ("locals", "virtualdomains", "rcpthosts"):
        wish = DesiredFile(path=f"qmail:{name}", content=b"edge.test\n", mode=0o640, group="nofiles")
        assert findings(qmail_host(domains={"edge.test": Local()}), facts(), (*STORY, wish))[:1] == ()
