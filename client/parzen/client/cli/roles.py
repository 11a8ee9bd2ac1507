"""``parzen roles``: the roles of a store's database, and users who have them."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parzen.shared.commandline import store_options
from parzen.shared.errors import InvalidInput
from parzen.shared.home import StoreAddress
from parzen.shared.printing import json_option, note, print_json, say
from parzen.shared.private import read_private, write_private

if TYPE_CHECKING:
    from parzen.shared.mongo.connection import Connection
    from parzen.shared.mongo.roles import Role, Step

KINDS = ("viewer", "client", "operator", "worker", "coordinator")

PASSWORD_VARIABLE = "PARZEN_USER_PASSWORD"  # noqa: S105 - the name of a variable

ASKED = "PASSWORD"
"""What stands for a password that is not shown."""

print_option = click.option(
    "--print",
    "--dry-run",
    "only_print",
    is_flag=True,
    help="Change nothing: print the commands, for an administrator's mongosh (or as --json).",
)


@click.group(invoke_without_command=True)
@print_option
@json_option
@store_options
@click.pass_context
def roles(context: click.Context, /, where: StoreAddress, only_print: bool, as_json: bool) -> None:
    """Make the roles parzenViewer, parzenClient, parzenWorker and parzenCoordinator.

    They are made in the store's database, or brought to what this version of parzen needs; the
    address must be an administrator's (userAdmin). `parzen roles create-user` makes users.
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return
    from parzen.shared.mongo import roles as table  # noqa: PLC0415 - `--help` needs no driver

    if only_print:
        _print(table.role_commands(_database(where)), as_json=as_json)
        return
    with _administrator(where) as (link, _):
        table.make_roles(link)
        database = link.db.name
    if as_json:
        print_json("roles", [_described(role, database) for role in table.Role])
        return
    for role in table.Role:
        say(f"{role.stored:<18} {_allowed(role)}")
    say(f"the roles stand in the database {database!r}")


@roles.command("create-user")
@click.argument("name")
@click.option(
    "--role",
    "kinds",
    multiple=True,
    required=True,
    type=click.Choice(KINDS),
    help="What the user is to the store; may be given several times.",
)
@click.option(
    "--x509",
    is_flag=True,
    help="NAME is the subject of a certificate (RFC 2253), which proves the user: no password.",
)
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Read the password from a file that only you can read, or - for standard input "
    f"[{PASSWORD_VARIABLE}: the password itself]; without it, one is made up and shown once.",
)
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the user's address, with the password, to a new private file for --store-file, and "
    "do not show it.",
)
@click.option("--replace", is_flag=True, help="Give a user who exists this password and role.")
@print_option
@json_option
@store_options
def create_user(
    *,
    where: StoreAddress,
    name: str,
    kinds: Sequence[str],
    x509: bool,
    password_file: Path | None,
    save: Path | None,
    replace: bool,
    only_print: bool,
    as_json: bool,
) -> None:
    """Make the user NAME; the roles are made, too, as `parzen roles` does."""
    from parzen.shared.mongo import roles as table  # noqa: PLC0415 - `--help` needs no driver
    from parzen.shared.mongo.addressing import user_address  # noqa: PLC0415 - as above

    wanted = [table.Role(kind) for kind in dict.fromkeys(kinds)]
    _check(name, x509=x509, password_file=password_file)
    if only_print:
        _refuse_files(save=save, password_file=password_file)
        step = table.user_command(
            _database(where), name, wanted, password=None if x509 else ASKED, update=replace
        )
        _print([step], as_json=as_json)
        return
    password, made_up = (None, False) if x509 else _password(password_file)
    with _administrator(where) as (link, uri):
        database = link.db.name
        if save is not None:
            own = user_address(uri, database, name, password)
            write_private(save, "the store's file", own + "\n")
        only_copy = password if made_up and save is None else None
        told: dict[str, Any] = {
            "user": name,
            "database": table.EXTERNAL if x509 else database,
            "roles": [role.stored for role in wanted],
            "address": user_address(uri, database, name, None if x509 else ASKED),
            "saved": None if save is None else str(save),
            **({} if only_copy is None else {"password": only_copy}),
        }
        try:
            table.make_roles(link)
            told["new"] = table.check_user(link, name, password=password, replace=replace)
            if only_copy is not None:  # told before it counts: output may fail
                _tell(told, where=database, as_json=as_json)
            table.make_user(link, name, wanted, password=password, replace=replace)
        except BaseException:
            if save is not None:
                save.expanduser().unlink()
            raise
    if only_copy is None:
        _tell(told, where=database, as_json=as_json)
    elif not as_json:
        note("note: this password is shown once; keep the address in a file with mode 0600")


def _tell(told: Mapping[str, Any], *, where: str, as_json: bool) -> None:
    """Say who the new user is, who has roles in the database ``where``."""
    if as_json:
        print_json("users", [told])
        return
    say(f"user       {told['user']}, with {' and '.join(told['roles'])} in {where!r}")
    if told["saved"] is not None:
        say(f"address    in {told['saved']}: give it to them for --store-file")
        return
    say(f"address    {told['address']}")
    if "password" in told:
        say(f"password   {told['password']}")


def _password(file: Path | None) -> tuple[str, bool]:
    """The password of the new user, and whether it was made up here."""
    if file is None and PASSWORD_VARIABLE not in os.environ:
        return secrets.token_urlsafe(24), True
    if file is None:
        given = os.environ[PASSWORD_VARIABLE]
    elif str(file) != "-":
        given = read_private(file, "the password's file")
    elif sys.stdin.isatty():
        given = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        given = sys.stdin.readline()
    given = given.rstrip("\r\n")
    if not given or "\n" in given:
        raise InvalidInput("the password is empty, or longer than a line: expected one line")
    return given, False


def _check(name: str, *, x509: bool, password_file: Path | None) -> None:
    if not name.strip() or not name.isprintable():
        raise InvalidInput(f"{name!r} cannot name a user: expected printable characters")
    if x509 and "=" not in name:
        raise InvalidInput(
            f"{name!r} is no subject of a certificate: expected what `openssl x509 -noout -subject "
            "-nameopt RFC2253 -in FILE` says, such as 'CN=node-7,OU=gpu,O=lab'"
        )
    if x509 and password_file is not None:
        raise InvalidInput("--x509 and --password-file exclude each other: leave one of them out")


def _refuse_files(**files: Path | None) -> None:
    """See that no file was given where no user is made, and it is neither read nor written."""
    for name, file in files.items():
        if file is not None:
            raise InvalidInput(
                f"--print and --{name.replace('_', '-')} exclude each other, because --print "
                "makes no user: leave one of them out"
            )


def _refuse_options(context: click.Context) -> None:
    """See that nothing was said before the sub-command, where it would not be heard."""
    for name in context.params:
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"give every option after {context.invoked_subcommand!r}")


@contextmanager
def _administrator(where: StoreAddress) -> Iterator[tuple[Connection, str]]:
    """A connection with the address given, and that address; nothing is set up or looked at."""
    from parzen.shared.mongo.connection import open_connection  # noqa: PLC0415 - as above
    from parzen.shared.mongo.embedded import Embedded  # noqa: PLC0415 - as above

    uri = where.store or Embedded(where.home).up().uri
    link = open_connection(uri)
    try:
        yield link, uri
    finally:
        link.client.close()


def _database(where: StoreAddress) -> str:
    from parzen.shared.mongo.addressing import database_of  # noqa: PLC0415 - as above

    return database_of(where.store)


def _described(role: Role, database: str) -> dict[str, Any]:
    from parzen.shared.mongo.roles import PRIVILEGES  # noqa: PLC0415 - as above

    return {"role": role.stored, "database": database, "privileges": PRIVILEGES[role]}


def _allowed(role: Role) -> str:
    """What the role may write, in words."""
    from parzen.shared.mongo.roles import EVERYWHERE, PRIVILEGES  # noqa: PLC0415 - as above

    rights = [
        f"{'/'.join(actions)} {collection}"
        for collection, actions in PRIVILEGES[role].items()
        if collection != EVERYWHERE
    ]
    return f"reads everything; {', '.join(rights) or 'writes nothing'}"


def _print(steps: Iterable[Step], *, as_json: bool) -> None:
    """Show commands: as JSON objects, or as lines for mongosh."""
    if as_json:
        print_json("commands", steps)
        return
    for step in steps:
        command = json.dumps(step.command).replace(f'"pwd": "{ASKED}"', '"pwd": passwordPrompt()')
        say(f"db.getSiblingDB({json.dumps(step.database)}).runCommand({command})")
