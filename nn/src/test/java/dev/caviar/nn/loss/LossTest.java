package dev.caviar.nn.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;
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
                .hasMessageContaining("categorical_crossentropy_from_logits").hasMessageContaining("\nMaybe");
        assertThat(new MeanSquaredError().perExample(Tensor.zeros(4, 1), Tensor.of(1f, 2f, 3f, 4f)).toFloats())
                .containsExactly(1, 4, 9, 16);
    }

    @Test
    void namesSayWhetherTheyTakeLogits() {
        assertThat(Loss.of("sparse_categorical_crossentropy").fromLogits()).isFalse();
        assertThat(Loss.of("sparse_categorical_crossentropy_from_logits").fromLogits()).isTrue();
        for (var loss : List.of(new CrossEntropy(true), new CrossEntropy(false), new BinaryCrossEntropy(true),
                new BinaryCrossEntropy(false), new MeanSquaredError())) {
            assertThat(Loss.of(loss.kind())).isEqualTo(loss);
        }
        assertThatThrownBy(() -> Loss.of("hinge")).hasMessageContaining("\nMaybe one of");
    }
}
