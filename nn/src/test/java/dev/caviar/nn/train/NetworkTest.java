package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.compile.Function;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.AveragePooling1D;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Minimizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class NetworkTest {
    private static final Tensor X = Random.normal(Random.key(1), 24, 6);
    private static final Tensor Y = Tensor.of(LongStream.range(0, 24).map(i -> i % 3).toArray());
    private static final Loss LOSS = Loss.of("sparse_categorical_crossentropy_from_logits");

    private static Sequential layers() {
        return Sequential.of(Dense.of(8).withL2(0.01), BatchNorm.of(), Activation.TANH, Dropout.of(0.3), Dense.of(3));
    }

    private static void same(Map<String, Buffer> actual, Map<String, Buffer> expected) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        expected.forEach((path, buffer) -> assertThat(Tensor.wrap(actual.get(path)).toFloats()).as(path)
                .containsExactly(Tensor.wrap(buffer).toFloats(), within(2e-5f)));
    }

    private static Model fitted() {
        var model = Model.of(layers()).withSeed(5).compile(Adam.of(0.01), LOSS);
        model.fit(Examples.of(X.array().buffer(), Y.array().buffer()), Fit.of().withEpochs(5).withBatch(24).withShuffle(false).withSeed(5)
                .withVerbosity(Verbosity.SILENT));
        return model;
    }

    @Test
    void anOwnLoopGivesTheNumbersOfFit() {
        var net = Network.of(layers(), 5, X.type());
        var minimizer = Minimizer.of(Adam.of(0.01));
        for (int i = 0; i < 5; i++) {
            minimizer.minimize(() -> LOSS.mean(net.train(X), Y, null).add(net.penalty()), net.trained());
        }
        var model = fitted();
        same(net.weights(), model.weights());
        assertThat(net.infer(X).softmax(-1).toFloats()).containsExactly(Tensor.wrap(model.predict(X.array().buffer())).softmax(-1).toFloats(), within(1e-5f));
    }

    @Test
    void soDoesACompiledOne() {
        var net = Network.of(layers(), 5, X.type());
        var minimizer = Minimizer.of(Adam.of(0.01));
        try (var step = Function.of(in -> Gradient.tape(tape -> {
            var loss = LOSS.mean(net.train(in.get(0)), in.get(1), null).add(net.penalty());
            var all = new ArrayList<>(List.of(loss));
            all.addAll(tape.gradients(loss, List.of(net.trained())));
            return all;
        }), Options.of())) {
            for (int i = 0; i < 5; i++) {
                var out = step.call(List.of(X, Y));
                var slopes = new ArrayList<Minimizer.Slope>();
                for (int k = 0; k < net.trained().length; k++) {
                    slopes.add(new Minimizer.Slope(out.get(k + 1), net.trained()[k]));
                }
                minimizer.applyGradients(slopes);
            }
        }
        same(net.weights(), fitted().weights());
    }

    @Test
    void trainingAndInferenceReachNestedLayers() {
        var net = Network.of(Sequential.of(Sequential.of(Sequential.of(Dropout.of(0.5)))), 1, Type.of(DType.F32, 1, 100));
        var ones = Tensor.ones(1, 100);
        assertThat(net.infer(ones).toFloats()).containsOnly(1);
        var first = net.train(ones).toFloats();
        assertThat(first).contains(0, 2);
        assertThat(net.train(ones).toFloats()).as("another mask each step").isNotEqualTo(first);
    }

    /// A layer without weights has no other way to know the type than to be told.
    @Test
    void aNetworkWithoutWeightsComputesInTheModelsType() {
        var model = Model.of(Sequential.of(AveragePooling1D.of(2), Activation.SOFTMAX)).withDType(DType.F64).build(4, 3);
        var x = Random.normal(Random.key(1), Type.of(DType.F32, 2, 4, 3)).cast(DType.F64);
        var expected = x.reshape(2, 2, 2, 3).mean(2).softmax(-1).toDoubles();
        for (var y : List.of(Network.of(model, 1).infer(x), Network.of(model, 1).train(x), model.predict(x))) {
            assertThat(y.dtype()).isEqualTo(DType.F64);
            assertThat(y.toDoubles()).containsExactly(expected, within(1e-15));
        }
    }

    @Test
    void aNetworkBeginsWhereAModelIsAndGivesItsWeightsBack() {
        var model = fitted().freeze("dense", "batch_norm");
        var net = Network.of(model, 9);
        assertThat(net.trained()).hasSize(2);
        var before = model.weights();
        Minimizer.of(Adam.of(0.1)).minimize(() -> LOSS.mean(net.train(X), Y, null), net.trained());
        model.assign(net.weights());
        var after = model.weights();
        before.forEach((path, buffer) -> {
            var now = Tensor.wrap(after.get(path)).toFloats();
            if (path.startsWith("dense_1")) {
                assertThat(now).as(path).isNotEqualTo(Tensor.wrap(buffer).toFloats());
            } else {
                assertThat(now).as(path).isEqualTo(Tensor.wrap(buffer).toFloats());
            }
        });
    }
}
