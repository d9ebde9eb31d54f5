"""Delivery status notifications."""

from __future__ import annotations

from relayconf.bounces.dsn import bounce, fields

GROUP = "Final-Recipient: rfc822; bo@corp.example\nAction: failed\nStatus: 5.7.1\n"


def test_fields() -> None:
    """Each recipient's group with what the message's group says."""
    text = (
        f"Reporting-MTA: dns; mail.example.org\n\n{GROUP}Remote-MTA: dns; mx.corp.example\nDiagnostic-Code: smtp; no\n"
    )

    (item,) = fields(text)

    assert (item.domain, item.reporter, item.host) == ("corp.example", "mail.example.org", "mx.corp.example")
    assert (item.enhanced, item.final, str(item.speaker)) == ("5.7.1", True, "receiver")


def test_successes_are_no_rejections() -> None:
    """Nor are groups with too little in them."""
    assert fields(GROUP.replace("failed", "relayed")) == ()
    assert fields("Status: 5.7.1\n") == ()


def test_odd_fields() -> None:
    """Without types, without a status, empty."""
    (item,) = fields("Original-Recipient: bo@corp.example\nAction: odd\nStatus: high\nReporting-MTA:\n")

    assert (item.domain, item.reporter, item.enhanced, item.final) == ("corp.example", None, None, None)


def test_recipients_and_folds_are_bounded() -> None:
    """Of a list without end the beginning is read, and of a field too."""
    assert len(fields(f"{GROUP}\n" * 300)) == 200
    (item,) = fields(GROUP + "Diagnostic-Code: smtp; no\n" + " more\n" * 10_000)
    assert 1900 < len(item.text) <= 2000


def test_folds_without_a_field_are_left_out() -> None:
    """As at the beginning of a piece that was cut out."""
    assert len(fields(f" lost\n{GROUP}")) == 1


def test_deeply_nested_mail_is_read_as_text() -> None:
    """Where a parser would take its time."""
    nested = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(100))

    assert len(bounce(f"{nested}\n{GROUP}Diagnostic-Code: smtp; no\n".encode())) == 1


def test_a_bounce_in_the_copy_is_not_the_bounce() -> None:
    """What the refused message itself carried is no news."""
    inner = f"Content-Type: text/plain\n\n{GROUP.replace('corp', 'other')}Diagnostic-Code: smtp; 550 no"
    outer = (
        'Content-Type: multipart/report; boundary="b"\n\n--b\nContent-Type: message/delivery-status\n\n'
        f"{GROUP}Diagnostic-Code: smtp; 550 no\n\n--b\nContent-Type: message/rfc822\n\n{inner}\n\n--b\n"
        "Content-Type: image/png\n\nx\n--b\nContent-Type: text/rfc822-headers\n\nSubject: x\n\n--b--\n"
    )

    assert [item.domain for item in bounce(outer.encode())] == ["corp.example"]


def test_words_serve_where_fields_are_poor() -> None:
    """And poor fields where there are no words."""
    words = "This is the mail system at host mail.example.org.\n\n<bo@corp.example>: host x[192.0.2.1] said: 550 no\n"

    assert [item.reply for item in bounce(f"\n{words}\n\n{GROUP}".encode())] == [550]
    assert [item.enhanced for item in bounce(f"\n{GROUP}".encode())] == ["5.7.1"]
