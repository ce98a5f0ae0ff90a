package dev.caviar.lab.plot;

import java.awt.Color;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Map;

/// Shares as bars beside their names, the greatest above.
final class Bars {
    private static final int MOST = 15;

    private Bars() {}

    static Plot plot(String title, String meaning, Map<String, Double> shares, Color color) {
        var shown = new ArrayList<>(shares.entrySet()).subList(0, Math.min(MOST, shares.size())).reversed();
        var most = shown.stream().mapToDouble(Map.Entry::getValue).max().orElse(1);
        var rest = shares.size() - shown.size();
        var plot = new Plot(title + (rest > 0 ? ", " + MOST + " of " + shares.size() : ""), Axis.linear(meaning, new Range(0, 118 * Math.max(most, 0.01)), 5, false),
                Axis.words("", shown.stream().map(entry -> Wording.words(entry.getKey())).toList()));
        plot.layer(g -> {
            for (var i = 0; i < shown.size(); i++) {
                double from = plot.across(0), to = plot.across(100 * shown.get(i).getValue() / plot.x.step());
                double top = plot.down(i + 0.34), below = plot.down(i - 0.34), high = Math.min(below - top, 26);
                g.setColor(color);
                g.fill(new Rectangle2D.Double(from, (top + below - high) / 2, Math.max(1, to - from), high));
                g.setFont(Look.TICK);
                g.setColor(Look.QUIET_INK);
                g.drawString(String.format(Locale.ROOT, "%.1f %%", 100 * shown.get(i).getValue()), (float) to + 5, (float) (top + below) / 2 + 4);
            }
        });
        if (shares.isEmpty()) plot.say("Two trials with different values are needed.");
        return plot;
    }
}
