package dev.caviar.tune;

import dev.caviar.tune.storage.MemoryStorage;
import dev.caviar.tune.storage.Storage;

class MemoryStudyTest extends StudiesKit {
    @Override
    Storage storage() {
        return new MemoryStorage();
    }
}
