package dev.caviar.tune.space;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.function.DoublePredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Numbers in brackets are the worked examples of the notes.
class DistTest {
    private static final int DRAWS = 10_000;

    /// [27]
    @Test
    void aLinearRangeOverFourDecadesHardlyEverSeesTheLowerThree() {
        assertThat(share(Real.of(1e-4, 1), x -> x >= 0.1)).isCloseTo(0.90, within(0.009));
    }

    /// [27]
    @Test
    void aLogRangeSeesEveryDecadeEquallyOften() {
        for (var decade = 1e-4; decade < 0.9; decade *= 10) {
            var from = decade;
            assertThat(share(Real.log(1e-4, 1), x -> x >= from && x < from * 10)).isCloseTo(0.25, within(0.013));
        }
    }

    /// [28]
    @Test
    void logPlacesAreExponents() {
        var rate = Real.log(1e-4, 1);
        assertThat((double) rate.at((-3.7 + 4) / 4)).isCloseTo(0.00019953, within(1e-8));
        assertThat((double) rate.at((-2.1 + 4) / 4)).isCloseTo(0.0079433, within(1e-7));
        assertThat((double) rate.at((-0.5 + 4) / 4)).isCloseTo(0.316228, within(1e-6));
        for (var r = -6; r < -2; r++) {
            double from = Math.pow(10, r), to = Math.pow(10, r + 1);
            assertThat(share(Real.log(1e-6, 1e-2), x -> x >= from && x < to)).isCloseTo(0.25, within(0.013));
        }
    }

    /// [29]
    @Test
    void oneMinusLogSpreadsBetaByItsDistanceToOne() {
        assertThat(share(Real.of(0.9, 0.999, Scale.ONE_MINUS_LOG), x -> x < 0.99)).isCloseTo(0.5, within(0.015));
        assertThat(share(Real.of(0.9, 0.999), x -> x < 0.99)).isCloseTo(0.909, within(0.009));
    }

    /// [30]
    @Test
    void theWindowOfAnAverageGrowsNearOne() {
        assertThat(Scale.window(0.9)).isCloseTo(10, within(0.01));
        assertThat(Scale.window(0.9005)).isCloseTo(10.05, within(0.01));
        assertThat(Scale.window(0.905)).isCloseTo(10.53, within(0.01));
        assertThat(Scale.window(0.99)).isCloseTo(100, within(0.01));
        assertThat(Scale.window(0.999)).isCloseTo(1000, within(0.01));
        assertThat(Scale.window(0.9995)).isCloseTo(2000, within(0.01));
    }

    /// [32]
    @Test
    void wholeNumbersReachBothEnds() {
        var units = draws(Whole.of(50, 100));
        assertThat(units).contains(50L, 100L).hasSize(51);
        for (var layers = 2; layers <= 4; layers++) {
            var n = layers;
            assertThat(share(Whole.of(2, 4), x -> x == n)).isCloseTo(1 / 3.0, within(0.015));
        }
        assertThat(draws(Whole.of(16, 512, Scale.POWER_OF_TWO))).containsExactlyInAnyOrder(16L, 32L, 64L, 128L, 256L, 512L);
    }

    @Test
    void aStepReachesOnlyItsOwnValuesInDecimalArithmetic() {
        assertThat(draws(Real.of(0, 0.55).withStep(0.1))).containsExactlyInAnyOrder(0.0, 0.1, 0.2, 0.3, 0.4, 0.5);
        assertThat(Whole.of(5, 15).withStep(3).high()).isEqualTo(14);
        assertThat(Real.of(0, 0.5).withStep(0.1).contains(0.25)).isFalse();
    }

    @Test
    void spreadGoesFromEndToEnd() {
        assertThat(Real.log(1e-4, 1).spread(5)).satisfies(values -> {
            for (var i = 0; i < 5; i++) assertThat((double) values.get(i)).isCloseTo(Math.pow(10, i - 4), within(1e-12));
        });
        assertThat(Whole.of(1, 3).spread(5)).containsExactly(1L, 2L, 3L);
        assertThat(Whole.of(16, 256, Scale.POWER_OF_TWO).spread(3)).containsExactly(16L, 64L, 256L);
        assertThat(Choice.of("a", "b", "c").spread(2)).containsExactly("a", "b");
    }

    static Stream<Dist> everyKind() {
        return Stream.of(Real.of(-5, 5), Real.log(1e-8, 1e3), Real.of(0.5, 0.9999, Scale.ONE_MINUS_LOG), Real.of(-6, 6).withStep(0.25), Real.of(3, 3),
                Real.of(-1.797e308, 1.797e308), Whole.of(-7, 12), Whole.of(1, 1000, Scale.LOG), Whole.of(5, 50).withStep(7),
                Whole.of(2, 1024, Scale.POWER_OF_TWO), Choice.of("a", 1, 1.5, true, null));
    }

    @ParameterizedTest
    @MethodSource("everyKind")
    void everyPlaceGivesAValueWhosePlaceGivesItBack(Dist dist) {
        var random = new Random(7);
        for (var i = 0; i < 500; i++) {
            var value = dist.at(i == 0 ? 0 : i == 1 ? Math.nextDown(1.0) : random.nextDouble());
            assertThat(dist.contains(value)).as("%s contains %s", dist, value).isTrue();
            var place = dist.unit(value);
            assertThat(place).isBetween(0.0, 1.0);
            var back = dist.at(place);
            if (dist.size().isPresent()) assertThat(back).isEqualTo(value);
            else assertThat((double) back).isCloseTo((double) value, within(1e-9 * Math.abs((double) value) + 1e-12));
        }
    }

    @Test
    void whatCannotBeIsRefusedWithItsValues() {
        assertThatThrownBy(() -> Real.of(2, 1)).isInstanceOf(SpaceException.class).hasMessageContaining("Real(2.0, 1.0").hasMessageContaining("impossible range");
        assertThatThrownBy(() -> Real.log(0, 1)).hasMessageContaining("log scale cannot begin at 0.0").hasMessageContaining("\nMaybe ");
        assertThatThrownBy(() -> Real.of(0.9, 1, Scale.ONE_MINUS_LOG)).hasMessageContaining("below 1");
        assertThatThrownBy(() -> Real.of(1, 2, Scale.POWER_OF_TWO)).hasMessageContaining("whole");
        assertThatThrownBy(() -> Real.of(0, Double.NaN)).hasMessageContaining("finite");
        assertThatThrownBy(() -> Whole.of(3, 2)).hasMessageContaining("impossible range");
        assertThatThrownBy(() -> Whole.of(0, 2, Scale.LOG)).hasMessageContaining("cannot begin at 0");
        assertThatThrownBy(() -> Whole.of(33, 63, Scale.POWER_OF_TWO)).hasMessageContaining("no power of two");
        assertThatThrownBy(() -> Whole.of(0, 1L << 60)).hasMessageContaining("2^53");
        assertThatThrownBy(() -> Choice.of()).hasMessageContaining("nothing");
        assertThatThrownBy(() -> Choice.of("a", "a")).hasMessageContaining("twice");
    }

    @Test
    void aChoiceKeepsTypesApartAsPythonPrintsThem() {
        var choice = new Choice(List.of(1, 1.5, "1", true));
        assertThat(choice.values()).containsExactly(1L, 1.5, "1", true);
        assertThat(choice.canonical(1.0)).isEqualTo(1L);
        assertThat(choice.contains("true")).isFalse();
    }

    private static double share(Dist dist, DoublePredicate hit) {
        var random = new Random(1);
        var hits = 0;
        for (var i = 0; i < DRAWS; i++) if (hit.test(((Number) dist.at(random.nextDouble())).doubleValue())) hits++;
        return (double) hits / DRAWS;
    }

    private static LinkedHashSet<Object> draws(Dist dist) {
        var random = new Random(1);
        var values = new HashSet<Object>();
        for (var i = 0; i < DRAWS; i++) values.add(dist.at(random.nextDouble()));
        return new LinkedHashSet<>(values);
    }
}
