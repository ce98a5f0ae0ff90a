package dev.caviar.tune.storage;

class MemoryStorageTest extends StorageKit {
    @Override
    Storage open() {
        return new MemoryStorage();
    }
}
