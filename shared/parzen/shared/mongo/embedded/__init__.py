"""A real MongoDB of one's own: found, started, reused, brought back and stopped.

It is a one-member replica set on the loopback interface with authentication, kept under the
user's data directory. :class:`Embedded` is all that the rest of parzen needs.
"""

from parzen.shared.mongo.embedded.diagnosis import PortTaken
from parzen.shared.mongo.embedded.server import Embedded, Running

__all__ = ["Embedded", "PortTaken", "Running"]
