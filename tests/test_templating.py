"""Templates are strict, sandboxed, and found wherever relayconf is."""

from __future__ import annotations

from pathlib import Path

import pytest

import relayconf
from relayconf.errors import TemplateError, UsageError
from relayconf.templating import Templates, built_in_directory, default_directories

PACKAGE = Path(relayconf.__file__).parent


def written(directory: Path, text: str, name: str = "x.j2") -> Templates:
    """Templates of one directory with this one in it."""
    (directory / name).write_text(text, encoding="utf-8")
    return Templates((directory,))


def failure(templates: Templates, name: str = "x.j2", **values: object) -> TemplateError:
    """The error that rendering ends with."""
    with pytest.raises(TemplateError) as caught:
        templates.render(name, **values)
    return caught.value


def test_render(tmp_path: Path) -> None:
    """Block lines leave nothing behind, the last newline stays, nothing is escaped for HTML."""
    templates = written(
        tmp_path, "{% for item in items %}\n    {% if item %}\n{{ item }}\n    {% endif %}\n{% endfor %}\n"
    )

    assert templates.render("x.j2", items=("a & <b>", "", "c")) == "a & <b>\nc\n"


def test_the_last_newline_stays(tmp_path: Path) -> None:
    """A control file without one would glue what is appended to it."""
    assert written(tmp_path, "a\n").render("x.j2") == "a\n"


def test_values_are_data(tmp_path: Path) -> None:
    """What looks like a template in a value comes out literally."""
    text = "{{ 7 * 7 }} {% raw %} {# x #}"

    assert written(tmp_path, "{{ value }}").render("x.j2", value=text) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\nb\n{{ relayhots }}\n", "3: 'relayhots' is undefined"),
        ("{% if relayhots %}x{% endif %}", "1: 'relayhots' is undefined"),
        ("\n{{ default.port }}", "2: 'str object' has no attribute 'port'"),
        ("\n{% for x in default %}\n{{ x }", "3: unexpected '}'"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "1: maximum recursion depth exceeded"),
        ("{% nonsense %}", "1: Encountered unknown tag 'nonsense'."),
        ("\n{{ ''.__class__ }}", "2: access to attribute '__class__' of 'str' object is unsafe."),
        ("\n\n{{ 1 / 0 }}", "3: division by zero"),
        ("{{ default + 1 }}", '1: can only concatenate str (not "int") to str'),
        ("{{ items.append(1) }}", "1: access to attribute 'append' of 'list' object is unsafe."),
    ],
)
def test_faults_name_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    """Unknown names and attributes, syntax, and what the sandbox forbids."""
    error = failure(written(tmp_path, text), default="x", items=[])

    assert error.message == f"{tmp_path}/x.j2:{message}"


def test_unknown_names_come_with_the_known_ones(tmp_path: Path) -> None:
    """So that the way out is on the screen."""
    assert (
        failure(written(tmp_path, "{{ x }}"), routes=(), default="").hint == "the template is given `default`, `routes`"
    )


def test_a_fault_in_an_included_template(tmp_path: Path) -> None:
    """The innermost file is named."""
    written(tmp_path, "\n\n{{ y }}", "inner.j2")

    assert failure(written(tmp_path, "{% include 'inner.j2' %}")).message == f"{tmp_path}/inner.j2:3: 'y' is undefined"


@pytest.mark.parametrize("name", ["missing.j2", "../x.j2", "/etc/passwd", "a/../../x.j2"])
def test_only_names_inside_the_directories(tmp_path: Path, name: str) -> None:
    """A name that leads out is as if it were not there."""
    inside = tmp_path / "inside"
    inside.mkdir()
    written(tmp_path, "secret")

    error = failure(Templates((inside,)), name)

    assert (error.message, error.hint) == (f"there is no template `{name}`", f"looked in {inside}")


def test_includes_stay_inside_too(tmp_path: Path) -> None:
    """The same for names in templates."""
    inside = tmp_path / "inside"
    inside.mkdir()
    written(tmp_path, "secret", "outside.j2")

    assert failure(written(inside, "{% include '../outside.j2' %}")).message == "there is no template `../outside.j2`"


def test_a_template_that_is_no_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are an error, not a crash."""
    (tmp_path / "x.j2").write_bytes(b"\xff")

    assert failure(Templates((tmp_path,))).message.startswith("x.j2: 'utf-8' codec can't decode byte 0xff")


def test_a_template_that_cannot_be_read(tmp_path: Path) -> None:
    """The operating system's reason is told."""
    (tmp_path / "x.j2").symlink_to("/proc/self/mem")

    assert failure(Templates((tmp_path,))).message == "cannot read the template `x.j2`: Input/output error"


def test_the_admin_s_directory_is_in_front_file_by_file(tmp_path: Path) -> None:
    """What it does not have comes from the built-in one."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    written(first, "one", "a.j2")
    written(second, "two", "a.j2")
    written(second, "two", "b.j2")
    templates = Templates((first, second))

    assert (templates.render("a.j2"), templates.render("b.j2")) == ("one", "two")


def test_default_directories(tmp_path: Path) -> None:
    """The built-in templates have qmail's; an own directory stands in front of them."""
    (built_in,) = default_directories(None)

    assert (built_in / "qmail" / "smtproutes.j2").is_file()
    (tmp_path / "qmail").mkdir()
    (tmp_path / "qmail" / "smtproutes.j2").touch()
    assert default_directories(tmp_path) == (tmp_path.resolve(), built_in)


def test_an_own_directory_that_is_not_there(tmp_path: Path) -> None:
    """A typing error must not silently give the built-in templates."""
    with pytest.raises(UsageError) as caught:
        default_directories(tmp_path / "nowhere")

    assert caught.value.message == f"the template directory is not there: {tmp_path}/nowhere"


def test_an_own_directory_without_a_use(tmp_path: Path) -> None:
    """Nor must a name that no built-in template has; the hint says which there are."""
    (tmp_path / "qmail").mkdir()
    (tmp_path / "qmail" / "smtproute.j2").touch()

    with pytest.raises(UsageError) as caught:
        default_directories(tmp_path)

    assert caught.value.message == f"no file in {tmp_path} stands in front of a built-in template"
    assert "qmail/smtproutes.j2" in str(caught.value.hint)


@pytest.mark.parametrize("place", ["site-packages/relayconf/templates", "site-packages/templates"])
def test_built_in_directory(tmp_path: Path, place: str) -> None:
    """Inside the package in a wheel, beside it in a checkout."""
    (tmp_path / place / "qmail").mkdir(parents=True)

    assert built_in_directory(tmp_path / "site-packages" / "relayconf") == tmp_path / place


def test_a_wheel_s_templates_win(tmp_path: Path) -> None:
    """A stranger's folder `templates` beside the package does not count then."""
    for place in ("relayconf/templates/qmail", "templates/qmail"):
        (tmp_path / place).mkdir(parents=True)

    assert built_in_directory(tmp_path / "relayconf") == tmp_path / "relayconf" / "templates"


def test_no_built_in_directory(tmp_path: Path) -> None:
    """A stranger's folder is not taken for ours."""
    (tmp_path / "templates").mkdir()

    with pytest.raises(TemplateError) as caught:
        built_in_directory(tmp_path / "relayconf")

    assert caught.value.message == (f"relayconf's own templates are neither in {tmp_path}/relayconf nor beside it")
