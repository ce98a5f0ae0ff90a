package dev.caviar.lab.plot;

import dev.caviar.nn.metric.ConfusionMatrix;
import dev.caviar.nn.metric.RocCurve;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Pictures of how well classes were told apart. Throws [IOException] where the folder cannot be written, and [PictureException] where this
/// machine cannot draw text.
///
/// ```java
/// static void draw(ConfusionMatrix matrix, RocCurve curve, Path folder) throws IOException {
///     ClassPictures.confusion(matrix, folder, "confusion.png");
///     ClassPictures.roc(Map.of("my model", curve), folder, "roc.png");
/// }
/// ```
public final class ClassPictures {
    private static final List<Color> COLORS = List.of(Look.TRIAL, Look.BEST, Look.FAILED, Look.MIDDLE, Look.PRUNED);
    private static final int MARGIN = 24, LONGEST = 220, HEAD = 56;

    private ClassPictures() {}

    /// A square of counts, the darker the larger the part of its row: rows are what is true, columns what was said.
    public static Path confusion(ConfusionMatrix matrix, Path folder, String name) throws IOException {
        return Pictures.save(folder, name, () -> image(matrix));
    }

    /// True against false positive rate, a line for each curve by its name, and its area.
    public static Path roc(Map<String, RocCurve> curves, Path folder, String name) throws IOException {
        return Pictures.save(folder, name, () -> Figure.of(plot(curves), new Plot.Size(620, 560)).image());
    }

    private static Plot plot(Map<String, RocCurve> curves) {
        var plot = new Plot("ROC curve", Axis.linear("false positive rate", new Range(0, 1), 6, false),
                Axis.linear("true positive rate", new Range(0, 1), 6, false));
        plot.line(Look.PRUNED_LINE, Look.DASHED, List.of(at(plot, 0, 0), at(plot, 1, 1)));
        plot.explain(new Plot.Key("chance", Mark.NONE, Look.PRUNED_LINE, Look.DASHED));
        int i = 0;
        for (var curve : curves.entrySet()) {
            var color = COLORS.get(i++ % COLORS.size());
            plot.line(color, Look.BOLD, curve.getValue().points().stream().map(p -> at(plot, p.falsePositive(), p.truePositive())).toList());
            plot.explain(new Plot.Key(String.format(Locale.ROOT, "%s: area %.3f", curve.getKey(), curve.getValue().auc()), Mark.NONE, color, Look.BOLD));
        }
        return plot;
    }

    private static double[] at(Plot plot, double x, double y) {
        return new double[] {x / plot.x.step(), y / plot.y.step()};
    }

    private static BufferedImage image(ConfusionMatrix matrix) {
        int n = matrix.classes().size();
        int cell = Math.clamp(640 / n, 26, 90);
        var names = matrix.classes().stream().map(name -> Wording.fit(name, Look.TICK, LONGEST)).toList();
        int longest = (int) Math.ceil(names.stream().mapToDouble(name -> Wording.width(name, Look.TICK)).max().orElse(0));
        // Above narrow columns names stand on end.
        boolean upright = longest > cell - 4;
        int beside = Math.max(longest + 16, 60);
        int head = HEAD + (upright ? longest : 18);
        int width = Math.max(beside + n * cell, 320) + 2 * MARGIN;
        int height = head + n * cell + 2 * MARGIN + 20;
        var image = new BufferedImage(Figure.SCALE * width, Figure.SCALE * height, BufferedImage.TYPE_INT_RGB);
        var g = image.createGraphics();
        try {
            Figure.prepare(g, image);
            g.setColor(Look.INK);
            g.setFont(Look.TITLE);
            g.drawString(String.format(Locale.ROOT, "Accuracy %.2f %% of %d", 100 * matrix.accuracy(), matrix.total()), MARGIN, MARGIN + 14);
            g.translate(MARGIN + beside, head);
            g.setFont(Look.TICK);
            for (int i = 0; i < n; i++) {
                var name = names.get(i);
                float length = (float) Wording.width(name, Look.TICK);
                g.setColor(Look.QUIET_INK);
                if (upright) {
                    var turned = (Graphics2D) g.create();
                    turned.rotate(-Math.PI / 2, i * cell + cell / 2 + 4, -6);
                    turned.drawString(name, i * cell + cell / 2 + 4, -6);
                    turned.dispose();
                } else {
                    g.drawString(name, i * cell + (cell - length) / 2, -6);
                }
                g.drawString(name, -8 - length, i * cell + cell / 2 + 4);
                for (int k = 0; k < n; k++) {
                    double part = matrix.part(i, k);
                    g.setColor(shade(i == k ? Look.TRIAL : Look.BEST, part));
                    g.fillRect(k * cell + 1, i * cell + 1, cell - 2, cell - 2);
                    g.setColor(part > 0.55 ? Color.WHITE : Look.INK);
                    var count = Wording.fit(Long.toString(matrix.count(i, k)), Look.TICK, cell - 4);
                    g.drawString(count, (float) (k * cell + (cell - Wording.width(count, Look.TICK)) / 2), i * cell + cell / 2 + 4);
                }
            }
            g.setFont(Look.NAME);
            g.setColor(Look.INK);
            g.drawString("rows: what is true, columns: what was said", 0, n * cell + 22);
        } finally {
            g.dispose();
        }
        return image;
    }

    /// From nearly white to the colour.
    private static Color shade(Color full, double part) {
        double p = part == 0 ? 0 : 0.08 + 0.92 * part;
        return new Color((int) (247 + (full.getRed() - 247) * p), (int) (248 + (full.getGreen() - 248) * p), (int) (250 + (full.getBlue() - 250) * p));
    }
}
