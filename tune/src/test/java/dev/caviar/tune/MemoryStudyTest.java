package dev.caviar.tune;

import dev.caviar.tune.storage.MemoryStorage;
import dev.caviar.tune.storage.Storage;

class MemoryStudyTest extends StudyKit {
    @Override
    Storage storage() {
        return new MemoryStorage();
    }
}
