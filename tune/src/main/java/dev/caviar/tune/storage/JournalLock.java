package dev.caviar.tune.storage;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Lets one process at a time write a journal, by the file that Optuna uses: `JOURNAL.lock`, a symbolic link that whoever makes it holds. It works
/// on network drives too. A lock that stays for 30 seconds is that of a dead process, and is taken over.
record JournalLock(Path journal, long graceSeconds) {
    static final long GRACE_SECONDS = 30;

    /// Holds the lock until it is closed.
    Held acquire() {
        var lock = journal.resolveSibling(journal.getFileName() + ".lock");
        FileTime seen = null;
        long since = System.nanoTime(), pause = 1;
        var interrupted = false;
        while (true) {
            try {
                create(lock);
                if (interrupted) Thread.currentThread().interrupt();
                return new Held(lock);
            } catch (FileAlreadyExistsException e) {
                var now = modified(lock);
                if (now == null) continue;    // let go just now
                if (!now.equals(seen)) {
                    seen = now;
                    since = System.nanoTime();
                } else if (System.nanoTime() - since > TimeUnit.SECONDS.toNanos(graceSeconds)) {
                    remove(lock);
                    since = System.nanoTime();
                }
                interrupted |= pause(pause);
                pause = Math.min(2 * pause, 100);
            } catch (IOException e) {
                throw new StorageException("The journal " + journal + " cannot be locked: " + e
                        + "\nMaybe you may not write in its folder, or the disk is full: mend that, then resume the study.", e);
            }
        }
    }

    private void create(Path lock) throws IOException {
        try {
            Files.createSymbolicLink(lock, journal.toAbsolutePath());
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (UnsupportedOperationException | FileSystemException e) {
            Files.createFile(lock);    // Optuna's other lock: a file of the same name, for systems without links
        }
    }

    // Of the journal behind the link, as Optuna looks at it: while somebody writes, nobody is dead.
    private static @Nullable FileTime modified(Path lock) {
        try {
            return Files.getLastModifiedTime(lock);
        } catch (NoSuchFileException e) {
            return Files.exists(lock, LinkOption.NOFOLLOW_LINKS) ? FileTime.fromMillis(0) : null;
        } catch (IOException e) {
            return null;
        }
    }

    // Whoever is interrupted still has to write how its trial ended. Gives whether it was.
    private static boolean pause(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    // Renamed first: of two who want to remove it one does.
    private static void remove(Path lock) {
        var gone = lock.resolveSibling(lock.getFileName() + UUID.randomUUID().toString() + ".rename");
        try {
            Files.move(lock, gone);
            Files.delete(gone);
        } catch (IOException e) {
            System.getLogger(JournalLock.class.getName()).log(System.Logger.Level.DEBUG, "The lock {0} was gone: {1}", lock, e.getMessage());
        }
    }

    /// A lock that is held.
    record Held(Path lock) implements AutoCloseable {
        @Override
        public void close() {
            try {
                Files.deleteIfExists(lock);
            } catch (IOException e) {
                throw new StorageException("The lock " + lock + " cannot be removed: " + e + "\nMaybe remove it by hand.", e);
            }
        }
    }
}
