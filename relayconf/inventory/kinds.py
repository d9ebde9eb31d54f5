"""The kinds of single values in the inventory, as annotated types, and the base of its maps."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from relayconf.inventory import names, values

Text = Annotated[str, AfterValidator(values.text)]
HostName = Annotated[str, AfterValidator(names.host)]
Port = Annotated[int, BeforeValidator(values.port), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 65535})]
Flag = Annotated[bool, BeforeValidator(values.flag), WithJsonSchema({"type": "boolean"})]
AbsolutePath = Annotated[str, AfterValidator(values.absolute_path), WithJsonSchema({"type": "string", "pattern": "^/"})]
Fingerprint = Annotated[str, AfterValidator(values.fingerprint)]
SettingValue = Annotated[str, AfterValidator(values.setting)]
SshWord = Annotated[str, AfterValidator(values.ssh_word)]
MailAddress = Annotated[str, AfterValidator(names.address)]
MailName = Annotated[str, AfterValidator(names.domain)]
Prefix = Annotated[str, AfterValidator(values.prefix)]
Sender = Annotated[str, AfterValidator(names.sender)]
SpfTerm = Annotated[str, AfterValidator(values.spf_term)]
IpAddress = Annotated[str, AfterValidator(names.ip_address)]
TlsWord = Literal["none", "may", "encrypt", "verify", "secure", "dane", "fingerprint"]


class Strict(BaseModel):
    """A map with known keys only, never changed after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)
