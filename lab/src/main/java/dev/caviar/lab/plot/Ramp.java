package dev.caviar.lab.plot;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;

/// Colours from bad to good, which differ in lightness as well, and the bar that explains them.
///
/// @param name what they show
/// @param bad  what is written at the bad end
/// @param good what is written at the good end
record Ramp(String name, String bad, String good) {
    private static final int[] STOPS = {0x173A63, 0x2F6DB5, 0x8FB9E4, 0xF7E3A1, 0xF2A93B, 0xD55E00};
    private static final int BAR = 180, HIGH = 10, GAP = 8;

    /// The colour at a place in [0, 1], 1 being good.
    static Color at(double goodness) {
        var along = Math.clamp(goodness, 0, 1) * (STOPS.length - 1);
        var below = Math.min((int) along, STOPS.length - 2);
        Color from = new Color(STOPS[below]), to = new Color(STOPS[below + 1]);
        var part = along - below;
        return new Color(mixed(from.getRed(), to.getRed(), part), mixed(from.getGreen(), to.getGreen(), part), mixed(from.getBlue(), to.getBlue(), part));
    }

    private static int mixed(int from, int to, double part) {
        return (int) Math.round(from + part * (to - from));
    }

    /// Draws name, bar and ends in the middle of a line.
    void draw(Graphics2D g, double middle, double y) {
        double words = Wording.width(name, Look.NAME), left = Wording.width(bad, Look.TICK), right = Wording.width(good, Look.TICK);
        var x = middle - (words + 2 * GAP + left + GAP + BAR + GAP + right) / 2;
        g.setFont(Look.NAME);
        g.setColor(Look.INK);
        g.drawString(name, (float) x, (float) y + 4.3f);
        x += words + 2 * GAP;
        g.setFont(Look.TICK);
        g.setColor(Look.QUIET_INK);
        g.drawString(bad, (float) x, (float) y + 4);
        x += left + GAP;
        for (var i = 0; i < BAR; i++) {
            g.setColor(at((i + 0.5) / BAR));
            g.fill(new Rectangle2D.Double(x + i, y - HIGH / 2.0, 1.5, HIGH));
        }
        g.setColor(Look.QUIET_INK);
        g.drawString(good, (float) (x + BAR + GAP), (float) y + 4);
    }
}
