package dev.caviar.lab.plot;

import dev.caviar.engine.graph.Diagram;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Path2D;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
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

    /// Where everything stands: the boxes with their sizes, and each rank's middle and height.
    private record Frame(Layered layout, double[] widths, double[] heights, double[] tall, double[] middle, double bottom) {
        static Frame of(Diagram diagram) {
            var widths = diagram.boxes().stream().mapToDouble(Drawing::width).toArray();
            var heights = diagram.boxes().stream().mapToDouble(Drawing::height).toArray();
            var layout = new Layered(diagram, widths, GAP, PASSING);
            var tall = layout.heights(heights);
            var middle = new double[tall.length];
            double y = MARGIN + (diagram.title().isEmpty() ? 0 : HEAD);
            for (int r = 0; r < tall.length; r++) {
                middle[r] = y + tall[r] / 2;
                y += tall[r] + BETWEEN;
            }
            return new Frame(layout, widths, heights, tall, middle, y - BETWEEN);
        }

        Rectangle2D box(int i) {
            var spot = layout.boxes.get(i);
            return patch(spot.x, middle[spot.rank], widths[i], heights[i]);
        }
    }

    /// What is said beside an arrow, and where.
    record Label(String text, Rectangle2D place) {}

    private BufferedImage image() {
        var frame = Frame.of(diagram);
        double room = Wording.width(diagram.title(), Look.HEADLINE);
        int width = (int) Math.ceil(Math.max(frame.layout.width() + room(), room)) + 2 * MARGIN;
        var image = new BufferedImage(Figure.SCALE * width, Figure.SCALE * (int) Math.ceil(frame.bottom + MARGIN), BufferedImage.TYPE_INT_RGB);
        var g = image.createGraphics();
        try {
            Figure.prepare(g, image);
            text(g, diagram.title(), Look.HEADLINE, Look.INK, MARGIN, MARGIN + 14);
            g.translate(MARGIN, 0);
            for (int i = 0; i < diagram.arrows().size(); i++) {
                arrow(g, frame.layout.paths.get(i), frame, diagram.arrows().get(i));
            }
            for (var label : labels(frame)) {
                g.setColor(Look.BACKGROUND);
                g.fill(label.place);
                centred(g, label.text, Look.TICK, Look.QUIET_INK, label.place.getCenterX(), label.place.getCenterY() + 4.5);
            }
            for (int i = 0; i < diagram.boxes().size(); i++) {
                box(g, diagram.boxes().get(i), frame.box(i));
            }
        } finally {
            g.dispose();
        }
        return image;
    }

    /// Room to the right for the words beside the last arrow.
    private double room() {
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

    private static void box(Graphics2D g, Diagram.Box box, Rectangle2D at) {
        double x = at.getCenterX();
        double round = box.kind() == Diagram.Kind.INPUT ? at.getHeight() : 10;
        var shape = new RoundRectangle2D.Double(at.getX(), at.getY(), at.getWidth(), at.getHeight(), round, round);
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
        double base = at.getY() + PAD / 2.0 + 14;
        centred(g, Wording.fit(box.title(), Look.TITLE, WIDEST), Look.TITLE, Look.INK, x, base);
        for (var line : box.lines()) {
            base += LINE;
            centred(g, Wording.fit(line, Look.TICK, WIDEST), Look.TICK, Look.QUIET_INK, x, base);
        }
    }

    /// Down from the lower edge of a box to the upper edge of another, straight past the ranks between.
    private static void arrow(Graphics2D g, List<Layered.Spot> path, Frame frame, Diagram.Arrow arrow) {
        var middle = frame.middle;
        var tall = frame.tall;
        var heights = frame.heights;
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
    }

    /// What passes along each arrow, on a patch of background. Where another label or a box is in the way it slides along its arrow; where there is no
    /// room at all, and another arrow of the same box says the same, it is left out.
    private List<Label> labels(Frame frame) {
        var taken = new ArrayList<Rectangle2D>();
        for (int i = 0; i < diagram.boxes().size(); i++) {
            taken.add(frame.box(i));
        }
        var said = new HashSet<String>();
        var out = new ArrayList<Label>();
        for (int i = 0; i < diagram.arrows().size(); i++) {
            var arrow = diagram.arrows().get(i);
            if (arrow.label().isEmpty()) {
                continue;
            }
            double width = Wording.width(arrow.label(), Look.TICK) + 4;
            var places = places(frame.layout.paths.get(i), frame, arrow).stream().map(at -> patch(at.getX(), at.getY(), width, 15)).toList();
            var free = places.stream().filter(place -> taken.stream().noneMatch(place::intersects)).findFirst();
            if (said.add(arrow.from() + arrow.label()) || free.isPresent()) {
                out.add(new Label(arrow.label(), free.orElse(places.getFirst())));
                taken.add(out.getLast().place);
            }
        }
        return out;
    }

    /// The labels as they are drawn.
    List<Label> labels() {
        return labels(Frame.of(diagram));
    }

    private static Rectangle2D patch(double x, double y, double width, double height) {
        return new Rectangle2D.Double(x - width / 2, y - height / 2, width, height);
    }

    /// Where a label may stand, the best place first: halfway down the first curve, then elsewhere on it and on those that follow.
    private static List<Point2D> places(List<Layered.Spot> path, Frame frame, Diagram.Arrow arrow) {
        var middle = frame.middle;
        var tall = frame.tall;
        var heights = frame.heights;
        var out = new ArrayList<Point2D>();
        for (int k = 1; k < path.size(); k++) {
            var from = path.get(k - 1);
            var to = path.get(k);
            double y = middle[from.rank] + (k == 1 ? heights[arrow.from()] : tall[from.rank]) / 2;
            double top = middle[to.rank] - (k == path.size() - 1 ? heights[arrow.to()] : tall[to.rank]) / 2;
            if (k > 1) {
                out.add(new Point2D.Double(from.x, middle[from.rank]));
            }
            for (double t : new double[] {0.5, 0.6, 0.7, 0.4, 0.3}) {
                double s = 1 - t;
                out.add(new Point2D.Double(from.x * s * s * (1 + 2 * t) + to.x * t * t * (1 + 2 * s),
                        y * s * s * s + (y + top) / 2 * 3 * t * s + top * t * t * t - 0.5));
            }
        }
        return out;
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
