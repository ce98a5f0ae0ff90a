package dev.caviar.tune.storage;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Optional;

/// What differs from one database to another below the same rows: how to connect, lock, ask what changed, and say what went wrong.
sealed interface Database extends AutoCloseable permits SqliteDatabase, PostgresDatabase {
    /// Begins a transaction.
    SqlRows begin(boolean write) throws SQLException;

    /// Returns when the transaction is done for good; throws where it is undone.
    void commit(SqlRows rows) throws SQLException;

    /// Undoes the transaction, as far as it is still there.
    void rollback(SqlRows rows);

    /// A number that is another one whenever another connection may have committed.
    long version(SqlRows rows) throws SQLException;

    /// Whether one writer at a time has the whole database, so that rows need no lock.
    boolean locksAll();

    /// A condition on `t.trial_id` with one argument, [#ids].
    String among();

    /// The argument of [#among()].
    String ids(Collection<Long> ids);

    /// A condition on `h.heartbeat` of `t`, with one argument: it is more seconds ago than that, by the clock that wrote it.
    String silent();

    /// Whether the work, begun at this [System#nanoTime()], is worth another try after this error; waits a little where it is.
    boolean retry(SQLException e, int tries, long began);

    StorageException failure(String what, SQLException e);

    Optional<Path> folder();

    @Override
    void close();
}
