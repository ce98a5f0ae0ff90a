package dev.caviar.nn.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.grad.GradientCheck;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import java.util.HashMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LossTest {
    private static Tensor row(double... values) {
        return Tensor.of(values).reshape(1, values.length);
    }

    /// The slope of the loss at the logits that have these probabilities.
    private static double[] slope(Tensor target, double... p) {
        return Gradient.at(in -> new CrossEntropy(true).mean(in.getFirst(), target, null), List.of(row(p).log()))
                .gradients().getFirst().toDoubles();
    }

    @Test
    void crossEntropyOfTheNotes() {
        var loss = new CrossEntropy(false);
        assertThat(loss.perExample(row(0.1, 0.2, 0.6, 0.1), row(0, 0, 1, 0)).itemAsDouble()).isCloseTo(0.510826, within(1e-6));
        assertThat(slope(row(0, 0, 1, 0), 0.1, 0.2, 0.6, 0.1)).usingComparatorWithPrecision(1e-9).containsExactly(0.1, 0.2, -0.4, 0.1);
        assertThat(loss.perExample(row(0.3, 0.2, 0.1, 0.4), row(0, 1, 0, 0)).itemAsDouble()).isCloseTo(1.609438, within(1e-6));
        assertThat(slope(Tensor.of(1L), 0.3, 0.2, 0.1, 0.4)).usingComparatorWithPrecision(1e-9).containsExactly(0.3, -0.8, 0.1, 0.4);
        assertThat(new CrossEntropy(true).perExample(row(5, 2, -1, 3), row(0, 1, 0, 0)).itemAsDouble())
                .isCloseTo(3.171935, within(1e-6));
    }

    @Test
    void logitsNeverOverflow() {
        assertThat(new CrossEntropy(true).perExample(row(1000, 1000), Tensor.of(0L)).itemAsDouble())
                .isCloseTo(Math.log(2), within(1e-12));
        assertThat(new BinaryCrossEntropy(true).perExample(row(-1000), Tensor.of(1L)).itemAsDouble()).isEqualTo(1000);
        assertThat(new BinaryCrossEntropy(true).perExample(row(1000), Tensor.of(1L)).itemAsDouble()).isZero();
    }

    @Test
    void shapesThatDoNotFitAreNamed() {
        assertThatThrownBy(() -> new MeanSquaredError().perExample(Tensor.zeros(4, 2), Tensor.zeros(4)))
                .hasMessageContaining("predictions are [4, 2] but targets are [4]").hasMessageContaining("\nMaybe");
        assertThatThrownBy(() -> new CrossEntropy(true).perExample(Tensor.zeros(4, 2), Tensor.zeros(4)))
                .hasMessageContaining("crossentropy_from_logits").hasMessageContaining("\nMaybe");
        assertThat(new MeanSquaredError().perExample(Tensor.zeros(4, 1), Tensor.of(1f, 2f, 3f, 4f)).toFloats())
                .containsExactly(1, 4, 9, 16);
    }

    @Test
    void namesSayWhetherTheyTakeLogits() {
        assertThat(Loss.of("sparse_categorical_crossentropy").fromLogits()).isFalse();
        assertThat(Loss.of("sparse_categorical_crossentropy_from_logits").fromLogits()).isTrue();
        for (var loss : List.of(new CrossEntropy(true), new CrossEntropy(false), new BinaryCrossEntropy(true),
                new BinaryCrossEntropy(false), new MeanSquaredError(), Hinge.HINGE, Deviation.MAPE, new Huber(1), Divergence.KL_DIVERGENCE, Overlap.dice(), Ctc.of(true), Ctc.of(false))) {
            assertThat(Loss.of(loss.kind())).isEqualTo(loss);
        }
        assertThatThrownBy(() -> Loss.of("hinges")).hasMessageContaining("\nMaybe one of");
    }

    @Test
    void labelsOfTheOtherKindAreRefused() {
        var logits = Tensor.zeros(2, 3);
        assertThatThrownBy(() -> Loss.of("categorical_crossentropy").perExample(logits, Tensor.of(0L, 2L)))
                .hasMessageContaining("must be one-hot rows").hasMessageContaining("\nMaybe use sparse_categorical_crossentropy");
        assertThatThrownBy(() -> Loss.of("sparse_categorical_crossentropy").perExample(logits, Tensor.zeros(2, 3)))
                .hasMessageContaining("classes, one integer per row").hasMessageContaining("\nMaybe use categorical_crossentropy");
    }

    /// Every number of a loss is a scalar of the step: another one gives the same graph.
    @Test
    void otherNumbersGiveTheSameGraph() {
        assertThat(graph(new Huber(1))).isEqualTo(graph(new Huber(2)));
        assertThat(graph(new CrossEntropy(true).withSmoothing(0.1))).isEqualTo(graph(new CrossEntropy(true).withSmoothing(0.2)));
        assertThat(graph(BinaryFocalCrossEntropy.of(2, true).withBalanced(true)))
                .isEqualTo(graph(BinaryFocalCrossEntropy.of(1, true).withBalanced(true).withAlpha(0.5)));
        assertThat(graph(CategoricalFocalCrossEntropy.of(2, false))).isEqualTo(graph(CategoricalFocalCrossEntropy.of(1, false)));
    }

    /// The numbers of Keras's Dice and Tversky over each image by itself: Dice(axis=(1, 2, 3)).
    @Test
    void overlapsAreThoseOfEachImage() {
        var p = Tensor.of(0.9, 0.8, 0.1, 0.2, 0.0, 0.0, 0.0, 0.0, 0.5, 0.5, 0.5, 0.5).reshape(3, 2, 2, 1);
        var t = Tensor.of(1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0).reshape(3, 2, 2, 1);
        // 2·1.1/(2 + 2), nothing of nothing, 2·2/(2 + 4); then 1.1/(1.1 + 0.3·0.9 + 0.7·0.9), 2/(2 + 0.7·2)
        assertThat(Overlap.dice().perExample(p, t).toDoubles()).usingComparatorWithPrecision(1e-6).containsExactly(0.45, 0, 1 / 3.0);
        assertThat(Overlap.tversky(0.3, 0.7).perExample(p, t).toDoubles()).usingComparatorWithPrecision(1e-6).containsExactly(0.45, 0, 1.4 / 3.4);
        for (var loss : List.of(Overlap.dice(), Overlap.tversky(0.2, 0.9))) {
            var check = GradientCheck.of(in -> loss.mean(in.get("p"), t, Tensor.of(1.0, 2.0, 0.5)), Map.of("p", p.mul(0.9).add(0.05)));
            assertThat(check.verdict()).as("%s", check).isEqualTo(GradientCheck.Verdict.RIGHT);
        }
        assertThat(graph(Overlap.dice())).isEqualTo(graph(Overlap.tversky(0.1, 0.9)));
        assertThat(Loss.of("dice")).isEqualTo(Overlap.dice());
    }

    /// Keras's Dice(axis=1) and its Tversky(0.3, 0.7, axis=1), whose α is the part of what was missed.
    @Test
    void strictlyWhatIsEmptyIsWrong() {
        var p = Tensor.of(0.9, 0.8, 0.1, 0.2, 0.0, 0.0, 0.0, 0.0).reshape(2, 4);
        var t = Tensor.of(1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0).reshape(2, 4);
        var dice = Overlap.dice().withEpsilon(0.5e-7).withStrict(true);
        assertThat(dice.perExample(p, t).toDoubles()).usingComparatorWithPrecision(1e-12).containsExactly(0.45000001374999965, 1);
        assertThat(Overlap.tversky(0.7, 0.3).withStrict(true).perExample(p, t).toDoubles()).usingComparatorWithPrecision(1e-12)
                .containsExactly(1 - 1.1 / (2.0 + 1e-7), 1);
    }

    private static String graph(Loss loss) {
        var type = Type.of(DType.F32, 2, 3);
        var types = new ArrayList<>(List.of(type, type));
        loss.numbers().keySet().forEach(_ -> types.add(Type.of(DType.F32)));
        return Trace.of(in -> {
            var numbers = new HashMap<String, Tensor>();
            loss.numbers().keySet().forEach(name -> numbers.put(name, in.get(2 + numbers.size())));
            return List.of(loss.perExample(in.get(0), in.get(1), numbers));
        }, types).print();
    }

    @Test
    void marginsTakeZeroAndOneForMinusOneAndOne() {
        var p = row(0.5, -2);
        assertThat(Hinge.HINGE.perExample(p, row(1, 0)).item()).isEqualTo(Hinge.HINGE.perExample(p, row(1, -1)).item()).isEqualTo(0.25f);
        assertThat(Hinge.SQUARED_HINGE.perExample(p, row(1, -1)).item()).isEqualTo(0.125f);
    }

    @Test
    void weightsMultiplyEachExample() {
        var p = Tensor.of(new float[][] {{1}, {2}});
        var t = Tensor.of(new float[][] {{0}, {0}});
        assertThat(new MeanSquaredError().mean(p, t, Tensor.of(1f, 0.5f)).item()).isEqualTo(1.5f);
    }

    /// Keras 3.15.1's numbers.
    @Test
    void ignoredClassesTakeNoPartInAMean() {
        var p = Tensor.of(new double[] {0.2, 0.5, 0.3, 0.1, 0.1, 0.8, 0.25, 0.25, 0.5}).reshape(3, 3);
        var loss = new CrossEntropy(false).withIgnored(2);
        var y = Tensor.of(1L, 2, 0);
        assertThat(loss.perExample(p, y).toDoubles()).containsExactly(new double[] {Math.log(2), 0, Math.log(4)}, within(1e-12));
        assertThat(loss.mean(p, y, null).itemAsDouble()).isCloseTo(1.0397207736968994, within(1e-7));
        assertThat(loss.mean(p, y, Tensor.of(2.0, 5, 0)).itemAsDouble()).isCloseTo(Math.log(2), within(1e-12));
        assertThat(loss.withIgnored(-100).mean(p, Tensor.of(1L, -100, -100), null).itemAsDouble()).isCloseTo(Math.log(2), within(1e-12));
        assertThat(new CrossEntropy(true).withIgnored(0, 1, 2).mean(p.log(), y, null).itemAsDouble()).isZero();
    }

    @Test
    void classesMayStandOnAnotherAxis() {
        var x = Random.normal(Random.key(3), 2, 3, 4);
        var classes = Tensor.of(0L, 2, 1, 1, 2, 0, 0, 1).reshape(2, 4);
        var behind = new CrossEntropy(true).perExample(x.transpose(0, 2, 1), classes);
        assertThat(new CrossEntropy(true).withAxis(1).perExample(x, classes).toDoubles()).isEqualTo(behind.toDoubles());
        var rows = classes.oneHot(3, x.dtype()).transpose(0, 2, 1);
        assertThat(new CrossEntropy(true).withAxis(-2).perExample(x, rows).toDoubles()).isEqualTo(behind.toDoubles());
        assertThat(new CrossEntropy(true).withAxis(1).link()).isNull();
        assertThat(new CrossEntropy(true).withAxis(-1)).isEqualTo(new CrossEntropy(true));
    }

    /// Keras 3.15.1's numbers.
    @Test
    void generalizedCrossEntropyAndCircle() {
        var p = Tensor.of(new double[] {0.2, 0.5, 0.3, 0.1, 0.1, 0.8}).reshape(2, 3);
        var y = Tensor.of(1L, 0);
        var wanted = new double[] {0.58578644, 1.36754447};
        assertThat(GeneralizedCrossEntropy.of(0.5, false).perExample(p, y).toDoubles()).containsExactly(wanted, within(1e-7));
        assertThat(GeneralizedCrossEntropy.of(0.5, true).perExample(p.log(), y.oneHot(3, p.dtype())).toDoubles()).containsExactly(wanted, within(1e-7));
        assertThat(GeneralizedCrossEntropy.of(1, false).perExample(p, y).toDoubles()).containsExactly(new double[] {0.5, 0.9}, within(1e-12));
        var x = Tensor.of(new double[] {0.6, 0.8, 1, 0, 0.8, -0.6}).reshape(3, 2);
        var loss = Circle.of().withGamma(2).withMargin(0.25);
        var classes = Tensor.of(0L, 1, 0);
        assertThat(loss.perExample(x, classes).toDoubles()).containsExactly(new double[] {2.55119729, 0, 3.07718468}, within(1e-6));
        assertThat(loss.withItself(true).perExample(x, classes).toDoubles()).containsExactly(new double[] {2.66878557, 1.6865952, 3.19860363}, within(1e-6));
        assertThat(loss.mean(x, classes, null).itemAsDouble()).isCloseTo((2.55119729 + 3.07718468) / 2, within(1e-6));
        assertThatThrownBy(() -> GeneralizedCrossEntropy.of(0, true)).hasMessageContaining("\nMaybe");
    }

    /// As in double precision: −log 1e-7, on both sides.
    @Test
    void certainMistakesCostTheSameInSinglePrecision() {
        for (var loss : List.of(new BinaryCrossEntropy(false), BinaryFocalCrossEntropy.of(0, false))) {
            var each = loss.perExample(Tensor.of(new float[][] {{1}, {0}}), Tensor.of(new float[][] {{0}, {1}})).toDoubles();
            assertThat(each).containsExactly(new double[] {16.11809565, 16.11809565}, within(1e-5));
        }
    }
}
