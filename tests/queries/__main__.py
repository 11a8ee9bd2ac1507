"""``PYTHONPATH=tests python -m queries``: write the generated parts of docs/queries.md anew."""

import tempfile
from pathlib import Path

from queries.page import PAGE, renewed, text
from queries.population import examples, populate

from parzen.shared.mongo import connect
from parzen.shared.mongo.embedded import Embedded

with tempfile.TemporaryDirectory() as folder:
    server = Embedded(Path(folder))
    with connect(server.up().uri, prepare=True) as store:
        populate(store)
        PAGE.write_text(renewed(text(), examples(store)), "utf-8")
    server.down()
