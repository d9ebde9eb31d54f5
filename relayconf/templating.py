"""Templates: one strict, sandboxed Jinja environment, and where templates are looked for.

Strict means that a name which relayconf does not give is an error and never an empty string. Values are data: what
looks like a template inside them comes out literally.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from relayconf.errors import TemplateError, UsageError


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates of these directories; a file in an earlier one hides the same name in later ones."""

    directories: tuple[Path, ...]

    def render(self, name: str, **values: object) -> str:
        """The text of template *name* (`qmail/smtproutes.j2`) with *values*, and nothing else, as its names.

        Raises TemplateError with file and line: the template is missing, outside the directories, broken, uses a name
        that is not among *values*, or reaches for what the sandbox forbids.
        """
        from relayconf.jinja import rendered  # noqa: PLC0415  60 ms that a command without templates does not need

        return rendered(self.directories, name, values)


def built_in_directory(package: Path) -> Path:
    """Where the templates of the package folder *package* are: inside it (a wheel), or beside it (a checkout).

    Raises TemplateError when neither has them.
    """
    for directory in (package / "templates", package.parent / "templates"):
        if (directory / "qmail").is_dir():
            return directory
    raise TemplateError(f"relayconf's own templates are neither in {package} nor beside it", hint="install it again")


def default_directories(extra: Path | None) -> tuple[Path, ...]:
    """The admin's own directory *extra*, when given, in front of the built-in one.

    Raises UsageError when *extra* is no directory, or has nothing in it that a built-in template could give way to.
    """
    built_in = built_in_directory(Path(__file__).resolve().parent)
    if extra is None:
        return (built_in,)
    if not extra.is_dir():
        raise UsageError(f"the template directory is not there: {extra}")
    names = {path.relative_to(built_in) for path in built_in.rglob("*.j2")}
    if not any((extra / name).is_file() for name in names):
        known = ", ".join(sorted(map(str, names)))
        raise UsageError(
            f"no file in {extra} stands in front of a built-in template", hint=f"these can be there: {known}"
        )
    return (extra.resolve(), built_in)
