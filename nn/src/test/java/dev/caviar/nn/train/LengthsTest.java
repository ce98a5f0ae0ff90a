package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Item;
import dev.caviar.nn.data.Pipeline;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.layer.Concatenate;
import dev.caviar.nn.layer.Input;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Embedding;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.GRU;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Batches of sequences whose lengths differ from batch to batch.
class LengthsTest {
    private static final int[] LENGTHS = {5, 7, 3, 5, 9, 7};
    private static final int[] ROWS = {8, 8, 8, 6, 8, 11};
    private static final Fit ONCE = Fit.of().withEpochs(1).withVerbosity(Verbosity.SILENT);

    private static List<Item> batches() {
        var random = new SplittableRandom(4);
        var items = new ArrayList<Item>();
        for (int b = 0; b < LENGTHS.length; b++) {
            long[] words = random.longs((long) ROWS[b] * LENGTHS[b], 0, 20).toArray();
            long[] classes = random.longs(ROWS[b], 0, 3).toArray();
            items.add(Item.of(Tensor.of(words).reshape(ROWS[b], LENGTHS[b]), Tensor.of(classes)));
        }
        return items;
    }

    /// Elements that are whole batches: one at a time, without the axis that makes it.
    private static Pipeline pipeline(List<Item> batches) {
        return Pipeline.generate(batches::iterator).batch(1).map(one -> Item.of(one.parts().stream().map(part -> part.squeeze(0)).toArray(Tensor[]::new)));
    }

    private static Model model() {
        return Model.of(Embedding.of(20, 6), GRU.of(5), Dense.of(3, "softmax")).withSeed(2)
                .compile("sgd", "sparse_categorical_crossentropy", "accuracy");
    }

    private static float[] weights(Model model) {
        return model.weights().values().stream().map(buffer -> Tensor.wrap(buffer).cast(DType.F32).toFloats())
                .reduce(new float[0], (a, b) -> {
                    var all = Arrays.copyOf(a, a.length + b.length);
                    System.arraycopy(b, 0, all, a.length, b.length);
                    return all;
                });
    }

    /// Plain gradient descent has nothing that passes from batch to batch but the weights.
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void eachLengthHasAStepOfItsOwn(int replicas) {
        var fit = ONCE.withReplicas(Replicas.of(replicas));
        var together = model();
        together.fit(pipeline(batches()), fit);
        var oneByOne = model();
        batches().forEach(batch -> oneByOne.fit(pipeline(List.of(batch)), fit));
        assertThat(weights(together)).isEqualTo(weights(oneByOne)).isNotEqualTo(weights(model().build(5)));
    }

    @Test
    void scoresAndPredictionsAreThoseOfEachBatch() {
        var model = model();
        model.fit(pipeline(batches()), ONCE.withEpochs(2));
        double loss = 0;
        double right = 0;
        int n = 0;
        var predictions = new ArrayList<Tensor>();
        for (var batch : batches()) {
            var alone = pipeline(List.of(batch));
            int rows = (int) batch.parts().getFirst().shape().dim(0);
            loss += rows * model.evaluate(alone).get("loss");
            right += rows * model.evaluate(alone).get("accuracy");
            n += rows;
            predictions.add(Tensor.wrap(model.predict(alone).getFirst()));
        }
        var all = model.evaluate(pipeline(batches()));
        assertThat(all.get("loss")).isCloseTo(loss / n, within(1e-6));
        assertThat(all.get("accuracy")).isCloseTo(right / n, within(1e-9));
        Buffer made = model.predict(pipeline(batches())).getFirst();
        assertThat(Tensor.wrap(made).toFloats()).isEqualTo(Tensor.concat(0, predictions.toArray(Tensor[]::new)).toFloats());
    }

    @Test
    void validationTakesBatchesOfDifferentLengths() {
        var held = batches().subList(1, 5);
        for (var threads : List.of(1, 2)) {
            var model = model();
            var history = model.fit(pipeline(batches()), ONCE.withEpochs(2).withThreads(threads).withValidation(pipeline(held).cache()));
            var after = model.evaluate(pipeline(held));
            assertThat(history.last("val_loss")).isCloseTo(after.get("loss"), within(1e-6));
            assertThat(history.last("val_accuracy")).isCloseTo(after.get("accuracy"), within(1e-9));
            assertThat(history.of("val_loss").getFirst()).isNotEqualTo(history.last("val_loss"));
        }
        var alike = pipeline(List.of(held.getFirst(), held.getFirst()));
        assertThat(ONCE.withValidation(alike).validation()).isNotNull();
        assertThat(ONCE.withValidation(pipeline(held)).withValidation(0.5).validationPipeline()).isNull();
    }

    @Test
    void aClassWithoutAnOutputIsRefusedInValidationToo() {
        var wrong = new ArrayList<>(batches());
        wrong.set(3, Item.of(Tensor.of(1L, 2L, 3L).reshape(1, 3), Tensor.of(7L)));
        var model = model();
        assertThatThrownBy(() -> model.fit(pipeline(batches()), ONCE.withValidation(pipeline(wrong)))).hasMessageContaining("is 7, but the model has 3 outputs");
        assertThatThrownBy(() -> model.evaluate(pipeline(wrong))).hasMessageContaining("is 7, but the model has 3 outputs");
        var member = new Fleet.Member(model(), Examples.of(Tensor.ones(4, 5).array().buffer(), Tensor.of(0L, 1L, 2L, 0L).array().buffer()), ONCE.withValidation(pipeline(wrong)));
        assertThatThrownBy(() -> Fleet.fit(List.of(member))).hasMessageContaining("whose batches are not alike").hasMessageContaining("\nMaybe give examples");
    }

    @Test
    void aPipelineOfSeveralInputsValidates() {
        var a = Input.of(2);
        var b = Input.of(3);
        var out = Dense.of(1).on(Concatenate.of().on(a, b));
        var model = Model.of(List.of(a, b), List.of(out)).compile("sgd", "mse");
        var pipeline = Pipeline.of(Tensor.ones(6, 2).array().buffer(), Tensor.ones(6, 3).array().buffer(), Tensor.ones(6, 1).array().buffer());
        var history = model.fit(pipeline.batch(2), ONCE.withValidation(pipeline.batch(4)));
        assertThat(history.last("val_loss")).isCloseTo(model.evaluate(pipeline.batch(3)).get("loss"), within(1e-6));
        assertThat(model.fit(pipeline, ONCE.withValidation(pipeline)).last("val_loss")).isCloseTo(model.evaluate(pipeline).get("loss"), within(1e-6));
        assertThatThrownBy(() -> pipeline.examples()).isInstanceOf(DataException.class).hasMessageContaining("3 parts");
    }

    @Test
    void theHealthMonitorLooksAtWhatStandsTogether() {
        var history = model().fit(pipeline(batches()), ONCE.withEpochs(2).withCallbacks(HealthMonitor.of()));
        assertThat(history.epochs()).hasSize(2);
    }

    @Test
    void whatTheModelDoesNotTakeIsRefusedByItsBatch() {
        var model = Model.of(Flatten.of(), Dense.of(2, "softmax")).compile("sgd", "sparse_categorical_crossentropy");
        var items = List.of(Item.of(Tensor.ones(4, 3, 3), Tensor.of(0L, 1L, 0L, 1L)), Item.of(Tensor.ones(4, 3, 5), Tensor.of(0L, 1L, 0L, 1L)));
        assertThatThrownBy(() -> model.fit(pipeline(items), ONCE)).isInstanceOf(DataException.class)
                .hasMessageContaining("Batch 1 has [f32[4, 3, 5]] where the first has [f32[4, 3, 3]]").hasMessageContaining("\nMaybe bring images to one size");
        var other = List.of(items.getFirst(), Item.of(Tensor.ones(4, 9), Tensor.of(0L, 1L, 0L, 1L)));
        assertThatThrownBy(() -> model.fit(pipeline(other), ONCE)).isInstanceOf(DataException.class).hasMessageContaining("all need the same parts");
    }
}
