package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Concatenate;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Embedding;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Init;
import dev.caviar.nn.layer.Input;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Merge;
import dev.caviar.nn.layer.Softmax;
import dev.caviar.nn.layer.UnaryLayer;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Data and goals that do not fit a model are refused before anything is learnt from them. Shapes: [ShapesThatDoNotFitTest]; data that is
/// empty, short or not finite: [PipelineFitTest]; checkpoints: [CheckpointsTest]; two threads: [ModelTest]; likely mistakes: [StructureTest].
class BadInputTest {
    private static final Fit QUIET = Fit.of().withVerbosity(Verbosity.SILENT).withBatch(2);
    private static final float[][] X = {{0, 1}, {1, 0}, {1, 1}, {0, 0}};

    private static Model classes(int units, String loss) {
        return Model.of(Dense.of(units, "softmax")).compile("sgd", loss, "accuracy");
    }

    private static Model yesOrNo() {
        return Model.of(Dense.of(1, "sigmoid")).compile("sgd", "binary_crossentropy", "accuracy");
    }

    /// Says so, gives advice on a line of its own, and leaves the model without a step.
    private static void refused(ThrowingCallable run, String... parts) {
        var thrown = assertThatThrownBy(run).isInstanceOf(RuntimeException.class);
        for (var part : parts) {
            thrown.hasMessageContaining(part);
        }
        thrown.hasMessageContaining("\nMaybe ");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 3, 9})
    void aClassOutOfRangeIsNamedWithItsExample(int label) {
        var model = classes(3, "sparse_categorical_crossentropy");
        refused(() -> model.fit(X, new int[] {0, 1, label, 2}, QUIET), "class of example 2 is " + label, "3 outputs", "[0, 3)");
        refused(() -> model.evaluate(X, new int[] {0, 1, label, 2}), "class of example 2 is " + label);
        refused(() -> model.fit(Examples.of(X, new int[4]), QUIET.withValidation(Examples.of(X, new int[] {0, 1, label, 2}))), "class of example 2 is " + label);
    }

    @Test
    void noExamplesWeightsThatAreNoneAndALayerThatGivesNullAreTold() {
        var model = classes(3, "sparse_categorical_crossentropy").build(2);
        refused(() -> model.evaluate(new float[0][], new int[0]), "evaluate: there are no examples");
        assertThat(model.predict(new float[0][])).isEmpty();
        refused(() -> Examples.of(X, new int[4]).withWeights(1, Float.NaN, 1, 1), "the weight of example 1 is NaN");
        refused(() -> Examples.of(X, new int[4]).withWeights(1, 1, -1, 1), "the weight of example 2 is -1.0");
        refused(() -> Model.of(Dense.of(2), (UnaryLayer) (s, x) -> null).compile("sgd", "mse").fit(X, new float[4][2], QUIET), "in \"layer\"", "it gave null");
    }

    @Test
    void whatIsNoProbabilityIsNoLabelOfOne() {
        refused(() -> yesOrNo().fit(X, new int[] {0, 1, 2, 1}, QUIET), "label of example 2 is 2.0", "binary_crossentropy", "[0, 1]", "softmax");
        refused(() -> yesOrNo().fit(X, new float[][] {{0}, {-1}, {1}, {1}}, QUIET), "label of example 1 is -1.0");
        refused(() -> classes(2, "categorical_crossentropy").fit(X, new float[][] {{0, 1}, {1, 0}, {0, 7}, {1, 0}}, QUIET), "label of example 2 is 7.0 in column 1");
        assertThatCode(() -> yesOrNo().fit(X, new float[][] {{0}, {0.1f}, {0.9f}, {1}}, QUIET)).as("soft labels").doesNotThrowAnyException();
    }

    @Test
    void integersAreNotOneHotRowsAndTheseNoIntegers() {
        refused(() -> classes(3, "categorical_crossentropy").fit(X, new int[] {0, 1, 2, 0}, QUIET), "must be one-hot rows", "Maybe use sparse_categorical_crossentropy");
        refused(() -> classes(3, "sparse_categorical_crossentropy").fit(X, new float[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 0, 0}}, QUIET),
                "one integer per row", "Maybe use categorical_crossentropy");
        refused(() -> classes(3, "categorical_crossentropy").fit(X, new float[4][4], QUIET), "[2, 3]", "[2, 4]", "as many units as there are classes");
        refused(() -> Model.of(Dense.of(2)).compile("sgd", "mse").fit(X, new float[4][3], QUIET), "[2, 2]", "[2, 3]");
    }

    @Test
    void softmaxIsNotAppliedTwice() {
        refused(() -> classes(3, "sparse_categorical_crossentropy_from_logits"), "ends in softmax", "takes logits and would apply it again");
        refused(() -> Model.of(Dense.of(3), Activation.SOFTMAX).compile("sgd", "categorical_crossentropy_from_logits"), "would apply it again");
        refused(() -> Model.of(Dense.of(3), Softmax.of()).compile("sgd", "binary_crossentropy_from_logits"), "would apply it again");
        var x = Input.of(2);
        refused(() -> Model.of(x, Softmax.of().on(Dense.of(3).on(x))).compile("sgd", "sparse_categorical_crossentropy_from_logits"), "would apply it again");
        assertThat(Model.of(Dense.of(3, "softmax"), Softmax.of()).warnings()).singleElement().asString()
                .contains("\"softmax\" is softmax of what \"dense\" made shares of 1 already", "\nMaybe ");
    }

    @ParameterizedTest
    @CsvSource({"linear, sparse_categorical_crossentropy, a linear layer", "relu, sparse_categorical_crossentropy, relu", "tanh, binary_crossentropy, tanh"})
    void probabilitiesComeFromSoftmaxOrSigmoid(String activation, String loss, String end) {
        refused(() -> Model.of(Dense.of(3, activation)).compile("sgd", loss), loss + " takes probabilities", "ends in " + end, loss + "_from_logits");
    }

    @Test
    void softmaxOfOneUnitCannotBeLearnt() {
        refused(() -> classes(1, "sparse_categorical_crossentropy").fit(X, new int[4], QUIET), "1 output, whose softmax is always 1", "sigmoid");
        assertThat(Model.of(Dense.of(3), Dense.of(1, "softmax")).compile("sgd", "binary_crossentropy").warnings()).singleElement().asString()
                .contains("\"dense_1\" is softmax over a single unit, which is always 1", "\nMaybe use sigmoid");
        assertThat(Model.of(Dense.of(1), Activation.SOFTMAX).warnings()).singleElement().asString().contains("\"softmax\" is softmax over a single unit");
    }

    @Test
    void anInputTooFewAndALayerOnInputsOfTwoSizesAreTold() {
        var a = Input.of(2);
        var b = Input.of(3);
        var both = Model.of(List.of(a, b), List.of(Concatenate.of().on(a, b))).build();
        refused(() -> both.predict(Tensor.ones(4, 2)), "The model has 2 inputs, [2], [3], but 1 was given, [2]", "one for each input");
        var shared = Dense.of(3);
        refused(() -> Model.of(List.of(a, b), List.of(Merge.ADD.on(shared.on(a), shared.on(b)))).build(), "dense/kernel is [2, 3]", "[3, 3]",
                "a shared layer is used on inputs of different sizes");
        UnaryLayer twice = (s, x) -> x.add(s.param("a", Shape.of(3), Init.zeros())).add(s.param("a", Shape.of(1), Init.zeros()));
        refused(() -> Model.of(Dense.of(3), twice).build(2), "lambda in \"layer\" (input [1, 3])", "asked for again");
    }

    @Test
    void aWordThatIsInNoTableIsNamedWithItsLayer() {
        Layer[] layers = {Embedding.of(3, 2), Flatten.of(), Dense.of(2, "softmax")};
        for (float word : new float[] {3, -1}) {
            var model = Model.of(layers).compile("sgd", "sparse_categorical_crossentropy");
            refused(() -> model.fit(new float[][] {{0, 1}, {2, word}}, new int[2], QUIET), "In \"embedding\"", "index " + (int) word, "outside [0, 3)");
        }
    }

    @Test
    void whatIsRefusedHasChangedNothing() {
        var model = classes(3, "sparse_categorical_crossentropy").build(2);
        var before = new float[6];
        for (int i = 0; i < 6; i++) before[i] = (float) model.weights().get("dense/kernel").at(i);
        refused(() -> model.fit(X, new int[] {0, 1, 2, 3}, QUIET), "class of example 3");
        for (int i = 0; i < 6; i++) assertThat((float) model.weights().get("dense/kernel").at(i)).isEqualTo(before[i]);
        model.fit(X, new int[] {0, 1, 2, 0}, QUIET);
        assertThat((float) model.weights().get("dense/kernel").at(0)).isNotEqualTo(before[0]);
    }
}
