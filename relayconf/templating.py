"""Templates: one strict, sandboxed Jinja environment, and where templates are looked for.

Strict means that a name which relayconf does not give is an error and never an empty string. Values are data: what
looks like a template inside them comes out literally.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from relayconf.errors import TemplateError, UsageError

# What an expression of a template can raise besides Jinja's own errors: 1/0, {}[x], "a" + 1, endless recursion.
_RAISED_BY_TEMPLATES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)


@lru_cache(maxsize=8)
def _environment(directories: tuple[str, ...]) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(directories),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _line(error: BaseException, directories: tuple[Path, ...], name: str) -> str:
    """`file:line` of the innermost template in the traceback of *error*; the template's name when none is in it."""
    roots = tuple(f"{directory}/" for directory in directories)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(roots)]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else name


def _syntax_error(error: jinja2.TemplateSyntaxError, name: str) -> TemplateError:
    return TemplateError(f"{error.filename or name}:{error.lineno}: {error.message}")


def _missing(error: jinja2.TemplateNotFound, directories: tuple[Path, ...]) -> TemplateError:
    places = ", ".join(str(directory) for directory in directories)
    return TemplateError(f"there is no template `{error.name}`", hint=f"looked in {places}")


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates of these directories; a file in an earlier one hides the same name in later ones."""

    directories: tuple[Path, ...]

    def render(self, name: str, **values: object) -> str:
        """The text of template *name* (`qmail/smtproutes.j2`) with *values*, and nothing else, as its names.

        Raises TemplateError with file and line: the template is missing, outside the directories, broken, uses a name
        that is not among *values*, or reaches for what the sandbox forbids.
        """
        environment = _environment(tuple(str(directory) for directory in self.directories))
        try:
            return environment.get_template(name).render(values)
        except jinja2.TemplateNotFound as error:
            raise _missing(error, self.directories) from error
        except jinja2.TemplateSyntaxError as error:
            raise _syntax_error(error, name) from error
        except jinja2.UndefinedError as error:
            known = ", ".join(f"`{key}`" for key in sorted(values))
            raise TemplateError(
                f"{_line(error, self.directories, name)}: {error.message}", hint=f"the template is given {known}"
            ) from error
        except (jinja2.TemplateError, *_RAISED_BY_TEMPLATES) as error:
            raise TemplateError(f"{_line(error, self.directories, name)}: {error}") from error
        except OSError as error:
            raise TemplateError(f"cannot read the template `{name}`: {error.strerror}") from error


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
