package dev.caviar.tune.storage;

import org.jspecify.annotations.Nullable;

/// A study that cannot be kept, found or used as asked; the message names the storage and the reason.
///
/// ```java
/// try (var storage = Storages.open("memory")) {
///     storage.trials("nobody");
/// } catch (StorageException e) {
///     assert e.getMessage().contains("nobody");
/// }
/// ```
public class StorageException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// With a message that names storage and reason.
    public StorageException(String message) {
        super(message);
    }

    /// With the error of the driver below it.
    public StorageException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
