"""The MTAs that relayconf manages. Adding one is a package, a folder of templates, and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from relayconf.model import MtaName
from relayconf.mta import postfix, qmail
from relayconf.mta.base import Mta

MTAS: Mapping[MtaName, Mta] = {
    MtaName.QMAIL: qmail,
    MtaName.POSTFIX: postfix,
}
