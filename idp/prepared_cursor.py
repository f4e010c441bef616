"""A cursor for statements that run often on PostgreSQL: one call of libpq for each, without psycopg's own cursor.

psycopg prepares these statements and keeps the list of them; a statement that is in the list goes straight to libpq,
whose call holds no lock of the interpreter. To build psycopg's cursor around it takes three times as long.
psycopg is installed with PostgreSQL only, so it is handed in by the dialect.
"""

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

if TYPE_CHECKING:
    import psycopg
    from psycopg.abc import Transformer
    from psycopg.pq.abc import PGresult

Value = object
KEPT = 500
"""Prepared statements of a connection: more than there are, so that none is prepared again and again."""
OFFLINE = "the connection to the database broke"


def keep(engine: sa.Engine) -> None:
    """Have psycopg keep the prepared statements of this engine's connections."""
    sa.event.listen(engine, "connect", _keep)


def _keep(raw: "psycopg.Connection", _record: object) -> None:
    raw.prepared_max = KEPT


class PreparedCursor:
    """Executes one statement with numbered parameters (`$1`), and reads its rows once. Raises psycopg's errors.

    The connection belongs to this thread meanwhile, as each connection that is taken from a pool does.
    """

    def __init__(self, dialect: sa.Dialect, connection: sa.PoolProxiedConnection) -> None:
        self._psycopg = cast(ModuleType, dialect.loaded_dbapi)
        self._connection = cast("psycopg.Connection", connection.dbapi_connection)
        self._adaptation: Transformer = self._psycopg.adapt.Transformer(self._connection)
        self._result: PGresult | None = None

    @property
    def rowcount(self) -> int:
        """The number of rows that an UPDATE or DELETE matched."""
        return (self._result.command_tuples or 0) if self._result is not None else -1

    def execute(self, text: str, values: Sequence[Value], /) -> None:
        """Run it, in a transaction that begins with it where the connection is not in autocommit."""
        formats = [self._psycopg.adapt.PyFormat.AUTO] * len(values)
        given = self._adaptation.dump_sequence(values, formats)
        name = self._connection._prepared._names.get((text.encode(), self._adaptation.types or ()))
        if name is None:
            self._prepare(text, values)
            return
        libpq = self._connection.pgconn
        idle = self._psycopg.pq.TransactionStatus.IDLE
        if not self._connection.autocommit and libpq.transaction_status == idle:
            self._verified(libpq.exec_(self._connection._get_tx_start_command()))
        self._result = self._verified(libpq.exec_prepared(name, cast(list[bytes], given), self._adaptation.formats))
        self._adaptation.set_pgresult(self._result)

    def fetchone(self) -> Sequence[Value] | None:
        """Return the first row; None where there is none."""
        if self._result is None or not self._result.ntuples:
            return None
        return self._adaptation.load_row(0, tuple)

    def fetchall(self) -> Sequence[Sequence[Value]]:
        """Return every row."""
        return self._adaptation.load_rows(0, self._result.ntuples, tuple) if self._result is not None else []

    def close(self) -> None:
        """Drop the rows."""
        self._result = None

    def _prepare(self, text: str, values: Sequence[Value]) -> None:
        """Let psycopg run it, and prepare it unless a pooler stands before the database (`prepare_threshold`)."""
        cursor = self._psycopg.RawCursor(self._connection)
        cursor.execute(text.encode(), values, prepare=self._connection.prepare_threshold is not None)
        self._result = cursor.pgresult
        self._adaptation.set_pgresult(self._result)

    def _verified(self, result: "PGresult") -> "PGresult":
        status = self._psycopg.pq.ExecStatus
        if result.status in (status.TUPLES_OK, status.COMMAND_OK):
            return result
        if self._connection.broken:
            raise self._psycopg.OperationalError(OFFLINE)
        raise self._psycopg.errors.error_from_result(result)
