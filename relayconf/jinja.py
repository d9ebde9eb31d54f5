"""The one room for Jinja: a strict, sandboxed environment, and its errors turned into ours."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from relayconf.errors import TemplateError

# What an expression of a template can raise besides Jinja's own errors: 1/0, {}[x], "a" + 1.
_RAISED_BY_TEMPLATES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


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


def rendered(directories: tuple[Path, ...], name: str, values: Mapping[str, object]) -> str:
    """The text of template *name* with *values*, and nothing else, as its names; the first of *directories* counts.

    Raises TemplateError as `relayconf.templating.Templates.render` says.
    """
    environment = _environment(tuple(str(directory) for directory in directories))
    try:
        return environment.get_template(name).render(values)
    except jinja2.TemplateNotFound as error:
        raise _missing(error, directories) from error
    except jinja2.TemplateSyntaxError as error:
        raise _syntax_error(error, name) from error
    except jinja2.UndefinedError as error:
        known = ", ".join(f"`{key}`" for key in sorted(values))
        raise TemplateError(
            f"{_line(error, directories, name)}: {error.message}", hint=f"the template is given {known}"
        ) from error
    except RecursionError as error:
        # Python's own words depend on where it stopped.
        raise TemplateError(f"{_line(error, directories, name)}: maximum recursion depth exceeded") from error
    except (jinja2.TemplateError, *_RAISED_BY_TEMPLATES) as error:
        raise TemplateError(f"{_line(error, directories, name)}: {error}") from error
    except OSError as error:
        raise TemplateError(f"cannot read the template `{name}`: {error.strerror}") from error
