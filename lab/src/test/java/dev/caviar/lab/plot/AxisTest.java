package dev.caviar.lab.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Whole;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AxisTest {
    @Test
    void aLogScaleIsDrawnOnALogAxisWithPowersOfTen() {
        var axis = Axis.of("learning_rate", Real.log(1e-4, 1), List.of());
        assertThat(axis.logarithmic()).isTrue();
        assertThat(axis.name()).isEqualTo("learning rate (log scale)");
        assertThat(labels(axis)).containsExactly("10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰");
        assertThat(axis.place(0.03)).hasValue(0.03);
        assertThat(axis.place(0.0)).isEmpty();
        assertThat(labels(Axis.of("l2", Real.log(2e-3, 3e-2), List.of()))).containsExactly("2×10⁻³", "5×10⁻³", "10⁻²", "2×10⁻²");
        assertThat(labels(Axis.of("wide", Real.log(1e-12, 1e9), List.of()))).hasSizeBetween(4, 8).contains("10⁰");
    }

    @Test
    void aOneMinusLogScaleIsDrawnByTheDistanceToOneAndReadsAsTheValue() {
        var axis = Axis.of("beta2", Real.of(0.9, 0.9999, Scale.ONE_MINUS_LOG), List.of());
        assertThat(axis.logarithmic()).isTrue();
        assertThat(axis.name()).isEqualTo("beta2 (log scale of 1 − beta2)");
        assertThat(labels(axis)).containsExactly("0.9", "0.99", "0.999", "0.9999");
        assertThat(axis.place(0.99).getAsDouble()).isCloseTo(100, within(1e-9));
        assertThat(axis.place(1.0)).isEmpty();
    }

    @Test
    void powersOfTwoAndChoicesStandInColumns() {
        var batch = Axis.of("batch_size", Whole.of(16, 128, Scale.POWER_OF_TWO), List.of());
        assertThat(labels(batch)).containsExactly("16", "32", "64", "128");
        assertThat(batch.columns()).isTrue();
        assertThat(batch.logarithmic()).isFalse();
        var optimizer = Axis.of("optimizer", Choice.of("adam", "sgd", null, true), Arrays.asList("sgd", "lion"));
        assertThat(labels(optimizer)).containsExactly("adam", "sgd", "none", "true", "lion");
        assertThat(optimizer.place("sgd")).hasValue(1);
        assertThat(optimizer.place("unknown")).isEmpty();
        assertThat(Axis.of("layers", Whole.of(1, 5), List.of()).columns()).isTrue();
        assertThat(Axis.of("units", Whole.of(32, 511), List.of()).columns()).isFalse();
    }

    @Test
    void evenAxesHaveRoundTicksOfOneLength() {
        assertThat(labels(Axis.of("dropout", Real.of(0, 0.5), List.of()))).containsExactly("0.0", "0.1", "0.2", "0.3", "0.4", "0.5");
        assertThat(labels(Axis.linear("loss", new Range(-3e-7, 3e-7), 4, false))).contains("−2×10⁻⁷", "0", "2×10⁻⁷");
        assertThat(labels(Axis.linear("epoch", new Range(0.9, 2.1), 10, true))).containsExactly("1", "2");
    }

    @Test
    void aRangeBecomesWiderForForeignValuesThatBelongOnTheScale() {
        var axis = Axis.of("lr", Real.log(1e-4, 1e-2), List.of(1.0, -5.0, "text", Double.NaN));
        assertThat(axis.range().contains(1.0)).isTrue();
        assertThat(axis.range().low()).isBetween(1e-5, 1e-4);
    }

    @Test
    void fewBadValuesDoNotHideTheDifferencesOfTheOthers() {
        double[] accuracies = {0.97, 0.96, 0.965, 0.95, 0.955, 0.11, 0.10};
        assertThat(Range.useful(accuracies, Direction.MAXIMIZE)).isEqualTo(new Range(0.95, 0.97));
        var losses = DoubleStream.of(accuracies).map(v -> 1 - v).toArray();
        var range = Range.useful(losses, Direction.MINIMIZE);
        assertThat(range.low()).isCloseTo(0.03, within(1e-12));
        assertThat(range.high()).isCloseTo(0.05, within(1e-12));
        assertThat(Range.useful(new double[] {0.2, 0.4, 0.6, 0.8, 0.9}, Direction.MAXIMIZE)).isEqualTo(new Range(0.2, 0.9));
        // What is far on the good side is what the search was for.
        assertThat(Range.useful(new double[] {0.1, 0.1, 0.11, 0.12, 0.1, 0.99}, Direction.MAXIMIZE)).isEqualTo(new Range(0.1, 0.99));
    }

    @Test
    void aRangeIsNeverEmptyOrInfinite() {
        assertThat(Range.useful(new double[] {}, Direction.MAXIMIZE)).isEqualTo(new Range(0, 1));
        assertThat(Range.useful(new double[] {Double.NaN, Double.POSITIVE_INFINITY, 1e300}, Direction.MINIMIZE)).isEqualTo(new Range(0, 1));
        for (var value : new double[] {0, 1, -1, 1e-300, -1e140}) {
            var range = Range.useful(new double[] {value, value}, Direction.MAXIMIZE);
            assertThat(range.low()).isLessThan(value);
            assertThat(range.high()).isGreaterThan(value).isFinite();
        }
    }

    @ParameterizedTest
    @CsvSource({"0.025, 0.025", "64, 64", "3e-7, 3×10⁻⁷", "1e9, 10⁹", "-0.5, −0.5", "0, 0", "NaN, NaN", "Infinity, ∞", "123456, 123456"})
    void numbersAreShort(double value, String text) {
        assertThat(Wording.number(value, 6)).isEqualTo(text);
    }

    @Test
    void longTextEndsInDotsWithinItsRoom() {
        var text = Wording.fit("a very long name of a parameter", Look.NAME, 90);
        assertThat(text).startsWith("a very").endsWith("…");
        assertThat(Wording.width(text, Look.NAME)).isLessThanOrEqualTo(90);
        assertThat(Wording.fit("short", Look.NAME, 90)).isEqualTo("short");
    }

    private static List<String> labels(Axis axis) {
        return axis.ticks().stream().map(Axis.Tick::label).toList();
    }
}
