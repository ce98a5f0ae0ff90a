package dev.caviar.lab.plot;

import dev.caviar.engine.compile.Profile;
import dev.caviar.engine.compile.Roofline;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A picture of where a program's time goes: a bar for each of its longest steps, the dark part of which the machine needs at least.
///
/// ```java
/// static Path draw(Profile profile, Path folder) throws IOException {
///     var timing = profile.timings().getFirst();
///     return new Timings(timing, Roofline.of(timing.threads())).write(folder, "profile.png");
/// }
/// ```
///
/// @param timing what was timed
/// @param roof   what the machine can do
public record Timings(Profile.Timing timing, Roofline roof) {
    private static final int ROWS = 24;
    private static final int MARGIN = 22, LABEL = 400, BARS = 380, NOTES = 230, ROW = 22, HEAD = 78, FOOT = 44;
    private static final Color ARITHMETIC = Look.TRIAL, MEMORY = Look.BEST, REFERENCE = Look.FAILED;

    /// One bar.
    private record Bar(String part, String what, double seconds, double limit, double share, String note, Color color) {}

    /// Writes it as a PNG file; throws [IOException] where the folder cannot be written, and [PictureException] where this machine cannot
    /// draw text.
    public Path write(Path folder, String name) throws IOException {
        return Pictures.save(folder, name, this::image);
    }

    List<String> labels() {
        return bars().stream().map(bar -> (bar.part.isEmpty() ? "" : bar.part + "  ") + bar.what).toList();
    }

    private List<Bar> bars() {
        var rows = timing.sorted();
        var bars = new ArrayList<Bar>();
        double whole = Math.max(1e-12, timing.mean());
        for (var row : rows.subList(0, Math.min(ROWS, rows.size()))) {
            var cost = row.step().cost();
            double limit = Math.min(row.mean(), roof.seconds(cost));
            boolean memory = roof.memoryBound(cost);
            var rate = memory ? String.format(Locale.ROOT, "%.1f GB/s", row.bandwidth() * 1e-9) : String.format(Locale.ROOT, "%.1f GFLOP/s", row.flops() * 1e-9);
            bars.add(new Bar(row.step().part(), row.step().what(), row.mean(), limit, row.mean() / whole, rate,
                    row.reference() ? REFERENCE : memory ? MEMORY : ARITHMETIC));
        }
        if (rows.size() > ROWS) {
            var rest = rows.subList(ROWS, rows.size());
            double seconds = rest.stream().mapToDouble(Profile.Row::mean).sum();
            double limit = rest.stream().mapToDouble(row -> Math.min(row.mean(), roof.seconds(row.step().cost()))).sum();
            bars.add(new Bar("", rest.size() + " other steps", seconds, limit, seconds / whole, "", Look.PRUNED));
        }
        return bars;
    }

    private BufferedImage image() {
        var bars = bars();
        int width = 2 * MARGIN + LABEL + BARS + NOTES;
        int height = HEAD + bars.size() * ROW + FOOT;
        var image = new BufferedImage(Figure.SCALE * width, Figure.SCALE * height, BufferedImage.TYPE_INT_RGB);
        var g = image.createGraphics();
        try {
            Figure.prepare(g, image);
            head(g);
            double most = bars.stream().mapToDouble(Bar::seconds).max().orElse(1);
            grid(g, most, bars.size());
            for (int i = 0; i < bars.size(); i++) {
                bar(g, bars.get(i), HEAD + i * ROW, most);
            }
            foot(g, HEAD + bars.size() * ROW + 28);
        } finally {
            g.dispose();
        }
        return image;
    }

    private void head(Graphics2D g) {
        var title = String.format(Locale.ROOT, "%s: %s a run", timing.program(), time(timing.mean()));
        text(g, title, Look.HEADLINE, Look.INK, MARGIN, 30);
        var cost = timing.plan().cost();
        double limit = timing.rows().stream().mapToDouble(row -> Math.min(row.mean(), roof.seconds(row.step().cost()))).sum();
        text(g, String.format(Locale.ROOT, "mean of %,d runs of %d steps on %d thread%s, %.1f GFLOP/s; the steps' limits add up to %s (%.0f %%)", timing.runs(),
                timing.rows().size(), timing.threads(), timing.threads() == 1 ? "" : "s", cost.flops() / timing.mean() * 1e-9, time(limit),
                100 * limit / timing.mean()), Look.NAME, Look.QUIET_INK, MARGIN, 49);
    }

    /// Lines at round times.
    private static void grid(Graphics2D g, double most, int rows) {
        double step = Math.pow(10, Math.floor(Math.log10(most)));
        step = most / step < 2 ? step / 4 : most / step < 5 ? step / 2 : step;
        g.setStroke(Look.HAIR);
        for (int i = 0; i * step <= most * 1.001; i++) {
            double x = MARGIN + LABEL + BARS * i * step / most;
            g.setColor(i == 0 ? Look.FRAME : Look.GRID);
            g.draw(new Rectangle2D.Double(x, HEAD - 4, 0, rows * ROW + 4));
            var label = i == 0 ? "0" : time(i * step);
            text(g, label, Look.TICK, Look.QUIET_INK, x - Wording.width(label, Look.TICK) / 2, HEAD - 9);
        }
    }

    private static void bar(Graphics2D g, Bar bar, double top, double most) {
        double base = top + 15;
        var part = Wording.fit(bar.part, Look.NAME, LABEL * 0.44);
        text(g, part, Look.NAME, Look.INK, MARGIN, base);
        var what = Wording.fit(bar.what, Look.TICK, LABEL * 0.56 - 20);
        text(g, what, Look.TICK, Look.QUIET_INK, MARGIN + LABEL - 8 - Wording.width(what, Look.TICK), base);
        double x = MARGIN + LABEL;
        g.setColor(pale(bar.color));
        g.fill(new Rectangle2D.Double(x, top + 4, Math.max(1, BARS * bar.seconds / most), ROW - 8));
        g.setColor(bar.color);
        g.fill(new Rectangle2D.Double(x, top + 4, BARS * bar.limit / most, ROW - 8));
        double at = MARGIN + LABEL + BARS;
        right(g, time(bar.seconds), Look.NAME, Look.INK, at + 72, base);
        right(g, String.format(Locale.ROOT, "%.1f %%", 100 * bar.share), Look.NAME, Look.QUIET_INK, at + 126, base);
        right(g, bar.note, Look.TICK, Look.QUIET_INK, at + NOTES, base);
    }

    private void foot(Graphics2D g, double base) {
        double x = MARGIN;
        x = key(g, x, base, ARITHMETIC, "at best, arithmetic decides (" + String.format(Locale.ROOT, "%.0f GFLOP/s)", roof.flops() * 1e-9));
        x = key(g, x, base, MEMORY, String.format(Locale.ROOT, "at best, memory decides (%.0f GB/s; in cache up to %.0f)",
                roof.levels().getLast().perSecond() * 1e-9, roof.levels().getFirst().perSecond() * 1e-9));
        x = key(g, x, base, pale(ARITHMETIC), "above that");
        if (timing.rows().stream().anyMatch(Profile.Row::reference)) {
            key(g, x, base, REFERENCE, "a library's reference routine");
        }
    }

    private static double key(Graphics2D g, double x, double base, Color color, String meaning) {
        g.setColor(color);
        g.fill(new Rectangle2D.Double(x, base - 10, 18, 12));
        text(g, meaning, Look.NAME, Look.INK, x + 24, base);
        return x + 24 + Wording.width(meaning, Look.NAME) + 24;
    }

    private static Color pale(Color color) {
        return new Color((color.getRed() + 3 * 255) / 4, (color.getGreen() + 3 * 255) / 4, (color.getBlue() + 3 * 255) / 4);
    }

    private static void right(Graphics2D g, String text, Font font, Color color, double end, double base) {
        text(g, text, font, color, end - Wording.width(text, font), base);
    }

    private static void text(Graphics2D g, String text, Font font, Color color, double x, double y) {
        g.setFont(font);
        g.setColor(color);
        g.drawString(text, (float) x, (float) y);
    }

    private static String time(double seconds) {
        double scaled = seconds < 1e-3 ? seconds * 1e6 : seconds < 1 ? seconds * 1e3 : seconds;
        var unit = seconds < 1e-3 ? "µs" : seconds < 1 ? "ms" : "s";
        return String.format(Locale.ROOT, scaled < 10 ? "%.2f %s" : scaled < 100 ? "%.1f %s" : "%.0f %s", scaled, unit);
    }
}
