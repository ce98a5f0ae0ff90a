package dev.caviar.lab.plot;

import dev.caviar.engine.graph.Diagram;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// A picture of a model or a graph: boxes below each other, arrows between them with what passes along.
///
/// ```java
/// static Path draw(Path folder) throws IOException {
///     var model = Model.of(Dense.of(16, "relu"), Dense.of(3, "softmax")).build(4);
///     return new Drawing(model.diagram()).write(folder, "model.png");
/// }
/// ```
///
/// @param diagram what is drawn, of at most 500 boxes
public record Drawing(Diagram diagram) {
    private static final int MOST = 500;
    private static final int MARGIN = 24, PAD = 14, LINE = 16, TITLE = 20, WIDEST = 330, GAP = 26, BETWEEN = 46, PASSING = 14, HEAD = 34;

    public Drawing {
        if (diagram.boxes().size() > MOST) {
            throw new IllegalArgumentException("Drawing of " + diagram.boxes().size() + " boxes: it would be too large to be looked at.\nMaybe draw "
                    + "its dot() by Graphviz, or a smaller part.");
        }
    }

    /// Writes it as a PNG file; throws [IOException] where the folder cannot be written, and [PictureException] where this machine cannot
    /// draw text.
    public Path write(Path folder, String name) throws IOException {
        return Pictures.save(folder, name, this::image);
    }

    private BufferedImage image() {
        var boxes = diagram.boxes();
        var widths = boxes.stream().mapToDouble(Drawing::width).toArray();
        var heights = boxes.stream().mapToDouble(Drawing::height).toArray();
        var layout = new Layered(diagram, widths, GAP, PASSING);
        var tall = layout.heights(heights);
        var middle = new double[tall.length];
        double y = MARGIN + (diagram.title().isEmpty() ? 0 : HEAD);
        for (int r = 0; r < tall.length; r++) {
            middle[r] = y + tall[r] / 2;
            y += tall[r] + BETWEEN;
        }
        double room = Wording.width(diagram.title(), Look.HEADLINE);
        int width = (int) Math.ceil(Math.max(layout.width() + labels(), room)) + 2 * MARGIN;
        var image = new BufferedImage(Figure.SCALE * width, Figure.SCALE * (int) Math.ceil(y - BETWEEN + MARGIN), BufferedImage.TYPE_INT_RGB);
        var g = image.createGraphics();
        try {
            Figure.prepare(g, image);
            text(g, diagram.title(), Look.HEADLINE, Look.INK, MARGIN, MARGIN + 14);
            g.translate(MARGIN, 0);
            for (int i = 0; i < diagram.arrows().size(); i++) {
                arrow(g, layout.paths.get(i), middle, tall, heights, diagram.arrows().get(i));
            }
            for (int i = 0; i < boxes.size(); i++) {
                box(g, boxes.get(i), layout.boxes.get(i).x, middle[layout.boxes.get(i).rank], widths[i], heights[i]);
            }
        } finally {
            g.dispose();
        }
        return image;
    }

    /// Room to the right for the words beside the last arrow.
    private double labels() {
        return diagram.arrows().stream().mapToDouble(arrow -> Wording.width(arrow.label(), Look.TICK) / 2).max().orElse(0);
    }

    private static double width(Diagram.Box box) {
        double widest = Wording.width(box.title(), Look.TITLE);
        for (var line : box.lines()) {
            widest = Math.max(widest, Wording.width(line, Look.TICK));
        }
        return Math.min(widest, WIDEST) + 2 * PAD + (box.kind() == Diagram.Kind.INPUT ? PAD : 0);
    }

    private static double height(Diagram.Box box) {
        return TITLE + LINE * box.lines().size() + PAD;
    }

    private static void box(Graphics2D g, Diagram.Box box, double x, double y, double width, double height) {
        var shape = switch (box.kind()) {
            case INPUT -> new RoundRectangle2D.Double(x - width / 2, y - height / 2, width, height, height, height);
            case OP, OUTPUT -> new RoundRectangle2D.Double(x - width / 2, y - height / 2, width, height, 10, 10);
        };
        var color = switch (box.kind()) {
            case INPUT -> Look.TRIAL;
            case OP -> Look.MIDDLE;
            case OUTPUT -> Look.BEST;
        };
        g.setColor(pale(color));
        g.fill(shape);
        g.setColor(color);
        g.setStroke(Look.THIN);
        g.draw(shape);
        double base = y - height / 2 + PAD / 2.0 + 14;
        centred(g, Wording.fit(box.title(), Look.TITLE, WIDEST), Look.TITLE, Look.INK, x, base);
        for (var line : box.lines()) {
            base += LINE;
            centred(g, Wording.fit(line, Look.TICK, WIDEST), Look.TICK, Look.QUIET_INK, x, base);
        }
    }

    /// Down from the lower edge of a box to the upper edge of another, straight past the ranks between.
    private void arrow(Graphics2D g, List<Layered.Spot> path, double[] middle, double[] tall, double[] heights, Diagram.Arrow arrow) {
        var line = new Path2D.Double();
        double x = path.getFirst().x;
        double y = middle[path.getFirst().rank] + heights[arrow.from()] / 2;
        line.moveTo(x, y);
        for (int k = 1; k < path.size(); k++) {
            var spot = path.get(k);
            boolean last = k == path.size() - 1;
            double top = middle[spot.rank] - (last ? heights[arrow.to()] / 2 : tall[spot.rank] / 2);
            double half = (y + top) / 2;
            line.curveTo(x, half, spot.x, half, spot.x, last ? top - 5 : top);
            x = spot.x;
            y = top;
            if (!last) {
                y = middle[spot.rank] + tall[spot.rank] / 2;
                line.lineTo(x, y);
            }
        }
        g.setColor(Look.PRUNED);
        g.setStroke(Look.THIN);
        g.draw(line);
        var head = new Path2D.Double();
        head.moveTo(x, y);
        head.lineTo(x - 4.5, y - 9);
        head.lineTo(x + 4.5, y - 9);
        head.closePath();
        g.fill(head);
        label(g, arrow.label(), path, middle, heights, arrow);
    }

    /// In the middle of the way to the first spot, on a patch of background.
    private static void label(Graphics2D g, String label, List<Layered.Spot> path, double[] middle, double[] heights, Diagram.Arrow arrow) {
        if (label.isEmpty()) {
            return;
        }
        double x = (path.get(0).x + path.get(1).x) / 2;
        double from = middle[path.get(0).rank] + heights[arrow.from()] / 2;
        double y = from + BETWEEN / 2.0 - 1;
        double width = Wording.width(label, Look.TICK);
        g.setColor(Look.BACKGROUND);
        g.fill(new Rectangle2D.Double(x - width / 2 - 2, y - 8, width + 4, 15));
        centred(g, label, Look.TICK, Look.QUIET_INK, x, y + 4);
    }

    private static void centred(Graphics2D g, String text, Font font, Color color, double x, double base) {
        text(g, text, font, color, x - Wording.width(text, font) / 2, base);
    }

    private static void text(Graphics2D g, String text, Font font, Color color, double x, double y) {
        g.setFont(font);
        g.setColor(color);
        g.drawString(text, (float) x, (float) y);
    }

    private static Color pale(Color color) {
        return new Color((color.getRed() + 9 * 255) / 10, (color.getGreen() + 9 * 255) / 10, (color.getBlue() + 9 * 255) / 10);
    }
}
