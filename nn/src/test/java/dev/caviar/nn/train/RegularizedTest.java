package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Bidirectional;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Conv2DTranspose;
import dev.caviar.nn.layer.DepthwiseConv2D;
import dev.caviar.nn.layer.Embedding;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.GRU;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.Reshape;
import dev.caviar.nn.layer.SeparableConv2D;
import dev.caviar.nn.layer.SimpleRNN;
import dev.caviar.nn.layer.TimeDistributed;
import dev.caviar.nn.layer.Constraint;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Regularizer;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Sgd;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RegularizedTest {
    private static final Examples DATA = Examples.of(Random.normal(Random.key(1), 40, 3).array().buffer(), Buffer.allocate(
            dev.caviar.engine.memory.Type.of(dev.caviar.engine.memory.DType.I64, 40)));
    private static final Fit QUIET = Fit.of().withBatch(16).withEpochs(3).withVerbosity(Verbosity.SILENT);

    private static Model model(Layer... layers) {
        return Model.of(layers).compile(Sgd.of(0.1), Loss.of("sparse_categorical_crossentropy"));
    }

    private static float[] kernel(Model model) {
        return Tensor.wrap(model.weights().get("dense/kernel")).toFloats();
    }

    /// Keras's numbers for rows and columns.
    @Test
    void rowsAtRightAnglesCostNothing() {
        var w = Tensor.of(1.0, 2, 0, 0, 1, 1, 3, 0, -1).reshape(3, 3);
        assertThat(Regularizer.orthogonal(0.1).penalty(w).itemAsDouble()).isCloseTo(0.04267754661651945, within(1e-12));
        assertThat(new Regularizer.Orthogonal(0.1, true).penalty(w).itemAsDouble()).isCloseTo(0.04232969572471312, within(1e-12));
        assertThat(Regularizer.orthogonal(0.1).penalty(Tensor.of(2.0, 0, 0, 3).reshape(2, 2)).itemAsDouble()).isZero();
    }

    /// Around one layer, around all of them, and as a layer's own number: the same training.
    @Test
    void penaltiesAroundLayersAreThoseOfTheLayers() {
        var own = model(Dense.of(4).withL2(0.1), Dense.of(2, "softmax"));
        var one = model(Dense.of(4).withRegularizer("kernel", Regularizer.l2(0.1)), Dense.of(2, "softmax"));
        var history = one.fit(DATA, QUIET);
        assertThat(history.last("loss")).isCloseTo(own.fit(DATA, QUIET).last("loss"), within(1e-6));
        assertThat(kernel(one)).containsExactly(kernel(own), within(1e-6f));
        assertThat(one.evaluate(DATA).get("loss")).isCloseTo(own.evaluate(DATA).get("loss"), within(1e-6));

        var each = model(Dense.of(4).withL2(0.1), Dense.of(2, "softmax").withL2(0.1));
        var all = model(Sequential.of(Dense.of(4), Dense.of(2, "softmax")).withRegularizer("kernel", Regularizer.l2(0.1)));
        assertThat(all.fit(DATA, QUIET).last("loss")).isCloseTo(each.fit(DATA, QUIET).last("loss"), within(1e-6));
    }

    static List<Layer> withKernels() {
        return List.of(Dense.of(4), Conv2D.of(2, 2), Conv2DTranspose.of(2, 2), DepthwiseConv2D.of(2), SeparableConv2D.of(2, 2),
                TimeDistributed.of(Dense.of(2)), Sequential.of(Reshape.of(4, 3), LSTM.of(3)), Sequential.of(Reshape.of(4, 3), GRU.of(3)),
                Sequential.of(Reshape.of(4, 3), SimpleRNN.of(3)), Sequential.of(Reshape.of(12), Embedding.of(5, 2)),
                Sequential.of(Reshape.of(4, 3), Bidirectional.of(GRU.of(2))), Sequential.of(Reshape.of(4, 3), BatchNorm.of()));
    }

    /// The loss grows by l2·Σw² over all that is neither a bias nor a scale.
    @ParameterizedTest
    @MethodSource("withKernels")
    void everyLayerHasTheShorthand(Layer layer) {
        var x = Random.uniform(Random.key(2), 8, 2, 2, 3).mul(4).floor();
        var data = Examples.of(x.array().buffer(), Buffer.allocate(dev.caviar.engine.memory.Type.of(dev.caviar.engine.memory.DType.I64, 8)));
        var plain = model(layer, Flatten.of(), Dense.of(2, "softmax")).build(2, 2, 3);
        var penalised = model(layer.withL2(0.1), Flatten.of(), Dense.of(2, "softmax")).build(2, 2, 3);
        assertThat(penalised.weights().keySet()).isEqualTo(plain.weights().keySet());
        var last = plain.weights().keySet().stream().filter(name -> name.endsWith("kernel")).reduce((_, name) -> name).orElseThrow();
        double squares = plain.weights().entrySet().stream().filter(e -> !e.getKey().equals(last) && e.getKey().matches(".*(kernel|embeddings)"))
                .mapToDouble(e -> Tensor.wrap(e.getValue()).square().sum().item()).sum();
        assertThat(squares > 0).isEqualTo(!layer.toString().contains("BatchNorm"));
        assertThat(penalised.evaluate(data).get("loss") - plain.evaluate(data).get("loss")).isCloseTo(0.1 * squares, within(1e-4 * (1 + squares)));
    }

    @Test
    void constraintsHoldAfterEachStep() {
        var model = model(Dense.of(4).withConstraint("kernel", Constraint.maxNorm(0.5)).withConstraint("bias", Constraint.nonNegative()),
                Dense.of(2, "softmax"));
        model.fit(DATA, QUIET);
        var w = kernel(model);
        for (int unit = 0; unit < 4; unit++) {
            assertThat(Math.sqrt(w[unit] * w[unit] + w[4 + unit] * w[4 + unit] + w[8 + unit] * w[8 + unit])).isLessThanOrEqualTo(0.5 + 1e-5);
        }
        for (float bias : Tensor.wrap(model.weights().get("dense/bias")).toFloats()) {
            assertThat(bias).isNotNegative();
        }
    }

    /// λ is a scalar of the step: models that differ in it are one program.
    @Test
    void numbersAreScalarsOfTheStep() {
        var weak = model(Dense.of(2, "softmax").withRegularizer("kernel", Regularizer.l1(0.1)).withConstraint("kernel", Constraint.maxNorm(1)));
        var strong = model(Dense.of(2, "softmax").withRegularizer("kernel", Regularizer.l1(0.5)).withConstraint("kernel", Constraint.maxNorm(2)));
        assertThat(weak.kind(DATA, QUIET)).isEqualTo(strong.kind(DATA, QUIET));
    }

    /// Half the mean square of what it gives pulls outputs towards 0, with a softmax of its own behind it or not.
    @Test
    void activityIsPenalisedWhileTraining() {
        var free = model(Dense.of(8), Dense.of(2, "softmax"));
        var held = model(Dense.of(8).withActivityRegularizer(Regularizer.l2(0.5)), Dense.of(2, "softmax"));
        free.fit(DATA, QUIET);
        held.fit(DATA, QUIET);
        assertThat(norm(kernel(held))).isLessThan(norm(kernel(free)));
        assertThat(model(Dense.of(2, "softmax").withActivityRegularizer(Regularizer.l2(0.5))).fit(DATA, QUIET).last("loss")).isFinite();
    }

    private static double norm(float[] w) {
        double sum = 0;
        for (float one : w) {
            sum += one * one;
        }
        return sum;
    }

    @Test
    void rulesAreSavedWithTheLayers(@TempDir Path folder) {
        var model = model(Dense.of(4).withRegularizer("kernel", Regularizer.l1l2(0.1, 0.2))
                .withConstraint("kernel", Constraint.minMaxNorm(0.5, 1)).withActivityRegularizer(Regularizer.l1(0.1)), Dense.of(2, "softmax")
                .withConstraint("kernel", Constraint.unitNorm()).withConstraint("bias", Constraint.nonNegative())).build(3);
        model.save(folder);
        assertThat(Model.load(folder).layer()).isEqualTo(model.layer());
        assertThat(Regularizer.notes(0.4, 10)).isEqualTo(Regularizer.l2(0.02));
    }
}
