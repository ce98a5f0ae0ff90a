package dev.caviar.bench;

import dev.caviar.app.BadInput;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// A folder of the cache that holds what a peer needs: made at the first use, by one process at a time, and used again as long as what it is
/// made from stays the same.
///
/// @param folder named by a digest of what it is made from
record Install(Path folder) {
    /// Fills the folder.
    @FunctionalInterface
    interface Work {
        void fill(Path folder) throws IOException;
    }

    /// The folder for what this text describes.
    static Install of(Path cache, String name, String text) {
        return new Install(cache.resolve("bench").resolve(name + "-" + digest(text)));
    }

    private static String digest(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)), 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path done() {
        return folder.resolve("complete");
    }

    /// The folder, filled. What an interrupted run left is filled anew: only a whole one carries the mark.
    Path ready(Work work) {
        if (Files.exists(done())) return folder;
        try {
            Files.createDirectories(folder);
            try (var channel = FileChannel.open(folder.resolveSibling(folder.getFileName() + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    var lock = channel.lock()) {
                if (!Files.exists(done())) {
                    work.fill(folder);
                    Files.createFile(done());
                }
                return folder;
            }
        } catch (IOException e) {
            throw new BadInput("What the peer needs cannot be installed in " + folder + ": " + e + ".\nMaybe the disk is full, or you may not write "
                    + "there: CAVIAR_CACHE names another place.", e);
        }
    }
}
