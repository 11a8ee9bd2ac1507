"""Everything parzen raises, in one tree.

::

    ParzenError
    ├── InvalidInput              the caller's fault: mend the argument (also a ValueError)
    │   ├── InvalidSpace          a search space that cannot be searched
    │   ├── InvalidParams         parameters that do not lie in the space
    │   │   └── InvalidProposal   what a sampler of somebody's own proposed is no trial
    │   ├── InvalidObjective      an objective that cannot travel, or cannot be called
    │   ├── InvalidStudy          a study's name, limits or options
    │   ├── InvalidResult         what an objective returned cannot be a loss
    │   ├── InvalidStore          a store's address that cannot be read
    │   └── InvalidKey            a key that cannot sign, or be trusted
    ├── NotFound                  no such study or trial
    ├── Conflict                  the name is taken, by another study or another user
    ├── Outdated                  somebody else changed it meanwhile; nothing was stored
    ├── IllegalTransition         the lifecycle has no such step; nothing was changed
    ├── LeaseLost                 the trial went to somebody else; the report was refused
    ├── Incompatible              this process cannot run that bundle, or read that document
    │   └── Untrusted             this worker may not run that bundle; nothing of it was run
    ├── StoreError                the database's fault
    │   ├── StoreUnreachable      no server answered in time
    │   ├── StoreDenied           the server refused the user or the right
    │   └── StoreUnsupported      the server is too old, or cannot do what parzen needs
    │       └── StoreUnprepared   the database was never set up for parzen
    ├── EmbeddedError             the embedded MongoDB could not be found, started or stopped
    └── StudyFailed               a study that was waited for ended without a result

Every message is one sentence that names the value, what was expected and what to do.
``exit_code`` is what the command line returns for it, see :mod:`parzen.shared.exits`.
"""


class ParzenError(Exception):
    """The root: catch this to catch everything that parzen raises."""

    exit_code = 1


class InvalidInput(ParzenError, ValueError):
    """An argument is wrong; nothing was stored."""

    exit_code = 2


class InvalidSpace(InvalidInput):
    """A search space that cannot be searched; names the parameter."""


class InvalidParams(InvalidInput):
    """Parameters that do not lie in the space."""


class InvalidProposal(InvalidParams):
    """What a sampler of somebody's own proposed is no trial of the study; names the sampler."""


class InvalidObjective(InvalidInput):
    """An objective that cannot travel to a worker, or cannot be called."""


class InvalidStudy(InvalidInput):
    """A study's name, limits or options are wrong."""


class InvalidResult(InvalidInput):
    """What an objective returned cannot be a loss."""


class InvalidStore(InvalidInput):
    """The address of a store cannot be read."""


class InvalidKey(InvalidInput):
    """A key cannot sign or be trusted: what it is, or who can read or write its file."""


class NotFound(ParzenError):
    """There is no such study or trial."""

    exit_code = 3


class Conflict(ParzenError):
    """The name is taken: by a study with another search space, or by a user of the database."""

    exit_code = 4


class Outdated(ParzenError):
    """Somebody else changed it meanwhile; this change is out of date and was not stored."""


class IllegalTransition(ParzenError):
    """The lifecycle has no such step; nothing was changed."""


class LeaseLost(ParzenError):
    """The trial was given to somebody else; the report was refused."""


class Incompatible(ParzenError):
    """This process cannot run that bundle, or read that document."""


class Untrusted(Incompatible):
    """This worker may not run that bundle; nothing of it was unpickled or imported."""


class StoreError(ParzenError):
    """The database failed; the operation may be tried again."""

    exit_code = 5


class StoreUnreachable(StoreError):
    """No server answered in time, or none can take what is written just now: worth waiting for."""


class StoreDenied(StoreError):
    """The server refused the user, or the right to do this."""


class StoreUnsupported(StoreError):
    """The server is too old, or cannot do what parzen needs."""


class StoreUnprepared(StoreUnsupported):
    """The database was never set up for parzen."""


class EmbeddedError(ParzenError):
    """The embedded MongoDB could not be found, started or stopped."""

    exit_code = 6


class StudyFailed(ParzenError):
    """A study that was waited for ended without a result."""

    exit_code = 7
