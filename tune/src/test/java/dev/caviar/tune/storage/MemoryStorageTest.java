package dev.caviar.tune.storage;

import dev.caviar.tune.kit.StorageKit;

class MemoryStorageTest extends StorageKit {
    @Override
    protected Storage open() {
        return new MemoryStorage();
    }
}
