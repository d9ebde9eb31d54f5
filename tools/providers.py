"""Ask the DNS whether what relayconf says of providers still holds, and print what differs. Needs a network and dig.

It does not answer what only a login can tell: ports, TLS, rules and limits keep the date at which they were read.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

from relayconf.providers import Provider, every

Answer: TypeAlias = "Sequence[str] | None"
"""What the DNS says: nothing is an empty list; None when it could not be asked, from which nothing follows."""

Ask: TypeAlias = Callable[[Literal["address", "TXT"], str], Answer]

_DIG = ("dig", "+noall", "+comments", "+answer", "+tries=2", "+time=3")
_LOST = (socket.EAI_AGAIN, socket.EAI_FAIL)


def _spf(name: str, answer: Answer) -> Iterator[str]:
    if answer is None:
        return
    records = [text for text in answer if text == "v=spf1" or text.startswith("v=spf1 ")]
    if len(records) != 1:
        yield f"{name} holds {len(records) or 'no'} SPF record{'' if len(records) == 1 else 's'}"


def differences(provider: Provider, ask: Ask) -> Iterator[str]:
    """What the DNS says otherwise of *provider*, a line each."""
    for host in dict.fromkeys(site.host for site in provider.sites if site.is_named):
        if ask("address", host) == ():
            yield f"{provider.name}: {host} has no address"
    if provider.spf.include:
        for line in _spf(provider.spf.include, ask("TXT", provider.spf.include)):
            yield f"{provider.name}: {line}"
    if provider.spf.look_at:
        for text in ask("TXT", provider.spf.look_at) or ():
            if text.startswith("v=spf1 "):
                yield f"{provider.name}: {provider.spf.look_at} may tell what to include: {text!r}"


def records(output: str) -> Answer:
    """The TXT records in what dig printed, the strings of each joined; None without an answer, or with an error."""
    if not re.search(r"status: (NOERROR|NXDOMAIN),", output):
        return None
    answers = re.findall(r'^\S+\s+\d+\s+IN\s+TXT\s+(".*")$', output, re.MULTILINE)
    return tuple("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', answer)) for answer in answers)


def _addresses(name: str) -> Answer:
    try:
        return tuple(str(found[4][0]) for found in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))
    except socket.gaierror as error:
        return None if error.errno in _LOST else ()


def _texts(name: str) -> Answer:
    if not shutil.which("dig"):
        return None
    return records(subprocess.run([*_DIG, "TXT", name], capture_output=True, text=True, check=False).stdout)


def _ask(kind: Literal["address", "TXT"], name: str) -> Answer:
    return _addresses(name) if kind == "address" else _texts(name)


def report(providers: Iterable[Provider], ask: Ask) -> tuple[int, Sequence[str]]:
    """The exit status and the lines to print: 0 when all holds, 1 when something differs, 2 without any answer."""
    answered: list[bool] = []

    def counted(kind: Literal["address", "TXT"], name: str) -> Answer:
        answer = ask(kind, name)
        answered.append(answer is not None)
        return answer

    lines = [line for provider in providers for line in differences(provider, counted)]
    lines.append(f"{sum(answered)} of {len(answered)} questions answered")
    return 2 if not any(answered) else int(len(lines) > 1), lines


def main() -> int:
    """Ask about every provider. The exit status is that of `report`."""
    status, lines = report(every().values(), _ask)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return status


if __name__ == "__main__":
    sys.exit(main())
