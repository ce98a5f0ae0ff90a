package dev.caviar.tune;

import dev.caviar.tune.storage.PostgresServer;
import dev.caviar.tune.storage.Storage;
import dev.caviar.tune.storage.Storages;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;

class PostgresStudyTest extends StudiesKit {
    // Databases are slow to make: each is emptied and used again.
    private static final Deque<String> FREE = new ArrayDeque<>();

    private final Map<String, Storage> opened = new HashMap<>();

    @Override
    Storage storage() {
        try {
            var url = FREE.isEmpty() ? PostgresServer.database() : FREE.pop();
            var storage = Storages.open(url);
            opened.put(url, storage);
            return storage;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterEach
    void close() {
        opened.forEach((url, storage) -> {
            storage.names().forEach(storage::delete);
            storage.close();
            FREE.push(url);
        });
    }
}
