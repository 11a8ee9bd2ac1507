"""Users of a store's database who have one of parzen's roles, and nothing else."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from urllib.parse import quote_plus

from parzen.shared.mongo import connect
from parzen.shared.mongo.connection import open_connection
from parzen.shared.mongo.roles import Role, make_roles, make_user

PASSWORD = "p@ss:w/rd %40 ü?"
"""As awkward as a password can be."""


class Accounts:
    """A user for each role: his address, and a store opened with it."""

    def __init__(self, admin_uri, exits):
        self._exits, self.admin_uri = exits, admin_uri
        link = open_connection(admin_uri)
        exits.callback(link.client.close)
        self.link, self.database = link, link.db.name
        make_roles(link)
        exits.callback(link.db.command, "dropAllRolesFromDatabase")
        self._host = admin_uri.rpartition("@")[2].partition("/")[0]
        self._stores = {}
        for role in Role:
            make_user(link, role.value, [role], password=PASSWORD, replace=False)
        exits.callback(link.db.command, "dropAllUsersFromDatabase")

    def uri(self, role, password=PASSWORD):
        """The address with which the user of ``role`` connects."""
        who = f"{Role(role).value}:{quote_plus(password)}"
        return f"mongodb://{who}@{self._host}/{self.database}?directConnection=true"

    def store(self, role):
        """The store as the user of ``role`` sees it."""
        if role not in self._stores:
            self._stores[role] = self._exits.enter_context(connect(self.uri(role)))
        return self._stores[role]


@contextmanager
def accounts(admin_uri):
    """A user for each role in the database that ``admin_uri`` names."""
    with ExitStack() as exits:
        yield Accounts(admin_uri, exits)
