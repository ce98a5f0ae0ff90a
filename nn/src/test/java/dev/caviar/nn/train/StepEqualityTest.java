package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.compile.Options;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.data.Batches;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.Needs;
import dev.caviar.nn.layer.Reshape;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Optimizer;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The same training by whatever routines and threads has the same curve.
class StepEqualityTest {
    enum Network {
        CNN(Sequential.of(Reshape.of(8, 8, 1), Conv2D.of(8, 3, "relu"), MaxPooling2D.of(2), Flatten.of(), Dense.of(10, "softmax"))),
        LSTM(Sequential.of(dev.caviar.nn.layer.LSTM.of(24), Dense.of(10, "softmax"))),
        MLP(Sequential.of(Flatten.of(), Dense.of(48).withBias(false), BatchNorm.of(), Activation.RELU, Dropout.of(0.1), Dense.of(32, "tanh"), Dense.of(10, "softmax")));

        final Layer layer;

        Network(Layer layer) {
            this.layer = layer;
        }
    }

    /// The sums of the loss of each batch of one pass over the digits.
    private static double[] curve(Layer layer, Options options) {
        var data = DataSource.of("digits").load().train();
        var optimizer = Optimizer.of("adam");
        var needs = Needs.of(layer, DType.F32, new Type(DType.F32, data.inputShape().insert(0, 1)));
        var state = new State(List.of(data.inputShape()), needs, Normaliser.fit(data), DType.F32, 1);
        state.restart(optimizer);
        var recipe = Recipe.of(layer, optimizer, Loss.of("sparse_categorical_crossentropy"), List.of(Metric.of("accuracy")));
        var batches = Batches.of(data, 32).shuffled(3);
        var losses = new double[batches.count() - 1];
        batches.start(0);
        try (var step = new TrainStep(recipe, state, DType.F32, batches, 32, options)) {
            for (int b = 0; b < losses.length; b++) {
                batches.fill(b, step.x(), step.y());
                step.run(optimizer, 1, b, 0);
                losses[b] = step.sum(0) / 32;
            }
        }
        return losses;
    }

    @ParameterizedTest
    @EnumSource
    void aCurveDependsNeitherOnTheRoutinesNorOnTheThreads(Network network) {
        var plain = curve(network.layer, Options.of().withProvider(Provider.plain()));
        assertThat(plain[plain.length - 1]).isLessThan(plain[0] * 0.95);
        for (var options : List.of(Options.of(), Options.of().withThreads(2), Options.of().withProvider(Provider.plain()).withThreads(2),
                Options.of().withFusion(false))) {
            assertThat(curve(network.layer, options)).as("%s", options).containsExactly(plain, within(1e-3));
        }
    }
}
