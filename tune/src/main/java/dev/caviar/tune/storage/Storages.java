package dev.caviar.tune.storage;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/// Opens storages by their URL.
///
/// | URL | storage |
/// |---|---|
/// | `memory` | in this process |
/// | `sqlite:PATH` | a SQLite file |
/// | `sqlite:///PATH` | the same in SQLAlchemy's form: three slashes before a relative path, four for an absolute one |
/// | `jdbc:sqlite:PATH` | the same in JDBC's form |
/// | `journal:FILE` | a file of Optuna's journal format |
/// | `postgresql://USER:PASSWORD@HOST:PORT/DATABASE` | a PostgreSQL server; `postgresql+psycopg2://...` is the same |
///
/// A URL of a SQLite file or a journal may end in `?sync=full`: then every commit waits for the disk and survives the end of the machine, not only of the process; and that of a SQLite file in
/// `?timeout=SECONDS`, how long another writer is waited for (60). A PostgreSQL URL may end in `?sslmode=require` and other options of its own
/// programs, in `?timezone=ZONE` where the server's clock is not set to UTC, and in `?timeout=SECONDS`, how long another's lock, or a server that is
/// away, is waited for (60).
///
/// ```java
/// try (var storage = Storages.open("memory")) {
///     assert storage.names().isEmpty();
/// }
/// ```
public final class Storages {
    private Storages() {}

    /// Opens the storage of a URL. Throws [StorageException] with the known forms where it is none of them.
    public static Storage open(String url) {
        if (url.equals("memory")) return new MemoryStorage();
        for (var prefix : List.of("journal:", "jdbc:sqlite:", "sqlite:///", "sqlite:"))
            if (url.startsWith(prefix)) return file(url, url.substring(prefix.length()));
        if (PostgresUrl.matches(url)) return RdbStorage.postgresql(url);
        throw unknownForm(url);
    }

    /// Opens the storage of a URL without making it. Throws [StorageException] where there is no such file.
    public static Storage existing(String url) {
        for (var prefix : List.of("journal:", "jdbc:sqlite:", "sqlite:///", "sqlite:"))
            if (url.startsWith(prefix)) {
                var path = url.substring(prefix.length()).split("\\?", 2)[0];
                if (!path.isBlank() && path.indexOf('\0') < 0 && !Files.exists(Path.of(path)))
                    throw new StorageException("There is no file " + path + " for the storage " + url + ".\nMaybe another folder or name was meant.");
                break;
            }
        return open(url);
    }

    private static Storage file(String url, String rest) {
        var journal = url.startsWith("journal:");
        var question = rest.indexOf('?');
        var path = question < 0 ? rest : rest.substring(0, question);
        if (path.isBlank() || path.startsWith("//") || path.equals(":memory:")) throw unknownForm(url);
        var full = false;
        var seconds = 60;
        for (var option : question < 0 ? new String[0] : rest.substring(question + 1).split("&")) {
            if (option.matches("sync=(full|normal)")) full = option.equals("sync=full");
            else if (!journal && option.matches("timeout=[0-9]{1,5}")) seconds = Integer.parseInt(option.substring(8));
            else throw new StorageException("The storage \"" + url + "\" has the unknown option \"" + option
                        + "\".\nMaybe sync=full" + (journal ? " or sync=normal" : ", sync=normal or timeout=SECONDS") + " was meant.");
        }
        try {
            return journal ? JournalStorage.open(Path.of(path), full) : RdbStorage.sqlite(Path.of(path), full, seconds);
        } catch (InvalidPathException e) {
            throw new StorageException("The storage \"" + url + "\" has no path that a file can have: " + e.getReason(), e);
        }
    }

    private static StorageException unknownForm(String url) {
        return new StorageException("\"" + url + "\" is not the URL of a storage."
                + "\nMaybe one of memory, sqlite:PATH, sqlite:///PATH (three slashes relative, four absolute), jdbc:sqlite:PATH, journal:PATH, postgresql://USER:PASSWORD@HOST/DATABASE was meant.");
    }

    static StorageException unknown(String study, String storage, List<String> names) {
        return new StorageException("There is no study \"" + study + "\" in " + storage + "."
                + (names.isEmpty() ? "\nMaybe it is in another storage: this one is empty." : "\nMaybe one of " + String.join(", ", names) + " was meant."));
    }
}
