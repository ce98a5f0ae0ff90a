package dev.caviar.tune;

import dev.caviar.tune.storage.Storage;
import dev.caviar.tune.storage.Storages;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class JournalStudyTest extends StudiesKit {
    @TempDir
    private Path folder;
    private final List<Storage> opened = new ArrayList<>();

    @Override
    Storage storage() {
        var storage = Storages.open("journal:" + folder.resolve("study" + opened.size() + ".log"));
        opened.add(storage);
        return storage;
    }

    @AfterEach
    void close() {
        opened.forEach(Storage::close);
    }
}
