"""Examinations as text."""

from __future__ import annotations

from relayconf.doctor.values import Code, Examination, Level, Ruling, Symptom, Verdict
from relayconf.errors import HostError
from relayconf.output.doctor import text
from relayconf.result import failed
from tests.output.test_journal import visited

EXAMINATION = Examination(
    symptoms=(
        Symptom(
            code=Code.PORT25_FILTERED,
            level=Level.ERROR,
            text="port 25 is filtered",
            evidence=("a.test port 25: filtered", "b\x1b[31m" + "x" * 400),
        ),
        Symptom(code=Code.RELAY_READY, level=Level.OK, text="reached", about="isp:587"),
    ),
    verdicts=(
        Verdict(
            code=Ruling.NEEDS_SMARTHOST,
            level=Level.ERROR,
            text="a smarthost",
            because=(Code.PORT25_FILTERED,),
            place="inventory.yaml:3:3: hosts.a",
            lines=("relays:", "  isp:"),
        ),
        Verdict(code=Ruling.WRONG_PORT, level=Level.ERROR, text="another port", lines=("port: 465",)),
        Verdict(code=Ruling.SOUND, level=Level.OK, text="nothing is wrong"),
    ),
)


def test_text() -> None:
    """A block a host; a stranger's words are escaped and cut; hosts that could not be reached come last."""
    lines = text(visited({"a": EXAMINATION}, failed("b", HostError("no")))).splitlines()

    assert [line for line in lines if "xxx" not in line] == [
        "a",
        "  error  port25-filtered  port 25 is filtered",
        "                            a.test port 25: filtered",
        "  ok     relay-ready      isp:587: reached",
        "  verdict  a smarthost (port25-filtered)",
        "    in the inventory, at inventory.yaml:3:3: hosts.a:",
        "      relays:",
        "        isp:",
        "  verdict  another port",
        "    in the inventory:",
        "      port: 465",
        "  verdict  nothing is wrong",
        "",
        "b   failed, nothing changed: no",
    ]
    assert "\x1b" not in "\n".join(lines)
    assert max(map(len, lines)) < 400
    assert any(line.endswith("xx…") for line in lines)
