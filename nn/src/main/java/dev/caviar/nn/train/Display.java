package dev.caviar.nn.train;

import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;

/// Prints how a training goes: a line per epoch, on a terminal with a bar that fills before.
final class Display implements Callback {
    private static final int WIDTH = 24;
    private static final long PAUSE = 100_000_000;
    private final PrintStream out;
    private final boolean bar;
    private long began;
    private long shown;
    private int drawn;

    Display(PrintStream out, boolean bar) {
        this.out = out;
        this.bar = bar;
    }

    @Override
    public Callback begin(Run run) {
        began = System.nanoTime();
        return this;
    }

    @Override
    public void onBatchEnd(Run run) {
        long now = System.nanoTime();
        if (!bar || now - shown < PAUSE) {
            return;
        }
        shown = now;
        int done = run.batch() + 1;
        double seconds = (now - began) * 1e-9;
        if (run.batches() == 0) {
            draw(head(run) + " " + done + " batches" + values(run.logs()) + waited(run, seconds));
            return;
        }
        int filled = (int) ((long) WIDTH * done / run.batches());
        draw(head(run) + " [" + "=".repeat(filled) + (filled < WIDTH ? ">" : "") + " ".repeat(Math.max(0, WIDTH - filled - 1))
                + "] " + done + "/" + run.batches() + values(run.logs())
                + String.format(Locale.ROOT, "  %.0f s left", seconds / done * (run.batches() - done)) + waited(run, seconds));
    }

    @Override
    public void onEpochEnd(Run run) {
        double seconds = (System.nanoTime() - began) * 1e-9;
        var line = head(run) + values(run.logs()) + String.format(Locale.ROOT, "  %.1f s", seconds) + waited(run, seconds);
        if (bar) {
            draw(line);
            drawn = 0;
        } else {
            out.print(line);
        }
        out.println();
        began = System.nanoTime();
    }

    /// A twentieth of the time is worth a word.
    private static String waited(Run run, double seconds) {
        double waited = Math.min(run.waited(), seconds);    // the first batch is made before the clock of the epoch runs
        return waited < seconds / 20 ? "" : String.format(Locale.ROOT, "  (%.0f %% waiting for data)", 100 * waited / seconds);
    }

    private static String head(Run run) {
        int total = run.fit().epochs();
        return String.format(Locale.ROOT, "epoch %" + Integer.toString(total).length() + "d/%d", run.epoch() + 1, total);
    }

    private static String values(Map<String, Double> logs) {
        var text = new StringBuilder();
        logs.forEach((name, value) -> text.append(String.format(Locale.ROOT, "  %s %.4f", name, value)));
        return text.toString();
    }

    /// Over the line that stands there, blanking what is left of it.
    private void draw(String line) {
        out.print("\r" + line + " ".repeat(Math.max(0, drawn - line.length())));
        out.flush();
        drawn = line.length();
    }
}
