package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.grad.GradientCheck;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Conv1D;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.GRU;
import dev.caviar.nn.layer.Init;
import dev.caviar.nn.layer.Input;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.layer.TimeDistributed;
import dev.caviar.nn.layer.UnaryLayer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What a model says about itself: its summary, its drawing, its warnings, its gradients.
class StructureTest {
    private static final Examples DATA = Examples.of(Random.normal(Random.key(1), 12, 5).array().buffer(),
            Tensor.of(LongStream.range(0, 12).map(i -> i % 3).toArray()).array().buffer());

    @Test
    void aSummaryCountsParametersMemoryAndOperations() {
        var summary = Model.of(Dense.of(128, "relu"), Dropout.of(0.2), Dense.of(64, "relu"), Dense.of(10)).build(784).summary();
        assertThat(summary.lines().toList()).anySatisfy(line -> assertThat(line).contains("dense ", "Dense(128, relu)", "[128]", "100,480", "393.0 KiB",
                String.format("%,d", 2 * 784 * 128 + 128 + 128)));
        assertThat(summary).contains("109,386 parameters, 109,386 of them trained").contains("memory: 427.3 KiB of weights, 1.3 KiB of what layers give")
                .contains(String.format("one example takes %,d floating", 2 * (784 * 128 + 128 * 64 + 64 * 10) + 2 * 128 + 2 * 64 + 10));
    }

    @Test
    void aSummaryCountsSharedPartsOnceAndTellsFrozenOnes() {
        var a = Input.of(4);
        var b = Input.of(4);
        var shared = Dense.of(3);
        Layer sum = (s, x) -> x[0].add(x[1]);
        var model = Model.of(List.of(a, b), List.of(sum.on(shared.on("both", a), shared.on("both", b)))).build().freeze("both");
        var summary = model.summary();
        assertThat(summary).contains("15 parameters, 0 of them trained, 15 frozen").contains("Dense(3), frozen").contains("lambda");
        assertThat(model.parameters()).isZero();
    }

    @Test
    void aModelIsDrawnWithItsInputsAndOutputs() {
        var image = Input.of("image", 8, 8, 1);
        var extra = Input.of("extra", 3);
        var features = Sequential.of(Conv2D.of(4, 3, "relu"), MaxPooling2D.of(2), Flatten.of()).on("features", image);
        Layer join = (s, x) -> Tensor.concat(-1, x);
        var joined = join.on("join", features, extra);
        var model = Model.of(List.of(image, extra), List.of(Dense.of(10, "softmax").on("digit", joined), Dense.of(1).on("size", joined))).build();
        var dot = model.diagram().dot();
        assertThat(dot).contains("label=\"image\\n[8, 8, 1]\", shape=ellipse").contains("features\\n").contains("40 parameters")
                .contains("n0 -> n2 [label=\"[8, 8, 1]\"]").contains("n1 -> n3 [label=\"[3]\"]").contains("n2 -> n3 [label=\"[36]\"]")
                .contains("digit\\nDense(10, softmax)\\n400 parameters").contains("label=\"size\\n[1]\", penwidth=2");
        assertThatThrownBy(() -> Model.of(Dense.of(1)).diagram()).hasMessageContaining("no weights yet").hasMessageContaining("Maybe build");
    }

    @Test
    void aFunctionalModelWhoseInputsSayTheirShapesNeedsNoBuild() {
        var x = Input.of("x", 4);
        assertThat(Model.of(x, Dense.of(3).on(x)).summary()).contains("15 parameters");
        assertThat(Model.of(x, Dense.of(3).on(x)).weights()).containsKey("dense/kernel");
        var unknown = Input.of("x", -1, 4);
        assertThatThrownBy(() -> Model.of(unknown, LSTM.of(3).on(unknown)).summary()).hasMessageContaining("no weights yet");
    }

    @Test
    void likelyMistakesAreWarnedAbout() {
        assertThat(Model.of(Dense.of(8, "relu"), Dropout.of(0.2), Dense.of(3)).warnings()).isEmpty();
        assertThat(Model.of(Dense.of(8), BatchNorm.of(), Activation.RELU, Dense.of(3)).warnings()).as("Sequential drops that bias").isEmpty();
        assertThat(Model.of(Conv2D.of(8, 3), BatchNorm.of(), Flatten.of(), Dense.of(3)).warnings()).singleElement().asString()
                .contains("\"conv2_d\" has a bias".replace("conv2_d", Conv2D.of(8, 3).kind())).contains("Maybe use withBias(false)");
        assertThat(Model.of(Conv2D.of(8, 3).withBias(false), BatchNorm.of(), Flatten.of(), Dense.of(3)).warnings()).isEmpty();
        for (var around : List.of(TimeDistributed.of(Dense.of(4)), Conv1D.of(4, 3).withL2(0.01))) {
            assertThat(Model.of(around, BatchNorm.of(), Dense.of(2)).warnings()).singleElement().asString().contains("has a bias");
        }
        var x = Input.of(5);
        assertThat(Model.of(x, Dense.of(2).on(BatchNorm.of().on(Dense.of(4).on("wide", x)))).warnings()).singleElement().asString()
                .contains("\"wide\" has a bias, which \"batch_norm\"");
        assertThat(Model.of(Dropout.of(0.1), Dense.of(8, "relu"), Dense.of(3), Dropout.of(0.2), Activation.SOFTMAX).warnings())
                .anySatisfy(w -> assertThat(w).contains("drops parts of the input")).anySatisfy(w -> assertThat(w).contains("drops parts of the output")).hasSize(2);
    }

    @Test
    void theGradientsOfAWholeModelAreRight() {
        var model = Model.of(Dense.of(6).withL2(0.1), BatchNorm.of(), Activation.TANH, Dropout.of(0.5), Dense.of(3, "softmax"))
                .compile("adam", "sparse_categorical_crossentropy", "accuracy");
        var check = model.checkGradients(DATA);
        assertThat(check.verdict()).as("%s", check).isEqualTo(GradientCheck.Verdict.RIGHT);
        assertThat(check.rows().stream().map(GradientCheck.Row::name)).containsExactlyElementsOf(model.weights().keySet().stream()
                .filter(path -> !path.contains("moving")).toList());
    }

    @Test
    void aPlantedBugIsFoundInTheLayerThatHasIt() {
        // The derivative of tanh is 1 − y², not 1 − y.
        var tanh = Gradient.custom(Tensor::tanh, (x, g) -> g.mul(x.tanh().neg().add(1)));
        UnaryLayer wrong = (s, x) -> tanh.apply(x);
        var model = Model.of(Dense.of(6).withBiasInit(Init.normal(0.5)), wrong, Dense.of(3, "softmax")).compile("adam", "sparse_categorical_crossentropy");
        var check = model.checkGradients(DATA);
        assertThat(check.rows().stream().filter(row -> row.name().startsWith("dense/")).map(GradientCheck.Row::verdict))
                .containsOnly(GradientCheck.Verdict.WRONG);
        assertThat(check.rows().stream().filter(row -> row.name().startsWith("dense_1/")).map(GradientCheck.Row::verdict))
                .containsOnly(GradientCheck.Verdict.RIGHT);
        assertThat(check.toString()).contains("wrong, most at element");
    }

    static Stream<Arguments> models() {
        var two = Input.of(5);
        var h = Dense.of(4, "tanh").on(two);
        var split = Model.of(List.of(two), List.of(Dense.of(3, "softmax").on("kind", h), Dense.of(2).on("place", h)))
                .compile("adam", Goal.of("sparse_categorical_crossentropy"), Goal.of("mse").withWeight(0.3));
        var kinds = DATA.ys().getFirst();
        return Stream.of(
                Arguments.of(split, Examples.of(DATA.xs(), List.of(kinds, noise(12, 2)))),
                Arguments.of(softmax(Conv2D.of(3, 2, "gelu"), BatchNorm.of(), MaxPooling2D.of(2), Flatten.of()), Examples.of(noise(12, 5, 5, 2), kinds)),
                Arguments.of(softmax(LSTM.of(4)), Examples.of(noise(12, 6, 3), kinds)),
                Arguments.of(softmax(GRU.of(4), Dropout.of(0.4)), Examples.of(noise(12, 6, 3), kinds)));
    }

    private static Buffer noise(long... dims) {
        return Random.normal(Random.key(7), dims).array().buffer();
    }

    private static Model softmax(Layer... layers) {
        var all = new ArrayList<>(List.of(layers));
        all.add(Dense.of(3, "softmax"));
        return Model.of(Sequential.of(all)).compile("adam", "sparse_categorical_crossentropy");
    }

    @ParameterizedTest
    @MethodSource("models")
    void theGradientsOfAllKindsOfModelsAreRight(Model model, Examples examples) {
        var check = model.checkGradients(examples);
        assertThat(check.verdict()).as("%s", check).isIn(GradientCheck.Verdict.RIGHT, GradientCheck.Verdict.LIKELY);
        assertThat(check.rows()).allSatisfy(row -> assertThat(row.numeric()).as(row.name()).isPositive());
    }

    @Test
    void aDecisionByAValueInALayerNamesItsLine() {
        UnaryLayer choosy = (s, x) -> x.sum().item() > 0 ? x : x.neg();
        assertThatThrownBy(() -> Model.of(Dense.of(3), choosy).build(4)).hasMessageContaining("StructureTest.java:").hasMessageContaining("asks for a value")
                .hasMessageContaining("Maybe decide with where(");
    }
}
