package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Functional;
import dev.caviar.nn.layer.Input;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.LayerException;
import dev.caviar.nn.layer.Scope;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Optimizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FunctionalTest {
    private static final Fit QUIET = Fit.of().withVerbosity(Verbosity.SILENT).withBatch(16);
    private static final Layer DIFFERENCE = (s, x) -> x[0].sub(x[1]).square();

    private static Buffer noise(long seed, long... dims) {
        return Random.normal(Random.key(seed), dims).array().buffer();
    }

    private static Buffer classes(int n, int k) {
        return Tensor.of(java.util.stream.LongStream.range(0, n).map(i -> i % k).toArray()).array().buffer();
    }

    private static Map<String, float[]> values(Map<String, Buffer> weights) {
        var out = new java.util.TreeMap<String, float[]>();
        weights.forEach((path, buffer) -> out.put(path, Tensor.wrap(buffer).toFloats()));
        return out;
    }

    /// Two inputs, a shared encoder, two outputs of which one reads the other's input.
    private static Model twoByTwo() {
        var left = Input.of("left", 6);
        var right = Input.of("right", 6);
        var encoder = Dense.of(5, "tanh");
        var a = encoder.on("encoder", left);
        var b = encoder.on("encoder", right);
        var merged = Dense.of(8, "relu").on(DIFFERENCE.on(a, b));
        return Model.of(List.of(left, right), List.of(Dense.of(3, "softmax").on("kind", merged), Dense.of(2).on("place", merged)));
    }

    private static Examples pairs() {
        return Examples.of(List.of(noise(1, 40, 6), noise(2, 40, 6)), List.of(classes(40, 3), noise(3, 40, 2)));
    }

    @Test
    void aChainIsTheSameAsASequence() {
        var x = Input.of(6);
        var chain = Model.of(x, Dense.of(3, "softmax").on(Dropout.of(0.2).on(Dense.of(8, "relu").on(x))));
        var sequence = Model.of(Dense.of(8, "relu"), Dropout.of(0.2), Dense.of(3, "softmax"));
        Layer own = (s, in) -> {
            var h = s.call("dense", Dense.of(8, "relu"), in);
            return s.call("dense_1", Dense.of(3, "softmax"), s.call("dropout", Dropout.of(0.2), h));
        };
        var results = new ArrayList<Map<String, float[]>>();
        for (var model : List.of(chain, sequence, Model.of(own))) {
            model.compile(Adam.of(0.01), Loss.of(model.layer() == own ? "sparse_categorical_crossentropy" : "sparse_categorical_crossentropy"));
            model.fit(Examples.of(noise(1, 40, 6), classes(40, 3)), QUIET.withEpochs(3));
            results.add(values(model.weights()));
        }
        assertThat(results.get(1).keySet()).isEqualTo(results.get(0).keySet()).isEqualTo(results.get(2).keySet());
        results.get(0).forEach((path, numbers) -> {
            assertThat(results.get(1).get(path)).as(path).isEqualTo(numbers);
            assertThat(results.get(2).get(path)).as(path).containsExactly(numbers, within(1e-5f));
        });
    }

    @Test
    void severalInputsAndOutputsTrainAndAreScoredOneByOne() {
        var model = twoByTwo().compile(Adam.of(0.01), Goal.of("sparse_categorical_crossentropy", "accuracy"), Goal.of("mse", "mae").withWeight(0.25));
        var before = model.build().evaluate(pairs());
        assertThat(before.keySet()).containsExactly("loss", "kind_loss", "place_loss", "kind_accuracy", "place_mae");
        assertThat(before.get("loss")).isCloseTo(before.get("kind_loss") + 0.25 * before.get("place_loss"), within(1e-5));
        var history = model.fit(pairs(), QUIET.withEpochs(30).withValidation(pairs()));
        assertThat(history.last("loss")).isLessThan(before.get("loss") * 0.8);
        assertThat(history.last("val_place_loss")).isCloseTo(model.evaluate(pairs()).get("place_loss"), within(1e-6));

        var answers = model.predict(pairs().allFeatures());
        assertThat(answers).hasSize(2);
        assertThat(answers.get(0).type().shape()).isEqualTo(Shape.of(40, 3));
        assertThat(Tensor.wrap(answers.get(0)).sum(-1).toDoubles()).containsOnly(new double[] {1}, within(1e-5));
        var place = Tensor.wrap(answers.get(1)).sub(Tensor.wrap(pairs().ys().get(1))).square().mean().itemAsDouble();
        assertThat(place).isCloseTo(model.evaluate(pairs()).get("place_loss"), within(1e-5));
    }

    @Test
    void aSharedLayerHasOneSetOfWeights() {
        var model = twoByTwo().build();
        assertThat(model.weights().keySet()).contains("encoder/kernel").hasSize(8);
        assertThat(model.parameters()).isEqualTo(6 * 5 + 5 + 5 * 8 + 8 + 8 * 3 + 3 + 8 * 2 + 2);
        var same = noise(9, 4, 6);
        var answers = model.predict(List.of(same, same));
        var others = model.predict(List.of(noise(10, 4, 6), noise(11, 4, 6)));
        assertThat(Tensor.wrap(answers.get(1)).toFloats()).as("no difference between equal inputs, and biases begin at 0").containsOnly(0);
        assertThat(Tensor.wrap(others.get(1)).toFloats()).doesNotContain(0);
    }

    @Test
    void modelsNestAndTakeOverWeights() {
        var x = Input.of("x", 6);
        var encoder = Model.of(x, Dense.of(4, "tanh").on("deep", Dense.of(5, "relu").on("wide", x))).build();
        var y = Input.of("y", 6);
        var whole = Model.of(y, Dense.of(2).on("head", encoder.layer().on("encoder", y))).withSeed(7).build();
        assertThat(whole.weights().keySet()).contains("encoder/wide/kernel", "encoder/deep/bias", "head/kernel");
        whole.assign("encoder", encoder);
        assertThat(values(whole.weights()).get("encoder/deep/kernel")).isEqualTo(values(encoder.weights()).get("deep/kernel"));
    }

    @Test
    void whatIsFrozenStaysAsItIs() {
        var head = Dense.of(3, "softmax");
        var base = Sequential.of(Dense.of(5), BatchNorm.of().withMomentum(0.5), Activation.RELU);
        var x = Input.of(6);
        var model = Model.of(x, head.on("head", base.on("base", x)));
        model.compile("adam", "sparse_categorical_crossentropy").freeze(base).build();
        assertThat(model.frozen()).containsExactly("base");
        var before = values(model.weights());
        var data = Examples.of(noise(1, 48, 6), classes(48, 3));
        model.fit(data, QUIET.withEpochs(2));
        var after = values(model.weights());
        before.forEach((path, numbers) -> {
            if (path.startsWith("base/")) {
                assertThat(after.get(path)).as("%s", path).isEqualTo(numbers);
            } else {
                assertThat(after.get(path)).as("%s", path).isNotEqualTo(numbers);
            }
        });
        int steps = model.plan(data, QUIET).print().length();
        model.unfreeze();
        assertThat(model.plan(data, QUIET).print().length()).as("the plan of a step without gradients of the frozen part is shorter").isGreaterThan(steps);
        model.fit(data, QUIET.withEpochs(1));
        assertThat(values(model.weights()).get("base/dense/kernel")).isNotEqualTo(before.get("base/dense/kernel"));
        assertThatThrownBy(() -> model.freeze("bass")).hasMessageContaining("no part \"bass\"").hasMessageContaining("base");
        assertThatThrownBy(() -> model.freeze(Dense.of(3))).hasMessageContaining("not a part");
    }

    record Twins(int units) implements Layer {
        @Override
        public int outputs() {
            return 2;
        }

        @Override
        public Tensor apply(Scope s, Tensor... x) {
            return applyAll(s, x).getFirst();
        }

        @Override
        public List<Tensor> applyAll(Scope s, Tensor... x) {
            return List.of(s.call("a", Dense.of(units), x), s.call("b", Dense.of(units), x));
        }
    }

    /// Classes without names and layers that print nothing are called layers, not by their address.
    @Test
    void anAnonymousClassIsALayerToo() {
        var own = new Layer() {
            @Override
            public int outputs() {
                return 2;
            }

            @Override
            public Tensor apply(Scope s, Tensor... x) {
                return applyAll(s, x).getFirst();
            }

            @Override
            public List<Tensor> applyAll(Scope s, Tensor... x) {
                var hidden = s.call("hidden", Dense.of(4, "relu"), x[0]);
                return List.of(s.call("kind", Dense.of(3, "softmax"), hidden), s.call("place", Dense.of(2), hidden));
            }
        };
        var model = Model.of(own).compile("adam", Goal.of("sparse_categorical_crossentropy"), Goal.of("mse"));
        var history = model.fit(Examples.of(List.of(noise(1, 40, 6)), List.of(classes(40, 3), noise(3, 40, 2))), QUIET.withEpochs(4));
        assertThat(history.last("loss")).isLessThan(history.of("loss").getFirst());
        var inside = Model.of(own, Dense.of(1)).build(6);
        assertThat(inside.weights()).containsKeys("layer/hidden/kernel", "layer/place/bias");
        assertThat(inside.summary()).contains("layer/hidden").doesNotContain("@");
        assertThatThrownBy(() -> inside.save(Path.of("never"))).hasMessageContaining("save: layer is not one of Caviar's own layers");
    }

    @Test
    void anOwnLayerMayHaveSeveralOutputs() {
        var x = Input.of(4);
        var both = new Twins(3).all("twins", x);
        var model = Model.of(List.of(x), List.of(Dense.of(1).on(both.get(1)), both.get(0))).build();
        var answers = model.predict(List.of(noise(1, 5, 4)));
        assertThat(answers.stream().map(b -> b.type().shape())).containsExactly(Shape.of(5, 1), Shape.of(5, 3));
        var alone = Model.of(new Twins(2)).compile("adam", Goal.of("mse"), Goal.of("mse"));
        alone.fit(Examples.of(List.of(noise(1, 20, 4)), List.of(noise(2, 20, 2), noise(3, 20, 2))), QUIET);
        assertThat(alone.weights()).containsKeys("a/kernel", "b/kernel");
    }

    @Test
    void aSavedFunctionalModelIsTheSame(@TempDir Path folder) {
        var left = Input.of("left", 6);
        var right = Input.of("right", 6);
        var encoder = Sequential.of(Dense.of(5, "tanh"), BatchNorm.of());
        var h = Activation.SOFTPLUS.on(Dense.of(4).on(encoder.on("encoder", left)));
        var g = Dense.of(4).on(encoder.on("encoder", right));
        var model = Model.of(List.of(left, right), List.of(Dense.of(3, "softmax").on("kind", h), Dense.of(2).on("place", g)));
        model.compile(Adam.of(0.01), Goal.of("sparse_categorical_crossentropy", "accuracy"), Goal.of("mse").withWeight(0.5)).freeze("encoder/dense");
        model.fit(pairs(), QUIET.withEpochs(2));
        model.save(folder);
        var loaded = Model.load(folder);
        assertThat(loaded.layer()).isEqualTo(model.layer());
        assertThat(loaded.frozen()).isEqualTo(model.frozen());
        assertThat(loaded.recipe()).isEqualTo(model.recipe());
        assertThat(loaded.evaluate(pairs())).isEqualTo(model.evaluate(pairs()));
        assertThat(Tensor.wrap(loaded.predict(pairs().allFeatures()).get(1)).toFloats())
                .isEqualTo(Tensor.wrap(model.predict(pairs().allFeatures()).get(1)).toFloats());
    }

    @Test
    void aFleetTrainsSeveralInputsAndOutputsAsEachAlone() {
        var weights = List.of(0.5, 2.0);
        var alone = weights.stream().map(w -> twoByTwo().compile(Adam.of(0.01), Goal.of("sparse_categorical_crossentropy"), Goal.of("mse").withWeight(w))).toList();
        var together = weights.stream().map(w -> twoByTwo().compile(Adam.of(0.01), Goal.of("sparse_categorical_crossentropy"), Goal.of("mse").withWeight(w))).toList();
        alone.forEach(model -> model.fit(pairs(), QUIET.withEpochs(2).withValidation(pairs())));
        var fit = QUIET.withEpochs(2).withValidation(pairs());
        var histories = Fleet.fit(together.stream().map(model -> new Fleet.Member(model, pairs(), fit)).toList());
        for (int i = 0; i < 2; i++) {
            assertThat(together.get(i).evaluate(pairs()).get("loss")).isCloseTo(alone.get(i).evaluate(pairs()).get("loss"), within(1e-4));
            assertThat(histories.get(i).last("val_place_loss")).isCloseTo(alone.get(i).evaluate(pairs()).get("place_loss"), within(1e-4));
        }
    }

    @Test
    void whatDoesNotFitSaysSo() {
        var x = Input.of("x", 6);
        var y = Input.of("y", 6);
        assertThatThrownBy(() -> Functional.of(x, Dense.of(2).on(y))).hasMessageContaining("Input \"y\" [6]").hasMessageContaining("Maybe list it");
        assertThatThrownBy(() -> Functional.of(List.of(x, y), List.of(Dense.of(2).on(x)))).hasMessageContaining("no output depends on Input \"y\"");
        assertThatThrownBy(() -> Functional.of(x, Dense.of(2).on("a", Dense.of(2).on("a", x)))).hasMessageContaining("two layers are named \"a\"");
        var model = twoByTwo().compile("adam", Goal.of("sparse_categorical_crossentropy"), Goal.of("mse"));
        assertThatThrownBy(() -> model.fit(Examples.of(List.of(noise(1, 8, 6), noise(1, 8, 5)), List.of(classes(8, 3), noise(1, 8, 2))), QUIET))
                .isInstanceOf(LayerException.class).hasMessageContaining("\"right\" takes examples of shape [6], these are [5]").hasMessageContaining("Maybe");
        assertThatThrownBy(() -> model.fit(Examples.of(noise(1, 8, 6), classes(8, 3)), QUIET)).hasMessageContaining("takes 2 inputs, [left, right]");
        assertThatThrownBy(() -> model.fit(Examples.of(List.of(noise(1, 8, 6), noise(1, 8, 6)), List.of(classes(8, 3))), QUIET))
                .hasMessageContaining("has 2 outputs, [kind, place]");
        assertThatThrownBy(() -> model.fit(Examples.of(List.of(noise(1, 8, 6), noise(1, 8, 6)), List.of(classes(8, 5), noise(1, 8, 2))), QUIET))
                .hasMessageContaining("class of example 3 for \"kind\" is 3");
        assertThatThrownBy(() -> twoByTwo().compile("adam", "mse")).hasMessageContaining("2 outputs, [kind, place], but 1 loss");
        assertThatThrownBy(() -> twoByTwo().compile(Optimizer.of("adam"), Goal.of(Loss.of("categorical_crossentropy_from_logits")), Goal.of("mse")))
                .hasMessageContaining("the output \"kind\" ends in softmax");
        assertThatThrownBy(() -> twoByTwo().withNormaliser(Normaliser.identity()).compile("adam", Goal.of(Loss.of("mse"), Metric.of("mae")), Goal.of("mse"))
                .evaluate(pairs())).hasMessageContaining("A normaliser is for one input");
    }
}
