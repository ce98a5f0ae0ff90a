package dev.caviar.lab.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.util.List;

/// Colours, fonts and lines that all pictures share. The hues are those of Okabe and Ito, told apart by colour-blind readers.
final class Look {
    static final Color BACKGROUND = Color.WHITE;
    static final Color NOTHING = new Color(255, 255, 255, 0);
    static final Color VEIL = new Color(255, 255, 255, 215);
    static final Color INK = new Color(0x26303D);
    static final Color QUIET_INK = new Color(0x66707D);
    static final Color FRAME = new Color(0xC3C9D1);
    static final Color GRID = new Color(0xEBEEF2);
    static final Color TRIAL = new Color(0x0072B2);
    static final Color TRIAL_POINT = new Color(0, 0x72, 0xB2, 165);
    static final Color TRIAL_LINE = new Color(0xA9CBE2);
    static final Color BEST = new Color(0xD55E00);
    static final Color MIDDLE = new Color(0x3B4654);
    static final Color PRUNED = new Color(0x8A929C);
    static final Color PRUNED_LINE = new Color(0xD5D9DE);
    static final Color FAILED = new Color(0xB4508C);
    static final Color FAILED_LINE = new Color(0xDDB0CB);

    /// Classes and lines beside each other, in this order.
    static final List<Color> SERIES = List.of(TRIAL, BEST, new Color(0x009E73), FAILED, new Color(0xC98A00), new Color(0x56B4E9), MIDDLE, PRUNED);

    static final Font TITLE = font(Font.BOLD, 14);
    static final Font NAME = font(Font.PLAIN, 12);
    static final Font TICK = font(Font.PLAIN, 11);
    static final Font HEADLINE = font(Font.BOLD, 18);

    static final BasicStroke HAIR = new BasicStroke(0.8f);
    static final BasicStroke FINE = round(1f);
    static final BasicStroke THIN = round(1.4f);
    static final BasicStroke FIRM = round(2f);
    static final BasicStroke BOLD = round(2.8f);
    static final BasicStroke DASHED = new BasicStroke(1.4f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, new float[] {5, 4}, 0);

    private Look() {}

    /// The colour so that many lines over each other still show where most of them are.
    static Color faint(Color color) {
        return new Color(color.getRed(), color.getGreen(), color.getBlue(), 75);
    }

    /// The colour on white paper, of which so much is seen.
    static Color pale(Color color, double share) {
        return new Color(mixed(color.getRed(), share), mixed(color.getGreen(), share), mixed(color.getBlue(), share));
    }

    private static int mixed(int part, double share) {
        return (int) Math.round(255 - (255 - part) * share);
    }

    private static BasicStroke round(float width) {
        return new BasicStroke(width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
    }

    private static Font font(int style, int size) {
        return new Font(Font.SANS_SERIF, style, size);
    }
}
