package dev.caviar.app;

import dev.caviar.nn.data.Progress;
import java.util.Locale;

/// Shows on standard error how far a download is: on a terminal as a bar, else one line for each file.
final class DownloadBar implements Progress, AutoCloseable {
    private static final int WIDTH = 40;
    private static final double MEGABYTE = 1e6;

    private final boolean terminal = Streams.terminal();
    private String current = "";
    private String shown = "";

    @Override
    public synchronized void update(String file, long done, long total) {
        if (!file.equals(current)) {
            close();
            current = file;
            if (!terminal) System.err.println("caviar: downloading " + file + " ...");
        }
        if (!terminal) return;
        var size = String.format(Locale.ROOT, "%.1f MB", done / MEGABYTE);
        var filled = total <= 0 ? 0 : (int) (WIDTH * Math.min(done, total) / total);
        var line = total <= 0 ? file + "  " + size
                : file + "  [" + "=".repeat(filled) + " ".repeat(WIDTH - filled) + "]  " + size + " of "
                + String.format(Locale.ROOT, "%.1f MB", total / MEGABYTE);
        if (line.equals(shown)) return;
        shown = line;
        System.err.print("\r" + line + "\033[K");
    }

    @Override
    public synchronized void close() {
        if (terminal && !current.isEmpty()) System.err.println();
        current = "";
    }
}
