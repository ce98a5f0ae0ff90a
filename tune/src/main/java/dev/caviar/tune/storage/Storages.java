package dev.caviar.tune.storage;

/// Opens storages by their URL.
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
        throw new StorageException("\"" + url + "\" is not the URL of a storage.\nMaybe memory was meant.");
    }

    static StorageException unknown(String study, Storage storage) {
        var names = storage.names();
        return new StorageException("There is no study \"" + study + "\" in " + storage + "."
                + (names.isEmpty() ? "\nMaybe it is in another storage: this one is empty." : "\nMaybe one of " + String.join(", ", names) + " was meant."));
    }
}
