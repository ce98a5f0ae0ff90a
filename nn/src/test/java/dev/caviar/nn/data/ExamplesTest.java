package dev.caviar.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.format.DataException;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExamplesTest {
    private static Examples numbered(int n) {
        var x = new float[n][];
        for (int i = 0; i < n; i++) {
            x[i] = new float[] {i};
        }
        return Examples.of(x, IntStream.range(0, n).map(i -> i % 3).toArray());
    }

    @Test
    void aSplitSharesTheMemoryAndLosesNoRow() {
        var all = numbered(100);
        var split = all.split(0.2, 4);
        assertThat(split.kept().size()).isEqualTo(80);
        assertThat(split.held().size()).isEqualTo(20);
        assertThat(split.held().x()).isSameAs(all.x());
        var rows = new TreeSet<Integer>();
        IntStream.range(0, 80).forEach(i -> rows.add(split.kept().row(i)));
        IntStream.range(0, 20).forEach(i -> rows.add(split.held().row(i)));
        assertThat(rows).hasSize(100);
        assertThat(all.split(0.2, 4).held().sha256()).isEqualTo(split.held().sha256());
        assertThat(all.split(0.2, 5).held().sha256()).isNotEqualTo(split.held().sha256());
    }

    @Test
    void positionsInAPartAreNotRowsOfTheWhole() {
        var part = numbered(10).select(9, 4, 2).select(2, 0);
        assertThat(part.row(0)).isEqualTo(2);
        assertThat(part.label(1)).isEqualTo(0);
        assertThat(part.features().at(1)).isEqualTo(9);
        assertThat(part.labels().longAt(0)).isEqualTo(2);
        assertThat(part.limit(1).size()).isEqualTo(1);
    }

    /// Sequences of 4 steps that say 3 labels, without places; but not one-hot rows, nor where there are no steps.
    @Test
    void sequencesMaySayShorterOnes() {
        var x = Buffer.allocate(Type.of(DType.F32, 2, 4, 5));
        var y = Buffer.allocate(Type.of(DType.I64, 2, 3));
        y.setLong(0, 2);
        assertThat(Examples.of(x, y).targets()).isEqualTo(3);
        y.setLong(0, 1);
        y.setLong(5, 1);
        assertThatThrownBy(() -> Examples.of(x, y)).hasMessageContaining("one-hot");
    }

    @Test
    void differentLengthsAreRefusedWithBoth() {
        assertThatThrownBy(() -> Examples.of(new float[3][2], new int[4])).isInstanceOf(DataException.class)
                .hasMessageContaining("different length").hasMessageContaining("f32[3, 2]").hasMessageContaining("i64[4]")
                .hasMessageContaining("\nMaybe ");
        assertThatThrownBy(() -> Examples.of(Buffer.allocate(Type.of(DType.F32, 2, 2)), Buffer.allocate(Type.of(DType.I64, 2, 3))))
                .hasMessageContaining("i64[2, 3]").hasMessageContaining("one-hot");
        assertThatThrownBy(() -> numbered(3).split(1.0, 1)).hasMessageContaining("1.0").hasMessageContaining("3 examples");
    }

    @Test
    void aClassOutsideTheTaskIsRefused() {
        var examples = numbered(6);
        assertThatThrownBy(() -> DataSet.of("few", examples, examples, new Task.Classification(List.of("a", "b"))))
                .hasMessageContaining("label 2").hasMessageContaining("2 classes");
    }

    @Test
    void columnsAreNormalisedByTheTrainingRowsOnly() {
        var all = Examples.of(new float[][] {{1, 7, 2}, {3, 7, 4}, {1000, 8, -50}}, new int[] {0, 1, 0});
        var fitted = Normaliser.fit(all.select(0, 1));
        assertThat(fitted).isEqualTo(new Normaliser(List.of(2.0, 7.0, 3.0), List.of(1.0, 1.0, 1.0), 2));
        var test = fitted.apply(all.select(2));
        assertThat(test.x().type()).isEqualTo(Type.of(DType.F32, 1, 3));
        assertThat(test.x().at(0)).isEqualTo(998);
        assertThat(test.x().at(1)).isEqualTo(1);
        assertThat(fitted.invert(test.x()).at(2)).isEqualTo(-50);
        assertThat(Normaliser.fromJson(fitted.toJson())).isEqualTo(fitted);
        assertThatThrownBy(() -> Normaliser.fromJson("{}")).isInstanceOf(DataException.class);
        assertThatThrownBy(() -> fitted.apply(Buffer.allocate(Type.of(DType.F32, 2, 4)))).hasMessageContaining("3 columns");
    }

    @Test
    void imagesHaveOneMeanOverAllPixels() {
        var x = Buffer.allocate(Type.of(DType.U8, 2, 2, 2));
        for (int i = 0; i < 8; i++) {
            x.set(i, i < 4 ? 0 : 200);
        }
        var examples = Examples.of(x, Examples.of(new float[2][1], new int[2]).y());
        var fitted = Normaliser.fit(examples);
        assertThat(fitted.mean()).containsExactly(100.0);
        assertThat(fitted.deviation()).containsExactly(100.0);
        assertThat(fitted.apply(x).at(7)).isCloseTo(1, within(1e-6));
    }

    @Test
    void targetsAreNormalisedAndBroughtBack() {
        var examples = Examples.of(new float[3][1], new float[][] {{100}, {200}, {300}});
        var fitted = Normaliser.fitTargets(examples);
        var scaled = examples.withY(fitted.apply(examples.y()));
        assertThat(scaled.y().at(1)).isZero();
        assertThat(fitted.invert(scaled.y()).at(2)).isCloseTo(300, within(1e-3));
    }

    @Test
    void arraysOfOtherTypesAreConverted() {
        var x = Buffer.allocate(Type.of(DType.F64, 2, 2));
        x.set(3, 1.5);
        var labels = Buffer.allocate(Type.of(DType.U8, 2));
        labels.set(1, 200);
        var examples = Examples.of(x, labels);
        assertThat(examples.x().type()).isEqualTo(Type.of(DType.F32, 2, 2));
        assertThat(examples.x().at(3)).isEqualTo(1.5);
        assertThat(examples.y().type()).isEqualTo(Type.of(DType.I64, 2));
        assertThat(examples.label(1)).isEqualTo(200);
        assertThat(Examples.of(x, Buffer.allocate(Type.of(DType.F64, 2))).y().type()).isEqualTo(Type.of(DType.F32, 2));
    }

    @Test
    void countingBytesGivesWhatSummingGives() {
        var x = Buffer.allocate(Type.of(DType.U8, 50, 4, 3));
        var random = new SplitMix(1, 1);
        for (int i = 0; i < 600; i++) {
            x.set(i, random.below(256));
        }
        var wide = Buffer.allocate(Type.of(DType.F32, 50, 4, 3));
        for (int i = 0; i < 600; i++) {
            wide.set(i, x.at(i));
        }
        var labels = Examples.of(new float[50][1], new int[50]).y();
        var rows = Examples.of(x, labels).split(0.3, 1).kept();
        var counted = Normaliser.fit(rows);
        var summed = Normaliser.fit(rows.withX(wide));
        assertThat(counted.mean().get(0)).isCloseTo(summed.mean().get(0), within(1e-9));
        assertThat(counted.deviation().get(0)).isCloseTo(summed.deviation().get(0), within(1e-9));
        assertThat(counted.examples()).isEqualTo(35);
    }

    /// Images, labels, split and normaliser fit together only if the nearest class mean is mostly the right one.
    @Test
    void theNearestMeanRecognisesMostDigits() {
        var digits = DataSource.of("digits").load();
        var fitted = Normaliser.fit(digits.train());
        var train = fitted.apply(digits.train());
        var test = fitted.apply(digits.test());
        var means = new double[10][64];
        var counts = new int[10];
        for (int i = 0; i < train.size(); i++) {
            counts[train.label(i)]++;
            for (int j = 0; j < 64; j++) {
                means[train.label(i)][j] += train.x().at(64L * i + j);
            }
        }
        int right = 0;
        for (int i = 0; i < test.size(); i++) {
            int best = 0;
            double nearest = Double.MAX_VALUE;
            for (int c = 0; c < 10; c++) {
                double distance = 0;
                for (int j = 0; j < 64; j++) {
                    distance += Math.pow(means[c][j] / counts[c] - test.x().at(64L * i + j), 2);
                }
                if (distance < nearest) {
                    nearest = distance;
                    best = c;
                }
            }
            right += best == test.label(i) ? 1 : 0;
        }
        assertThat(right).isGreaterThan(310);
    }
}
