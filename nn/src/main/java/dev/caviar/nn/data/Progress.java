package dev.caviar.nn.data;

/// Hears how far a download is. Called often, from another thread.
///
/// ```java
/// Progress progress = (file, done, total) -> System.err.printf("\r%s %d %%", file, 100 * done / Math.max(1, total));
/// ```
@FunctionalInterface
public interface Progress {
    /// Hears nothing.
    Progress NONE = (_, _, _) -> { };

    /// `done` of `total` bytes of `file` have arrived; `total` is -1 where the server does not say.
    void update(String file, long done, long total);
}
