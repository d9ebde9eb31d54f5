"""The MTAs that relayconf manages. Adding one is a package, a folder of templates, and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from relayconf.facts import Facts
from relayconf.model import MtaName
from relayconf.mta import postfix, qmail
from relayconf.mta.base import Importer, Mta
from relayconf.mta.postfix import about as about_postfix
from relayconf.mta.postfix import importing as import_postfix
from relayconf.mta.qmail import about as about_qmail
from relayconf.mta.qmail import importing as import_qmail

MTAS: Mapping[MtaName, Mta] = {
    MtaName.QMAIL: qmail,
    MtaName.POSTFIX: postfix,
}

IMPORTERS: Mapping[MtaName, Importer] = {
    MtaName.QMAIL: import_qmail,
    MtaName.POSTFIX: import_postfix,
}

ABOUT: Mapping[MtaName, Callable[[Facts], Sequence[str]]] = {
    MtaName.QMAIL: about_qmail.about,
    MtaName.POSTFIX: about_postfix.about,
}
"""What each MTA says of itself on a host, in a few phrases that hold the host's words."""
