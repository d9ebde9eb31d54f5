"""From a recipient to the address that is routed: local domains stripped, `%`, `!` and source routes followed.

Source: rewrite.c and the first half of resolve.c (trivial-rewrite) of Postfix 3.5 to 3.11; ADDRESS_REWRITING_README.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from relayconf.mta.postfix.resolver.hostnames import is_hostname, is_ipv4, is_ipv6, is_literal
from relayconf.mta.postfix.resolver.outcomes import LookupFailure
from relayconf.mta.postfix.resolver.tokens import Token, internal, operator, quoted, scan

_AT, _PERCENT, _BANG, _DOT, _COLON = (operator(char) for char in "@%!.:")


@dataclass(frozen=True, slots=True, kw_only=True)
class RewritingRules:
    """The parameters of Postfix that have a say in it, by their names; `is_local` asks whether a domain is local."""

    is_local: Callable[[str], bool]
    myhostname: str
    myorigin: str
    mydomain: str
    empty_address_recipient: str
    swap_bangpath: bool
    allow_percent_hack: bool
    append_at_myorigin: bool
    append_dot_mydomain: bool
    resolve_dequoted_address: bool
    resolve_null_domain: bool
    resolve_numeric_domain: bool
    smtputf8_enable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """The address that is routed. Of one that is malformed (`is_bad`) nothing else is asked.

    `is_routed` marks a local part with routing operators in it.
    """

    address: str
    is_local: bool
    is_bad: bool
    is_routed: bool = False

    @property
    def domain(self) -> str:
        """What is behind the last `@`."""
        return self.address.rpartition("@")[2]


def _find(tokens: list[Token], wanted: Token) -> int:
    """Where the first such operator is; -1 when there is none."""
    return next((place for place, token in enumerate(tokens) if _is(token, wanted)), -1)


def _find_last(tokens: list[Token], wanted: Token) -> int:
    return next((place for place in range(len(tokens) - 1, -1, -1) if _is(tokens[place], wanted)), -1)


def _is(token: Token, wanted: Token) -> bool:
    return token.kind == "operator" and token.text == wanted.text


def _is_empty(tokens: list[Token]) -> bool:
    """Whether it is `""` alone."""
    return len(tokens) == 1 and tokens[0].kind == "quoted" and not tokens[0].text


def _append(tokens: list[Token], more: list[Token]) -> None:
    """What is appended takes after the token in front of it; what there was nothing in front of sticks together."""
    glued = tokens[-1].is_glued if tokens else True
    tokens += [replace(token, is_glued=glued) for token in more]


def _ends_in_strippable_dot(tokens: list[Token]) -> bool:
    return len(tokens) > 1 and _is(tokens[-1], _DOT) and not (_is(tokens[-2], _DOT) or _is(tokens[-2], _AT))


def _swap(tokens: list[Token], bang: int) -> None:
    """`site!user` becomes `user@site`."""
    site, user = tokens[:bang], tokens[bang + 1 :]
    glued = site[0].is_glued if site else True
    tokens[:] = [*(replace(token, is_glued=glued) for token in (*user, _AT)), *site]


def _complete(tokens: list[Token], rules: RewritingRules) -> None:
    """An address without `@` gets one."""
    bang, percent = _find(tokens, _BANG), _find_last(tokens, _PERCENT)
    if rules.swap_bangpath and bang >= 0:
        _swap(tokens, bang)
    elif rules.allow_percent_hack and percent >= 0:
        tokens[percent] = _AT
    elif rules.append_at_myorigin and rules.myorigin:
        _append(tokens, [_AT, *scan(rules.myorigin)])


def rewrite(tokens: list[Token], rules: RewritingRules) -> None:
    """Bring an address that is not empty to the form `user@domain`, as for mail of this host itself."""
    colon = _find(tokens, _COLON)
    if _is(tokens[0], _AT) and 0 <= colon < len(tokens) - 1:
        del tokens[: colon + 1]
    if _find_last(tokens, _AT) < 0:
        _complete(tokens, rules)
    at = _find_last(tokens, _AT)
    if rules.append_dot_mydomain and rules.mydomain and 0 <= at < len(tokens) - 1:
        domain = tokens[at:]
        if _find(domain, _DOT) < 0 and all(token.kind != "literal" for token in domain):
            _append(tokens, [_DOT, *scan(rules.mydomain)])
    if _ends_in_strippable_dot(tokens):
        tokens.pop()


class _Stripping:
    """One address on its way. `origin` is the local domain that was stripped last, from its `@` on."""

    def __init__(self, recipient: str, rules: RewritingRules) -> None:
        self._rules = rules
        self._tokens = scan(quoted(recipient))
        self._origin: list[Token] = []
        self._most = len(recipient) + 100

    def _strip(self) -> bool:
        """Take the domain off; whether it is not ours, which ends it all."""
        tokens = self._tokens
        if _find_last(tokens, _AT) >= 0 and _ends_in_strippable_dot(tokens):
            tokens.pop()
        if self._rules.resolve_null_domain and tokens and _is(tokens[-1], _AT):
            tokens.pop()
        at = _find_last(tokens, _AT)
        if at < 0:
            return False
        domain = tokens[at + 1 :]
        if domain and not self._rules.is_local(internal(domain)):
            return True
        self._origin = tokens[at:]
        del tokens[at:]
        return False

    def _has_routing(self) -> bool:
        operators = [_AT]
        operators += [_BANG] if self._rules.swap_bangpath else []
        operators += [_PERCENT] if self._rules.allow_percent_hack else []
        return any(_find(self._tokens, wanted) >= 0 for wanted in operators)

    def _cracked(self) -> bool:
        """Open a quoted local part when there is routing in it."""
        tokens, rules = self._tokens, self._rules
        if not rules.resolve_dequoted_address or len(tokens) != 1 or tokens[0].kind != "quoted":
            return False
        text = tokens[0].text
        if "@" in text:
            text = quoted(text)
        elif rules.allow_percent_hack and "%" in text:
            before, _, after = text.rpartition("%")
            text = quoted(f"{before}@{after}")
        elif not (rules.swap_bangpath and "!" in text):
            return False
        tokens[:] = scan(text)
        return True

    def _is_done(self) -> bool:
        """Nothing is left to strip, and the local part is one."""
        tokens, rules = self._tokens, self._rules
        if _is_empty(tokens):
            tokens.clear()
        if not tokens:
            tokens[:] = scan(rules.empty_address_recipient)
            return False
        if not self._origin:
            _append(tokens, [_AT, *scan(rules.myhostname)])
            return False
        return True

    def run(self) -> tuple[str, bool]:
        """The address without quotes, and whether it is local. Raises LookupFailure as Postfix gives up."""
        for _ in range(self._most + 1):
            if self._strip():
                return internal(self._tokens), False
            if self._has_routing() or self._cracked():
                rewrite(self._tokens, self._rules)
            elif self._is_done():
                _append(self._tokens, self._origin)
                return internal(self._tokens), True
        raise LookupFailure("the address leads round in circles")


def _is_good(address: str, domain: str, rules: RewritingRules) -> bool:
    if domain.startswith("["):
        return is_literal(domain)
    return not _is_torn(address, rules) and is_hostname(domain, utf8=rules.smtputf8_enable)


def _is_torn(address: str, rules: RewritingRules) -> bool:
    """Whether *address* would have to be UTF-8 and is not."""
    return rules.smtputf8_enable and any("\udc80" <= char <= "\udcff" for char in address)


def _is_address(domain: str) -> bool:
    return is_ipv6(domain) if ":" in domain else is_ipv4(domain)


def _judged(address: str, rules: RewritingRules, *, is_local: bool) -> Recipient:
    domain = address.rpartition("@")[2]
    is_good = _is_good(address, domain, rules)
    if not is_good and rules.resolve_numeric_domain and _is_address(domain) and not _is_torn(address, rules):
        address, domain, is_good = f"{address.removesuffix(domain)}[{domain}]", f"[{domain}]", True
        is_local = is_local or rules.is_local(domain)
    start = next(place for place, char in enumerate(address) if char in "@!%") + 1
    is_routed = is_good and address[start:] != domain
    return Recipient(address=address, is_local=is_local, is_bad=not is_good, is_routed=is_routed)


def rewritten(recipient: str, rules: RewritingRules) -> Recipient:
    """The address that is routed for mail to *recipient*, which is without quotes; empty for a bounce's sender.

    Raises LookupFailure for what goes round in circles, and what `is_local` raises.
    """
    address, is_local = _Stripping(recipient, rules).run()
    return _judged(address, rules, is_local=is_local)
