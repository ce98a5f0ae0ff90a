package dev.caviar.lab.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.Color;
import java.awt.geom.PathIterator;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SheetTest {
    @TempDir
    Path folder;

    private Path out() {
        var keep = System.getProperty("caviar.pictures");
        return keep == null ? folder : Path.of(keep);
    }

    private static BufferedImage read(Path file) throws IOException {
        return ImageIO.read(file.toFile());
    }

    private static long pixels(BufferedImage image, Color color) {
        long n = 0;
        for (int x = 0; x < image.getWidth(); x++) {
            for (int y = 0; y < image.getHeight(); y++) n += image.getRGB(x, y) == color.getRGB() ? 1 : 0;
        }
        return n;
    }

    private static Regions halves() {
        var random = new SplittableRandom(1);
        var x = new float[60][];
        var y = new int[60];
        for (int i = 0; i < 60; i++) {
            x[i] = new float[] {(float) random.nextDouble(-1, 1), (float) random.nextDouble(-1, 1)};
            y[i] = x[i][0] > 0 ? 1 : 0;
        }
        return Regions.of("halves", rows -> {
            var out = new float[rows.length][];
            for (int i = 0; i < rows.length; i++) out[i] = new float[] {rows[i][0] > 0 ? 0.9f : 0.1f};
            return out;
        }, x, y).withClasses("left", "right").withHeld(new float[][] {{0.5f, 0.5f}}, new int[] {1});
    }

    @Test
    void aLineOfEqualHeightLiesAtThatHeight() {
        var grid = Grid.of(41, 41, (c, r) -> Math.hypot(c - 20, r - 20));
        var at = new double[6];
        int n = 0;
        double length = 0, x = 0, y = 0;
        for (var it = grid.line(15).getPathIterator(null); !it.isDone(); it.next(), n++) {
            boolean line = it.currentSegment(at) == PathIterator.SEG_LINETO;
            assertThat(Math.hypot(at[0] - 20, at[1] - 20)).isEqualTo(15, within(0.02));
            if (line) length += Math.hypot(at[0] - x, at[1] - y);
            x = at[0];
            y = at[1];
        }
        assertThat(length).isEqualTo(2 * Math.PI * 15, within(0.2));
        assertThat(grid.line(100).getPathIterator(null).isDone()).isTrue();
    }

    @Test
    void aSaddleIsCrossedByTwoLinesThatDoNotMeet() {
        for (double[] corners : new double[][] {{1, -1, -1, 1}, {-1, 1, 1, -1}, {3, -1, -1, 3}, {-3, 1, 1, -3}, {1, -3, -3, 1}}) {
            var path = new Grid(2, 2, corners).line(0).getPathIterator(null);
            var ends = new ArrayList<double[]>();
            for (; !path.isDone(); path.next()) {
                var at = new double[6];
                path.currentSegment(at);
                ends.add(at);
            }
            assertThat(ends).hasSize(4);
            // The middle lies on the side of its mean: two lines cut off the corners of the other sign.
            double mean = (corners[0] + corners[1] + corners[2] + corners[3]) / 4;
            boolean lowerLeftIsCutOff = (ends.get(0)[0] == 0) != (ends.get(1)[0] == 0) && (ends.get(0)[1] == 0) != (ends.get(1)[1] == 0)
                    || (ends.get(2)[0] == 0) != (ends.get(3)[0] == 0) && (ends.get(2)[1] == 0) != (ends.get(3)[1] == 0);
            if (mean != 0) assertThat(lowerLeftIsCutOff).isEqualTo(corners[0] > 0 != mean > 0);
        }
    }

    @Test
    void wallsThatOverflowAreAsHighAsTheHighestPlace() {
        var grid = new Grid(2, 2, new double[] {1, Double.NaN, 5, Double.POSITIVE_INFINITY});
        assertThat(grid.values()).containsExactly(1, 5, 5, 5);
    }

    @Test
    void regionsHaveTheColoursOfTheirClasses() throws IOException {
        var image = read(Sheet.of(halves()).write(out().resolve("regions.png")));
        long left = pixels(image, Look.pale(Look.SERIES.get(0), 0.3)), right = pixels(image, Look.pale(Look.SERIES.get(1), 0.3));
        assertThat(left).isGreaterThan(100_000);
        assertThat(right / (double) left).isBetween(0.8, 1.25);
    }

    @Test
    void severalPanelsShareASheetAndALegend() throws IOException {
        var steps = new ArrayList<double[]>();
        for (double x = -9, y = 2.5; steps.size() < 30; x -= 0.9 * x / 10, y -= 0.9 * 2 * y) steps.add(new double[] {x, y});
        var away = List.of(new double[] {0, 0}, new double[] {30, 5}, new double[] {Double.NaN, 0}, new double[] {0, 0});
        var bowl = Contours.of("a long bowl", (w1, w2) -> w1 * w1 / 20 + w2 * w2, -10, 10, -3, 3).withAxes("w1", "w2")
                .withWay("gradient descent", steps).withWay("away", away).withMark("minimum", 0, 0);
        var saddle = Contours.of("a saddle", (x, y) -> x * x - y * y, -1, 1, -1, 1).withLevels(-0.5, -0.2, 0, 0.2, 0.5);
        var image = read(Sheet.of(bowl, saddle, halves()).withHeadline("All kinds").withColumns(2).write(out().resolve("sheet.png")));
        assertThat(image.getWidth()).isBetween(1500, 2600);
        assertThat(pixels(image, Look.BEST)).as("a way").isGreaterThan(200);
    }

    @Test
    void whatCannotBeDrawnIsRefused() {
        assertThatThrownBy(() -> Regions.of("r", rows -> rows, new float[][] {{1, 2, 3}}, new int[] {0})).hasMessageContaining("example 0 has 3 numbers")
                .hasMessageContaining("Maybe");
        assertThatThrownBy(() -> Regions.of("r", rows -> rows, new float[0][], new int[0])).hasMessageContaining("no examples");
        assertThatThrownBy(() -> Contours.of("c", (x, y) -> x, 1, 0, 0, 1)).hasMessageContaining("[1.0, 0.0]");
        assertThatThrownBy(() -> Sheet.of(List.of())).hasMessageContaining("0 panels");
    }
}
