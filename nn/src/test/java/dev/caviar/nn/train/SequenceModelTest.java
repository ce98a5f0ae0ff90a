package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Bidirectional;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Embedding;
import dev.caviar.nn.layer.GRU;
import dev.caviar.nn.layer.Init;
import dev.caviar.nn.layer.Input;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Masking;
import dev.caviar.nn.layer.MultiHeadAttention;
import dev.caviar.nn.layer.PositionalEncoding;
import dev.caviar.nn.layer.Recurrent;
import dev.caviar.nn.layer.SimpleRNN;
import dev.caviar.nn.layer.TimeDistributed;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Sgd;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Models over sequences: states that go on from batch to batch, masks, a label for each step, and all their layers saved.
class SequenceModelTest {
    private static final Fit IN_ORDER = Fit.of().withVerbosity(Verbosity.SILENT).withBatch(2).withShuffle(false).withEpochs(2);

    @TempDir
    Path folder;

    static Stream<Recurrent> layers() {
        return Stream.of(SimpleRNN.of(3).withStateful(2), LSTM.of(3).withStateful(2), GRU.of(3).withStateful(2),
                LSTM.of(2).withActivation(Activation.RELU).withStateful(2));
    }

    private static Model model(Layer layer, double rate) {
        return Model.of(layer, Dense.of(1)).compile(Sgd.of(rate), Loss.of("mse"));
    }

    /// Two sequences of 6 steps, and the same cut in two: first halves, then second halves.
    private static final Tensor WHOLE = Random.normal(Random.key(3), 2, 6, 1);
    private static final Tensor HALVES = Tensor.concat(0, WHOLE.slice(1, 0, 3), WHOLE.slice(1, 3, 6));

    private static Examples halves() {
        return Examples.of(HALVES.array().buffer(), Random.normal(Random.key(4), 4, 1).array().buffer());
    }

    @ParameterizedTest
    @MethodSource("layers")
    void predictionsGoOnWhereTheBatchBeforeEnded(Recurrent layer) {
        var parts = model(layer, 0.1).build(3, 1);
        var plain = layer instanceof SimpleRNN rnn ? rnn.withStateful(0) : layer instanceof GRU gru ? gru.withStateful(0) : ((LSTM) layer).withStateful(0);
        var whole = model(plain, 0.1).build(6, 1);
        assertThat(parts.parameters()).isEqualTo(whole.parameters());
        var wanted = whole.predict(WHOLE).toDoubles();
        for (int again = 0; again < 2; again++) {
            var all = parts.predict(HALVES).toDoubles();
            assertThat(new double[] {all[2], all[3]}).containsExactly(wanted, within(1e-6));
            parts.resetStates();
        }
        // One sequence alone goes on in the first row.
        parts.predict(HALVES.slice(0, 0, 1));
        assertThat(parts.predict(HALVES.slice(0, 2, 3)).toDoubles()[0]).isCloseTo(wanted[0], within(1e-6));
    }

    @ParameterizedTest
    @MethodSource("layers")
    void eachEpochBeginsAnew(Recurrent layer) {
        var data = halves();
        var model = model(layer, 0);
        var history = model.fit(data, IN_ORDER.withValidation(data));
        var loss = history.of("loss");
        assertThat(loss.get(1)).as("nothing is learnt at rate 0").isEqualTo(loss.get(0));
        assertThat(history.last("val_loss")).isCloseTo(loss.getFirst(), within(1e-6));
        assertThat(model.evaluate(data).get("loss")).isCloseTo(loss.getFirst(), within(1e-6));
        assertThat(model.evaluate(data).get("loss")).as("evaluated again").isCloseTo(loss.getFirst(), within(1e-6));
        model.resetStates();
        var apart = model.predict(HALVES.slice(0, 0, 2)).toDoubles()[0];
        var after = model.predict(HALVES.slice(0, 0, 2)).toDoubles()[0];
        assertThat(after).as("the state went on").isNotEqualTo(apart);
    }

    @Test
    void aFleetKeepsTheStatesOfEachModel() {
        var alone = Stream.of(0.05, 0.2).map(rate -> model(LSTM.of(3).withStateful(2), rate).fit(halves(), IN_ORDER.withValidation(halves()))).toList();
        var together = Fleet.fit(Stream.of(0.05, 0.2).map(rate -> new Fleet.Member(model(LSTM.of(3).withStateful(2), rate), halves(),
                IN_ORDER.withValidation(halves()))).toList());
        for (int i = 0; i < 2; i++) {
            for (var log : List.of("loss", "val_loss")) {
                assertThat(together.get(i).last(log)).isCloseTo(alone.get(i).last(log), within(1e-6));
            }
        }
    }

    @Test
    void whatWouldMixStatesUpIsRefused() {
        assertThatThrownBy(() -> model(LSTM.of(3).withStateful(2), 0.1).fit(halves(), IN_ORDER.withShuffle(true))).hasMessageContaining("lstm/state_h")
                .hasMessageContaining("shuffled").hasMessageContaining("\nMaybe use Fit.withShuffle(false)");
        assertThatThrownBy(() -> model(LSTM.of(3).withStateful(2), 0.1).fit(halves(), IN_ORDER.withReplicas(Replicas.of(2))))
                .hasMessageContaining("lstm/state_h").hasMessageContaining("2 replicas").hasMessageContaining("\nMaybe");
        assertThatThrownBy(() -> model(LSTM.of(3).withStateful(2), 0.1).fit(halves(), IN_ORDER.withBatch(4))).hasMessageContaining("LSTM(3) in \"lstm\"")
                .hasMessageContaining("keeps the states of 2 examples").hasMessageContaining("this batch has 4").hasMessageContaining("\nMaybe");
    }

    @Test
    void layersOverSequencesAreSavedWhole() {
        var model = Model.of(Embedding.of(11, 6).withMaskZero(true).withInit(Init.uniform(0.3)), PositionalEncoding.of().withPeriod(50),
                MultiHeadAttention.of(2, 3).withValueSize(4).withCausal(true).withOutput(6).withDropout(0.1),
                Bidirectional.of(GRU.of(3).withReturnSequences(true).withDropout(0.2), LSTM.of(3).withReturnSequences(true).withGoBackwards(true)
                        .withRecurrentDropout(0.1)).withMerge(Bidirectional.Merge.MUL),
                TimeDistributed.of(Dense.of(4, "tanh")), TimeDistributed.of(Activation.RELU), Masking.of(0.5),
                SimpleRNN.of(3, "softsign").withStateful(8), Dense.of(2, "softmax"));
        model.compile("adam", "sparse_categorical_crossentropy", "accuracy");
        var x = Tensor.of(1L, 5, 10, 0, 0, 3, 3, 2, 0, 0, 9, 8, 7, 6, 5).reshape(3, 5);
        model.fit(Examples.of(x.array().buffer(), Tensor.of(0L, 1, 1).array().buffer()), IN_ORDER);
        model.resetStates();
        model.save(folder);
        var loaded = Model.load(folder);
        assertThat(loaded.layer()).isEqualTo(model.layer());
        assertThat(loaded.predict(x.cast(DType.F32)).toFloats()).containsExactly(model.predict(x.cast(DType.F32)).toFloats());
    }

    @Test
    void eachStepHasALabel() {
        // The class of a step is whether the number before it was positive.
        var x = Random.normal(Random.key(5), 96, 6, 1);
        var y = Tensor.concat(1, Tensor.zeros(96, 1, 1), x.slice(1, 0, 5)).gt(0).squeeze(-1).cast(DType.I64);
        var model = Model.of(SimpleRNN.of(8).withReturnSequences(true), TimeDistributed.of(Dense.of(2, "softmax"))).withSeed(2);
        model.compile(Adam.of(0.02), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
        var data = Examples.of(x.array().buffer(), y.array().buffer());
        var history = model.fit(data, Fit.of().withVerbosity(Verbosity.SILENT).withBatch(16).withEpochs(15));
        assertThat(history.last("accuracy")).isGreaterThan(0.9);
        assertThat(model.evaluate(data).get("accuracy")).isGreaterThan(0.9);
        assertThat(model.predict(x).shape().dims()).containsExactly(96L, 6L, 2L);
        var wrong = Examples.of(x.array().buffer(), y.add(Tensor.of(0L, 0, 0, 2, 0, 0)).array().buffer());
        assertThatThrownBy(() -> model.fit(wrong, IN_ORDER)).hasMessageContaining("The class of step 3 of example 0 is ").hasMessageContaining("\nMaybe");
    }

    @Test
    void paddedStepsAreNotJudged() {
        // The same sequences, filled up with steps whose labels are wrong.
        var words = Tensor.of(3L, 1, 2, 4, 2, 5).reshape(2, 3);
        var classes = Tensor.of(0L, 1, 1, 1, 0, 0).reshape(2, 3);
        var filled = Tensor.concat(1, words, Tensor.of(0L, 0, 0, 0).reshape(2, 2));
        var spoilt = Tensor.concat(1, classes, Tensor.of(1L, 1, 0, 1).reshape(2, 2));
        var layers = new Layer[] {Embedding.of(6, 4).withMaskZero(true), LSTM.of(4).withReturnSequences(true), TimeDistributed.of(Dense.of(2, "softmax"))};
        var losses = Stream.of(Examples.of(words.array().buffer(), classes.array().buffer()), Examples.of(filled.array().buffer(), spoilt.array().buffer()))
                .map(data -> {
                    var model = Model.of(layers).compile(Sgd.of(0.5), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
                    var trained = model.fit(data, IN_ORDER.withEpochs(4)).of("loss");
                    var scores = model.evaluate(data);
                    return Stream.concat(trained.stream(), scores.values().stream()).mapToDouble(Double::doubleValue).toArray();
                }).toList();
        assertThat(losses.get(1)).containsExactly(losses.get(0), within(1e-5));
        assertThat(losses.get(0)[3]).isLessThan(losses.get(0)[0]);
    }

    @Test
    void masksGoThroughWhatIsComputedAgainAndThroughHalfPrecision() {
        var x = Tensor.of(3L, 1, 2, 0, 2, 5, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4).reshape(4, 4).array().buffer();
        var data = Examples.of(x, Tensor.of(0L, 1, 1, 0).array().buffer());
        var layers = new Layer[] {Embedding.of(6, 4).withMaskZero(true), PositionalEncoding.of(), MultiHeadAttention.of(2, 3), Dense.of(4, "tanh"),
                GRU.of(3).withReturnSequences(true), LSTM.of(3), Dense.of(2, "softmax")};
        var losses = Stream.of(IN_ORDER, IN_ORDER.withRecompute(true)).map(fit -> Model.of(layers)
                .compile(Sgd.of(0.5), Loss.of("sparse_categorical_crossentropy")).fit(data, fit.withEpochs(3)).of("loss")).toList();
        for (int i = 0; i < 3; i++) {
            assertThat(losses.get(1).get(i)).isCloseTo(losses.get(0).get(i), within(1e-6));
        }
        // The third sequence is nothing but padding: its queries may see nothing.
        for (var precision : List.of("mixed_bfloat16", "mixed_float16")) {
            var model = Model.of(layers).withPrecision(precision).compile(Sgd.of(0.5), Loss.of("sparse_categorical_crossentropy"));
            assertThat(model.fit(data, IN_ORDER.withEpochs(3)).last("loss")).isCloseTo(losses.get(0).getLast(), within(0.05));
        }
    }

    @Test
    void anEncoderHandsItsStatesToADecoder() {
        var source = Input.of("source", 4, 2);
        var target = Input.of("target", 3, 1);
        var states = LSTM.of(5).withReturnState(true).all("encoder", source);
        var read = LSTM.of(5).withReturnSequences(true).on("decoder", target, states.get(1), states.get(2));
        var model = Model.of(List.of(source, target), List.of(Dense.of(1).on("out", read)));
        model.compile(Adam.of(0.03), Loss.of("mse"));
        // What is to be said is in the source alone.
        var from = Random.normal(Random.key(5), 32, 4, 2);
        var wanted = from.slice(2, 0, 1).slice(1, 0, 3);
        var data = Examples.of(List.of(from.array().buffer(), Tensor.zeros(32, 3, 1).array().buffer()), List.of(wanted.array().buffer()));
        var history = model.fit(data, Fit.of().withVerbosity(Verbosity.SILENT).withBatch(16).withEpochs(30));
        assertThat(history.last("loss")).isLessThan(history.of("loss").getFirst() / 2);
        model.save(folder);
        assertThat(Model.load(folder).evaluate(data)).isEqualTo(model.evaluate(data));
    }

    @Test
    void aCompiledStepTrainsBehindAMask() {
        // The class is the first word; padding of any length follows.
        var words = new float[64][9];
        var classes = new int[64];
        for (int i = 0; i < 64; i++) {
            classes[i] = i % 3;
            words[i][0] = 1 + classes[i];
            for (int t = 1; t < 2 + i % 5; t++) {
                words[i][t] = 4 + (i * 7 + t) % 3;
            }
        }
        var model = Model.of(Embedding.of(8, 8).withMaskZero(true), Bidirectional.of(GRU.of(8)), Dense.of(3, "softmax")).withSeed(2);
        model.compile(Adam.of(0.03), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
        var history = model.fit(words, classes, Fit.of().withVerbosity(Verbosity.SILENT).withBatch(16).withEpochs(15));
        assertThat(history.last("accuracy")).isGreaterThan(0.95);
        var shorter = new float[64][];
        var longer = new float[64][20];
        for (int i = 0; i < 64; i++) {
            shorter[i] = java.util.Arrays.copyOf(words[i], 9);
            longer[i] = java.util.Arrays.copyOf(words[i], 20);
        }
        var other = Model.of(model.layer()).build(20);
        other.assign(model.weights());
        var a = model.predict(shorter);
        var b = other.predict(longer);
        for (int i = 0; i < 64; i++) {
            assertThat(b[i]).containsExactly(a[i], within(1e-5f));
        }
    }
}
