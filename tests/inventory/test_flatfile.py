from __future__ import annotations

from relayconf.inventory.flatfile import FlatFile, limited, read


def _domains(content: bytes) -> list[str]:
    result = read("domains.txt", content)
    assert isinstance(result, FlatFile)
    return list(result.domains)


def _problems(content: bytes) -> list[str]:
    result = read("domains.txt", content)
    assert not isinstance(result, FlatFile)
    return [str(problem) for problem in result]


def test_domains_in_their_order() -> None:
    """One domain a line, in the file's order; subdomains with a dot in front; the last line may lack its end."""
    assert _domains(b"b.example\n.a.example\nlocalhost") == ["b.example", ".a.example", "localhost"]
    assert _domains(b"") == []


def test_what_does_no_harm() -> None:
    """Comments, blank lines, blanks, capitals, Windows line ends and a byte order mark are taken off."""
    content = b"\xef\xbb\xbf# ours\r\n\r\n  A.example\t# first\r\nb.EXAMPLE \n#c.example\n"

    assert _domains(content) == ["a.example", "b.example"]


def test_internationalised_names() -> None:
    """U-labels become A-labels, also beside plain names."""
    assert _domains("a.example\nbücher.example\n".encode()) == ["a.example", "xn--bcher-kva.example"]
    assert _problems("ـ.example\n".encode()) == [
        "domains.txt:1:1: cannot be written as an internationalised domain name"
    ]


def test_a_name_twice_in_two_spellings() -> None:
    """The same domain in another spelling is still the same domain."""
    assert _problems("xn--bcher-kva.example\nBücher.example\n".encode()) == [
        "domains.txt:2:1: `xn--bcher-kva.example` is already in line 1"
    ]


def test_lines() -> None:
    """The line of a domain is found again, comments and spellings notwithstanding."""
    result = read("domains.txt", "# ours\na.example\n\nBücher.example\n".encode())

    assert isinstance(result, FlatFile)
    assert (result.line("a.example"), result.line("xn--bcher-kva.example")) == (2, 4)


def test_hostile_bytes() -> None:
    """Separators, NUL and other line ends do not get through."""
    for byte in b"#\x00\x0b\x0c\x1c:;|,@[\\ ":
        assert len(_problems(b"a" + bytes([byte]) + b"b.example\n")) == 1
    assert len(_problems("a\u2028b.example\n".encode())) == 1
    assert len(_problems(b"a\rb.example\n")) == 1
    assert len(_problems("a\xa0b.example\n".encode())) == 1


def test_limited() -> None:
    """At most fifty problems of a file are told, and how many there are besides."""
    problems = read("domains.txt", b"bad..name\n" * 51)
    assert not isinstance(problems, FlatFile)

    assert str(problems[-1]) == "domains.txt:50:1: … and 1 more in this file"
    assert len(problems) == 51
    assert limited(problems[:50], 50) == problems[:50]
