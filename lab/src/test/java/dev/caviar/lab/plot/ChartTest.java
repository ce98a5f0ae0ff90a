package dev.caviar.lab.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChartTest {
    private static final Plot.Size SIZE = new Plot.Size(400, 300);

    private static BufferedImage image(Chart chart) {
        return Figure.of(chart.plot(), SIZE).image();
    }

    private static long pixels(BufferedImage image, Color color) {
        long n = 0;
        for (int x = 0; x < image.getWidth(); x++) {
            for (int y = 0; y < image.getHeight(); y++) n += image.getRGB(x, y) == color.getRGB() ? 1 : 0;
        }
        return n;
    }

    @Test
    void decadesOfALogarithmicAxisAreEquallyHigh() {
        var plot = Chart.of("t", Chart.Side.of("x"), Chart.Side.of("y").withLog(true)).withLine("a", 0.01, 0, 1, Double.NaN, 100).plot();
        Figure.of(plot, SIZE).image();
        assertThat(plot.down(0.1) - plot.down(1)).isEqualTo(plot.down(1) - plot.down(10), within(0.01)).isGreaterThan(30);
        assertThat(plot.y.ticks()).extracting(Axis.Tick::label).contains("10⁰", "10⁻²", "10²");
    }

    @Test
    void aBandLiesBehindALine() {
        double[] x = {0, 1}, low = {0, 0}, middle = {1, 1}, high = {2, 2};
        var chart = Chart.of("t", "x", "y").withBand("a", x, low, high).withLine("a", x, middle);
        assertThat(pixels(image(chart), Look.TRIAL)).isGreaterThan(1000);
        var veil = Look.pale(Look.TRIAL, 75 / 255.0);
        assertThat(pixels(image(chart), veil)).isGreaterThan(50_000);
        assertThat(pixels(image(Chart.of("t", "x", "y").withLine("a", x, middle)), veil)).isZero();
    }

    @Test
    void aNewNameIsANewColour() {
        var chart = Chart.of("t", "x", "y").withPoints("a", new double[] {0}, new double[] {0}).withDashed("fit of a", new double[] {0}, new double[] {0})
                .withLine("b", 1).withLine("b", 2).withLine("c", 3).withHue(7);
        assertThat(chart.series()).extracting(Chart.Series::hue).containsExactly(0, 0, 1, 1, 7);
    }

    @Test
    void aLegendStandsInsideOrBelow() {
        var chart = Chart.of("t", "x", "y").withLine("a", 1, 2);
        var inside = chart.withLegend(Chart.Corner.LOWER_RIGHT);
        assertThat(image(inside).getHeight()).isLessThan(image(chart).getHeight());
        assertThat(pixels(image(inside), Look.TRIAL)).isGreaterThan(pixels(image(Chart.of("t", "x", "y").withLine("", 1, 2)), Look.TRIAL) + 50);
    }

    @Test
    void whatCannotBeDrawnIsRefused() {
        assertThatThrownBy(() -> Chart.Side.of("x").withLog(true).withRange(0, 1)).hasMessageContaining("0.0 to 1.0");
        assertThatThrownBy(() -> new Chart.Series("a", Chart.Style.LINE, 0, List.of(1.0), List.of())).hasMessageContaining("\"a\": 1 places across and 0 up");
        assertThat(image(Chart.of("nothing", "x", "y")).getWidth()).isGreaterThan(400);
    }
}
