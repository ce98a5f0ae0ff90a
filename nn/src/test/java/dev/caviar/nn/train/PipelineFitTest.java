package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Augment;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Item;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.data.Pipeline;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Input;
import dev.caviar.nn.layer.Merge;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PipelineFitTest {
    private static final Examples DIGITS = DataSource.of("digits").load().train().limit(200);
    private static final Fit QUIET = Fit.of().withVerbosity(Verbosity.SILENT).withSeed(3).withBatch(32);

    private static Model model() {
        return Model.of(Flatten.of(), Dense.of(16, "relu"), Dropout.of(0.1), Dense.of(10, "softmax")).withNormaliser(Normaliser.fit(DIGITS))
                .compile("adam", "sparse_categorical_crossentropy", "accuracy");
    }

    private static void alike(Model a, Model b) {
        var left = a.weights();
        b.weights().forEach((path, value) -> assertThat(Tensor.wrap(left.get(path)).toFloats()).as(path).isEqualTo(Tensor.wrap(value).toFloats()));
    }

    @Test
    void elementsWithoutEndAreRefused() {
        var model = Model.of(Dense.of(2)).compile("sgd", "mse");
        for (var endless : List.of(Pipeline.of(new float[4][3], new int[4]).batch(2).repeat(), Pipeline.generate(() -> List.of(Item.of(Tensor.ones(3), Tensor.ones(2))).iterator()).repeat().batch(2))) {
            assertThatThrownBy(() -> model.fit(endless, Fit.of())).isInstanceOf(DataException.class).hasMessageContaining("has no end").hasMessageContaining("\nMaybe take");
        }
    }

    @Test
    void aPipelineTrainsBitForBitAsItsExamplesDo() {
        var plain = model();
        var first = plain.fit(DIGITS, QUIET.withEpochs(3).withValidation(DIGITS.limit(50)));
        for (var pipeline : List.of(Pipeline.of(DIGITS).shuffle(3).batch(32).parallel(2), Pipeline.of(DIGITS).shuffle(3).prefetch(2))) {
            var piped = model();
            var second = piped.fit(pipeline, QUIET.withEpochs(3).withValidation(Pipeline.of(DIGITS).take(50)));
            alike(piped, plain);
            assertThat(second.epochs().stream().map(History.Epoch::values)).containsExactlyElementsOf(first.epochs().stream().map(History.Epoch::values).toList());
            assertThat(piped.evaluate(Pipeline.of(DIGITS).batch(64))).isEqualTo(plain.evaluate(Pipeline.of(DIGITS).batch(64)));
            var outputs = piped.predict(Pipeline.of(DIGITS).batch(33)).getFirst();
            assertThat(outputs.type()).isEqualTo(Type.of(DType.F32, 200, 10));
            var whole = plain.predict(DIGITS.features());
            assertThat(Tensor.wrap(outputs).sub(Tensor.wrap(whole)).abs().max(new int[0]).item()).isLessThan(1e-6f);
        }
    }

    @Test
    void augmentedTrainingIsTheSameWithAnyNumberOfThreads() {
        var augment = Augment.of().withShift(0.1, 0.1).withRotation(0.05);
        var models = new HashMap<Integer, Model>();
        for (int threads = 1; threads <= 3; threads++) {
            models.put(threads, model());
            models.get(threads).fit(Pipeline.of(DIGITS).shuffle(1).augment(augment, 2).batch(16).parallel(threads), QUIET.withEpochs(2));
        }
        alike(models.get(1), models.get(2));
        alike(models.get(1), models.get(3));
        var other = model();
        other.fit(Pipeline.of(DIGITS).shuffle(1).batch(16), QUIET.withEpochs(2));
        assertThat(Tensor.wrap(other.weights().get("dense/kernel")).toFloats())
                .isNotEqualTo(Tensor.wrap(models.get(1).weights().get("dense/kernel")).toFloats());
    }

    @Test
    void aGeneratorWithoutKnownLengthTrainsEpochByEpoch() {
        var pipeline = Pipeline.generate(() -> IntStream.range(0, 70).mapToObj(i -> Item.of(Tensor.of((float) (i % 2), 1f), Tensor.scalar(i % 2, DType.I64)))
                .iterator());
        var model = Model.of(Dense.of(2, "softmax")).compile("adam", "sparse_categorical_crossentropy", "accuracy");
        var counts = new HashMap<Integer, Integer>();
        var bytes = new ByteArrayOutputStream();
        var standard = System.out;
        try {
            System.setOut(new PrintStream(bytes));
            model.fit(pipeline, Fit.of().withVerbosity(Verbosity.BAR).withEpochs(40).withCallbacks(new Callback() {
                @Override
                public void onEpochEnd(Run run) {
                    counts.merge(run.batches(), run.batch() + 1, Integer::sum);
                    assertThat(run.waited()).isPositive();
                    assertThat(run.examples()).isEmpty();
                }
            }));
        } finally {
            System.setOut(standard);
        }
        assertThat(counts).isEqualTo(Map.of(0, 120));
        assertThat(bytes.toString()).contains("epoch  1/40").contains("batches");
    }

    @Test
    void severalInputsAndASlowMapAreSaid() {
        var left = Input.of(3);
        var right = Input.of(2);
        var model = Model.of(List.of(left, right), List.of(Dense.of(2, "softmax").on(Merge.ADD.on(Dense.of(4).on(left), Dense.of(4).on(right)))))
                .compile("sgd", "sparse_categorical_crossentropy");
        var random = new SplittableRandom(1);
        var pipeline = Pipeline.of(64, i -> Item.of(Tensor.zeros(3), Tensor.ones(2), Tensor.scalar(i % 2, DType.I64))).map(item -> {
            assertThat(random.longs(20_000).sorted().sum()).isNotZero();
            return item;
        }).batch(16);
        var bytes = new ByteArrayOutputStream();
        var standard = System.out;
        try {
            System.setOut(new PrintStream(bytes));
            model.fit(pipeline, Fit.of().withVerbosity(Verbosity.LINES).withEpochs(4));
        } finally {
            System.setOut(standard);
        }
        assertThat(bytes.toString()).contains("% waiting for data)");
    }

    @Test
    void dataThatCannotBeLearntFromIsRefused() {
        var nan = new float[][] {{1, 2}, {3, 4}, {5, Float.NaN}, {7, 8}};
        var model = Model.of(Dense.of(2, "softmax")).compile("sgd", "sparse_categorical_crossentropy");
        assertThatThrownBy(() -> model.fit(nan, new int[4], QUIET.withBatch(2))).isInstanceOf(DataException.class)
                .hasMessageStartingWith("The features of example 2 have NaN in column 1.\nMaybe");
        assertThatThrownBy(() -> model.evaluate(nan, new int[4])).hasMessageContaining("column 1");
        assertThatThrownBy(() -> model.fit(Examples.of(nan, new int[4]).select(3, 2), QUIET.withBatch(2))).hasMessageContaining("example 1 (row 2)");
        assertThatThrownBy(() -> model.fit(Pipeline.of(nan, new int[4]), QUIET.withBatch(2)))
                .hasMessageContaining("features of example 0 of batch 1 of pass 0 have NaN in column 1");
        assertThat(Model.of(Dense.of(2, "softmax")).compile("sgd", "sparse_categorical_crossentropy").fit(Pipeline.of(nan, new int[4]),
                QUIET.withBatch(2).withAllowNonFinite(true)).last("loss")).isNaN();
        var empty = Examples.of(new float[2][2], new int[2]).limit(0);
        assertThatThrownBy(() -> model.fit(empty, QUIET)).hasMessageContaining("there are no examples").hasMessageContaining("\nMaybe");
        assertThatThrownBy(() -> model.evaluate(empty)).hasMessageContaining("there are no examples");
        assertThatThrownBy(() -> model.fit(Pipeline.of(new float[3][2], new int[3]).take(0), QUIET)).hasMessageContaining("the data has no elements");
        assertThatThrownBy(() -> model.fit(new float[3][2], new int[3], QUIET.withBatch(4)))
                .hasMessage("fit: a batch of 4 is larger than the data, which has 3 examples.\nMaybe use withBatch(3), or a smaller part for validation.");
        assertThatThrownBy(() -> model.fit(Pipeline.of(new float[9][2], new int[9]).map(i -> i.withY(Tensor.scalar(7, DType.I64))), QUIET.withBatch(4)))
                .hasMessageContaining("class of example 0 is 7");
        assertThatThrownBy(() -> model.fit(Pipeline.of(new float[9][2], new int[9]), QUIET.withValidation(0.1))).hasMessageContaining("split()");
        assertThatThrownBy(() -> model.fit(Pipeline.of(Buffer.allocate(Type.of(DType.F32, 9, 2))).batch(3), QUIET)).hasMessageContaining("needs features too");
    }
}
