package dev.caviar.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Layers over sequences agree with what their formulas say, written out example by example and step by step, and their gradients with
/// differences of what they give.
class SequenceLayersTest {
    private static final int STEPS = 4;

    /// A layer, whether steps are masked, and whether first states are given.
    record Setting(Recurrent layer, boolean masked, boolean given) {}

    static Stream<Setting> settings() {
        var layers = new ArrayList<Recurrent>();
        for (Recurrent plain : List.of(SimpleRNN.of(3), SimpleRNN.of(2, "relu").withBias(false), LSTM.of(3),
                LSTM.of(2).withActivation(Activation.SOFTSIGN).withRecurrentActivation(Activation.HARD_SIGMOID).withBias(false),
                GRU.of(3), GRU.of(2).withResetAfter(false),
                GRU.of(3).withActivation(Activation.ELU).withRecurrentActivation(Activation.HARD_SIGMOID),
                GRU.of(3).withResetAfter(false).withActivation(Activation.SOFTPLUS).withBias(false))) {
            layers.add(plain.withReturnSequences(true));
            layers.add(plain.withReturnSequences(true).withGoBackwards(true));
        }
        return layers.stream().flatMap(layer -> Stream.of(new Setting(layer, false, false), new Setting(layer, false, true),
                new Setting(layer, true, false), new Setting(layer, true, true)));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void statesAreThoseOfTheFormulas(Setting setting) {
        var run = Run.of(setting.layer, 3, setting.masked, setting.given);
        var states = run.states(setting.layer, run.params());
        int units = (int) states.h().shape().dim(1);
        for (int n = 0; n < 3; n++) {
            var now = new ArrayList<double[]>();
            for (var last : states.last()) {
                now.add(setting.given ? row(run.inputs.get(1 + now.size()), n) : new double[units]);
            }
            for (int k = 0; k < STEPS; k++) {
                int t = setting.layer.goBackwards() ? STEPS - 1 - k : k;
                if (!setting.masked || run.counts(n, t)) {
                    var next = Formulas.step(setting.layer, run, now, row(run.inputs.getFirst().at(1, t), n));
                    now.clear();
                    now.addAll(next);
                }
                close(row(states.sequence().at(1, k), n), now.getFirst());
            }
            for (int i = 0; i < now.size(); i++) {
                close(row(states.last().get(i), n), now.get(i));
            }
        }
    }

    /// Every layer with all that it can be given, and plain.
    static Stream<Setting> ends() {
        return settings().filter(setting -> setting.masked == setting.given && setting.masked != setting.layer.goBackwards());
    }

    @ParameterizedTest
    @MethodSource("ends")
    void gradientsAreDifferences(Setting setting) {
        var run = Run.of(setting.layer, 2, setting.masked, setting.given);
        checkGradients((s, x) -> {
            var states = setting.layer.states(s, x);
            var all = new ArrayList<>(states.last());
            all.add(states.sequence());
            return mix(all);
        }, run);
    }

    static Stream<Layer> others() {
        return Stream.of(Bidirectional.of(LSTM.of(2)), Bidirectional.of(GRU.of(2).withReturnSequences(true)).withMerge(Bidirectional.Merge.MUL),
                Bidirectional.of(SimpleRNN.of(3).withReturnSequences(true)).withMerge(Bidirectional.Merge.AVE),
                TimeDistributed.of(Dense.of(2, "tanh")), MultiHeadAttention.of(2, 3), MultiHeadAttention.of(3, 2).withCausal(true).withValueSize(4),
                MultiHeadAttention.of(1, 4).withBias(false).withOutput(2), Sequential.of(Masking.of(0.25), GRU.of(2)),
                Sequential.of(PositionalEncoding.of(), MultiHeadAttention.of(2, 2), LSTM.of(2)));
    }

    @ParameterizedTest
    @MethodSource("others")
    void gradientsOfOthersAreDifferencesToo(Layer layer) {
        for (boolean masked : new boolean[] {false, true}) {
            checkGradients((s, x) -> mix(List.of(s.call("layer", layer, x))), Run.of((s, x) -> s.call("layer", layer, x), 2, masked, false));
        }
    }

    /// Σ over several tensors, in which every element has a weight of its own.
    private static Tensor mix(List<Tensor> all) {
        Tensor sum = Tensor.scalar(0, DType.F64);
        for (var each : all) {
            sum = sum.add(each.mul(Random.normal(Random.key(all.indexOf(each) + 40), each.type())).sum());
        }
        return sum;
    }

    private static void checkGradients(Layer scalar, Run run) {
        var params = run.params();
        var watched = new ArrayList<>(run.inputs);
        watched.addAll(params.values());
        var gradients = Gradient.tape(tape -> {
            tape.watch(watched.toArray(Tensor[]::new));
            return tape.gradient(run.apply(scalar, params, run.inputs), watched);
        });
        var names = List.copyOf(params.keySet());
        for (int w = 0; w < watched.size(); w++) {
            var value = watched.get(w).toDoubles();
            var expected = gradients.get(w).toDoubles();
            for (int i = 0; i < value.length; i += Math.max(1, value.length / 2)) {
                var sides = new double[2];
                for (int side = 0; side < 2; side++) {
                    var moved = value.clone();
                    moved[i] += (2 * side - 1) * 1e-5;
                    var there = Tensor.of(moved).reshape(watched.get(w).shape());
                    var inputs = new ArrayList<>(run.inputs);
                    var others = new LinkedHashMap<>(params);
                    if (w < inputs.size()) {
                        inputs.set(w, there);
                    } else {
                        others.put(names.get(w - inputs.size()), there);
                    }
                    sides[side] = run.apply(scalar, others, inputs).itemAsDouble();
                }
                assertThat(expected[i]).as("tensor %d, element %d", w, i).isCloseTo((sides[1] - sides[0]) / 2e-5,
                        within(1e-6 * (1 + Math.abs(expected[i]))));
            }
        }
    }

    /// Inputs in double precision, the parameters that a layer asks for on them, and which steps count.
    record Run(List<Tensor> inputs, Needs needs, boolean masked) {
        static Run of(Layer layer, int rows, boolean masked, boolean given) {
            var inputs = new ArrayList<Tensor>(List.of(Random.normal(Random.key(7), Type.of(DType.F64, rows, STEPS, 2))));
            if (given && layer instanceof Recurrent recurrent) {
                var last = recurrent.states(Bound.of(Needs.of(layer, DType.F64, inputs.getFirst().type()).initial(3), Random.key(1), false),
                        inputs.getFirst()).last();
                last.forEach(state -> inputs.add(Random.normal(Random.key(inputs.size()), state.type())));
            }
            return new Run(inputs, Needs.of(layer, DType.F64, inputs.stream().map(Tensor::type).toArray(Type[]::new)), masked);
        }

        /// Every number is drawn, biases too.
        Map<String, Tensor> params() {
            var out = new LinkedHashMap<String, Tensor>();
            needs.params().forEach((path, wish) -> out.put(path, Random.normal(Init.keyFor(Random.key(9), path), wish.type()).mul(0.6)));
            return out;
        }

        /// The first example has all steps, the second lacks some in between and at its ends.
        boolean counts(int n, int t) {
            return n == 0 || (n + t) % 3 == 0;
        }

        private Tensor apply(Layer layer, Map<String, Tensor> params, List<Tensor> inputs) {
            var scope = Bound.of(params, Random.key(1), true);
            int rows = (int) inputs.getFirst().shape().dim(0);
            Layer whole = !masked ? layer : (s, x) -> {
                var y = s.call("", (inner, in) -> {
                    var counts = new boolean[rows * STEPS];
                    IntStream.range(0, counts.length).forEach(i -> counts[i] = counts(i / STEPS, i % STEPS));
                    inner.pass(Tensor.of(counts).reshape(rows, STEPS));
                    return in[0].mul(1);
                }, x[0]);
                var all = x.clone();
                all[0] = y;
                return layer.apply(s, all);
            };
            return whole.apply(scope, inputs.toArray(Tensor[]::new));
        }

        Recurrent.States states(Recurrent layer, Map<String, Tensor> params) {
            var out = new ArrayList<Recurrent.States>();
            apply((s, x) -> {
                out.add(layer.states(s, x));
                return x[0];
            }, params, inputs);
            return out.getFirst();
        }

        double[][] matrix(String name) {
            var value = params().get(name);
            return value == null ? new double[0][] : IntStream.range(0, (int) value.shape().dim(0)).mapToObj(i -> row(value, i)).toArray(double[][]::new);
        }

        double[] vector(String name, int otherwise) {
            var value = params().get(name);
            return value == null ? new double[otherwise] : value.toDoubles();
        }
    }

    private static double[] row(Tensor x, int n) {
        return x.at(0, n).toDoubles();
    }

    private static void close(double[] actual, double[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], within(1e-12));
        }
    }

    // ---- masks

    @Test
    void aMaskReachesALayerThroughOthers() {
        var net = Sequential.of(Embedding.of(9, 4).withMaskZero(true), Dropout.of(0.1), Dense.of(3, "tanh"), LSTM.of(5));
        var values = Needs.of(net, DType.F32, Type.of(DType.I64, 2, 6)).initial(4);
        var scope = Bound.of(values, Random.key(1), false);
        var padded = net.apply(scope, Tensor.of(5L, 3, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6).reshape(2, 6));
        var alone = net.apply(Bound.of(values, Random.key(1), false), Tensor.of(5L, 3, 8).reshape(1, 3));
        assertThat(padded.at(0, 0).toFloats()).usingComparatorWithPrecision(1e-6f).containsExactly(alone.toFloats());
        assertThat(scope.mask(padded)).as("the mask of a last state").isNull();
    }

    @Test
    void aMaskGoesThroughSequencesInTheirOrder() {
        Layer reversed = (s, x) -> {
            var y = s.call("mask", Masking.of(), x[0]);
            var back = s.call("back", SimpleRNN.of(2).withReturnSequences(true).withGoBackwards(true), y);
            assertThat(s.mask(back)).isNotNull();
            return s.mask(back).cast(DType.F32);
        };
        var x = Tensor.of(1f, 2f, 0f).reshape(1, 3, 1);
        var values = Needs.of(reversed, DType.F32, x.type()).initial(1);
        assertThat(reversed.apply(Bound.of(values, Random.key(1), false), x).toFloats()).containsExactly(0, 1, 1);
    }

    @Test
    void poolingSeesOnlyWhatCounts() {
        var x = Tensor.of(1f, -4f, 3f, -2f, 0f, 0f, 0f, 0f).reshape(1, 4, 2);
        for (var pool : List.of(GlobalMaxPooling1D.of(), GlobalAveragePooling1D.of())) {
            var y = Sequential.of(Masking.of(), pool).apply(Bound.of(Map.of(), Random.key(1), false), x);
            assertThat(y.toFloats()).containsExactly(pool.of() == PoolND.Kind.MAX ? new float[] {3, -2} : new float[] {2, -3});
            var none = Sequential.of(Masking.of(), pool).apply(Bound.of(Map.of(), Random.key(1), false), Tensor.zeros(1, 4, 2));
            assertThat(none.toFloats()).containsExactly(0, 0);
        }
    }

    @Test
    void whatIsMergedCountsWhereBothDo() {
        Layer sum = (s, x) -> {
            var y = s.call("sum", (inner, in) -> in[0].add(in[1]), s.call("a", Masking.of(), x[0]), s.call("b", Masking.of(7), x[0]));
            return s.mask(y).cast(DType.F32);
        };
        var x = Tensor.of(0f, 7f, 5f).reshape(1, 3, 1);
        assertThat(sum.apply(Bound.of(Map.of(), Random.key(1), false), x).toFloats()).containsExactly(0, 0, 1);
    }

    @Test
    void paddingIsNotSeenByAttention() {
        var net = Sequential.of(Masking.of(), MultiHeadAttention.of(2, 3));
        var x = Random.normal(Random.key(3), 1, 5, 4);
        var filled = Tensor.concat(1, x, Tensor.zeros(1, 2, 4));
        var values = Needs.of(net, DType.F32, x.type()).initial(2);
        var y = net.apply(Bound.of(values, Random.key(1), false), x).toDoubles();
        var z = net.apply(Bound.of(values, Random.key(1), false), filled).slice(1, 0, 5).toDoubles();
        close(y, z, 1e-6);
    }

    @Test
    void causalAttentionDoesNotSeeWhatComesLater() {
        var layer = MultiHeadAttention.of(2, 3).withCausal(true);
        var x = Random.normal(Random.key(3), 2, 5, 4);
        var changed = Tensor.concat(1, x.slice(1, 0, 4), x.slice(1, 4, 5).add(1));
        var values = Needs.of(layer, DType.F32, x.type()).initial(2);
        var y = layer.apply(Bound.of(values, Random.key(1), false), x);
        var z = layer.apply(Bound.of(values, Random.key(1), false), changed);
        close(y.slice(1, 0, 4).toDoubles(), z.slice(1, 0, 4).toDoubles(), 0);
        assertThat(y.at(1, 4).toDoubles()).isNotEqualTo(z.at(1, 4).toDoubles());
    }

    private static void close(double[] a, double[] b, double tolerance) {
        assertThat(a).hasSameSizeAs(b);
        for (int i = 0; i < a.length; i++) {
            assertThat(a[i]).isCloseTo(b[i], within(tolerance));
        }
    }

    @Test
    void aGivenMaskSaysWhereEachHeadMayLook() {
        var layer = MultiHeadAttention.of(2, 3);
        var query = Random.normal(Random.key(3), 2, 3, 4);
        var value = Random.normal(Random.key(4), 2, 5, 6);
        var values = Needs.of(layer, DType.F32, query.type(), value.type()).initial(2);
        var only = Tensor.range(5, DType.I64).eq(Tensor.scalar(2, DType.I64)).reshape(1, 1, 5).expandTo(Shape.of(1, 3, 5));
        var weights = layer.attend(Bound.of(values, Random.key(1), false), query, value, only).weights();
        assertThat(weights.shape().dims()).containsExactly(2L, 2L, 3L, 5L);
        assertThat(weights.slice(3, 2, 3).toFloats()).containsOnly(1f);
        var none = Tensor.range(5, DType.I64).gt(9).reshape(1, 1, 5).expandTo(Shape.of(1, 3, 5));
        var even = layer.attend(Bound.of(values, Random.key(1), false), query, value, none).weights();
        assertThat(even.sub(0.2).abs().max(new int[] {0, 1, 2, 3}).item()).isLessThan(1e-6f);
    }

    // ---- several outputs

    @Test
    void statesAreOutputsWhereWanted() {
        var cell = LSTM.of(3).withReturnState(true);
        var layer = Bidirectional.of(cell).withMerge(Bidirectional.Merge.NONE);
        var x = Random.normal(Random.key(3), 2, 4, 5);
        assertThat(layer.outputs()).isEqualTo(6);
        var values = Needs.of(layer, DType.F32, x.type()).initial(1);
        var all = layer.applyAll(Bound.of(values, Random.key(1), false), x);
        assertThat(all).hasSize(6).allMatch(y -> y.shape().equals(Shape.of(2, 3)));
        assertThat(all.get(0).toFloats()).as("the last output and h").containsExactly(all.get(2).toFloats());
        assertThat(all.get(1).toFloats()).containsExactly(all.get(4).toFloats());
        assertThat(all.get(3).toFloats()).isNotEqualTo(all.get(5).toFloats());
        assertThatThrownBy(() -> layer.apply(Bound.of(values, Random.key(1), false), x)).hasMessageContaining("6 outputs").hasMessageContaining("Maybe");
        // First states: those of the one, then those of the other. The same again on what is left of the sequence.
        var front = layer.applyAll(Bound.of(values, Random.key(1), false), x.slice(1, 0, 2));
        var rest = layer.applyAll(Bound.of(values, Random.key(1), false), x.slice(1, 2, 4), front.get(2), front.get(3), all.get(4), all.get(5));
        close(rest.get(0).toDoubles(), all.get(0).toDoubles(), 1e-6);
    }

    /// As in Keras, which makes masked steps 0 only here: a layer alone goes on with what it had.
    @Test
    void bothWaysTheStepsThatDoNotCountAreZero() {
        Layer layer = Bidirectional.of(GRU.of(2).withReturnSequences(true));
        var run = Run.of(layer, 3, true, false);
        var y = run.apply(layer, run.params(), run.inputs);
        for (int n = 0; n < 3; n++) {
            for (int t = 0; t < STEPS; t++) {
                assertThat(Arrays.stream(y.at(0, n).at(0, t).toDoubles()).allMatch(one -> one == 0)).as("step %d of example %d", t, n).isEqualTo(!run.counts(n, t));
            }
        }
    }

    // ---- dropout

    @ParameterizedTest
    @EnumSource(value = Bidirectional.Merge.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void dropoutIsForTrainingAndTheSameInAllSteps(Bidirectional.Merge merge) {
        var layer = Bidirectional.of(LSTM.of(3).withDropout(0.5).withRecurrentDropout(0.4)).withMerge(merge);
        var plain = Bidirectional.of(LSTM.of(3)).withMerge(merge);
        var x = Random.normal(Random.key(3), 4, 6, 5);
        var needs = Needs.of(layer, DType.F32, x.type());
        assertThat(needs.scalars()).containsOnlyKeys("forward/dropout/rate", "forward/recurrent_dropout/rate", "backward/dropout/rate",
                "backward/recurrent_dropout/rate");
        var values = needs.initial(2);
        assertThat(layer.apply(Bound.of(values, Random.key(1), false), x).toFloats())
                .containsExactly(plain.apply(Bound.of(values, Random.key(1), false), x).toFloats());
        assertThat(layer.apply(Bound.of(values, Random.key(1), true), x).toFloats())
                .isNotEqualTo(plain.apply(Bound.of(values, Random.key(1), true), x).toFloats());
        // A feature that is dropped is dropped at every step: with a kernel of ones on linear units, the output counts what is left.
        var sum = SimpleRNN.of(1, "linear").withBias(false).withDropout(0.5).withReturnSequences(true);
        var counted = sum.apply(Bound.of(Map.of("kernel", Tensor.ones(5, 1), "recurrent_kernel", Tensor.zeros(1, 1)), Random.key(1), true),
                Tensor.ones(3, 6, 5));
        for (int t = 1; t < 6; t++) {
            assertThat(counted.at(1, t).toFloats()).containsExactly(counted.at(1, 0).toFloats());
        }
    }

    // ---- bad input

    @Test
    void errorsNameTheLayer() {
        var net = Sequential.of(Bidirectional.of(LSTM.of(3)));
        assertThatThrownBy(() -> Needs.of(net, DType.F32, Type.of(DType.F32, 2, 7))).hasMessageContaining("LSTM(3) in \"bidirectional/forward\"")
                .hasMessageContaining("[examples, steps, features]").hasMessageContaining("\nMaybe");
        assertThatThrownBy(() -> Needs.of(Sequential.of(TimeDistributed.of(Dense.of(2))), DType.F32, Type.of(DType.F32, 2, 7)))
                .hasMessageContaining("TimeDistributed(Dense(2)) in \"time_distributed\"").hasMessageContaining("\nMaybe");
        assertThatThrownBy(() -> Needs.of(Sequential.of(MultiHeadAttention.of(2, 3)), DType.F32, Type.of(DType.F32, 2, 7)))
                .hasMessageContaining("MultiHeadAttention(2, 3) in \"multi_head_attention\"").hasMessageContaining("\nMaybe");
        Layer two = (s, x) -> s.call("attend", MultiHeadAttention.of(2, 3), x);
        assertThatThrownBy(() -> Needs.of(two, DType.F32, Type.of(DType.F32, 2, 7, 4), Type.of(DType.F32, 2, 5, 4), Type.of(DType.BOOL, 2, 5, 7)))
                .hasMessageContaining("the mask must be").hasMessageContaining("[2, 2, 7, 5]").hasMessageContaining("\nMaybe");
        assertThatThrownBy(() -> LSTM.of(2).withDropout(1)).hasMessageContaining("LSTM(2)").hasMessageContaining("Maybe");
        assertThatThrownBy(() -> Bidirectional.of(LSTM.of(2), GRU.of(2))).hasMessageContaining("Maybe");
        assertThatThrownBy(() -> Embedding.of(0, 3)).hasMessageContaining("Embedding(0, 3)");
        var outside = Embedding.of(4, 2);
        assertThatThrownBy(() -> outside.apply(Bound.of(Map.of("embeddings", Tensor.ones(4, 2)), Random.key(1), false), Tensor.of(4L).reshape(1, 1)))
                .hasMessageContaining("4");
    }

    /// One step, written out.
    private static final class Formulas {
        static List<double[]> step(Recurrent layer, Run run, List<double[]> before, double[] x) {
            int u = before.getFirst().length;
            var w = run.matrix("kernel");
            var r = run.matrix("recurrent_kernel");
            var h = before.getFirst();
            return switch (layer) {
                case SimpleRNN rnn -> {
                    var b = run.vector("bias", u);
                    var y = new double[u];
                    for (int j = 0; j < u; j++) {
                        y[j] = on(rnn.activation(), dot(x, w, j) + dot(h, r, j) + b[j]);
                    }
                    yield List.of(y);
                }
                case LSTM lstm -> {
                    var b = run.vector("bias", 4 * u);
                    var y = new double[u];
                    var c = new double[u];
                    for (int j = 0; j < u; j++) {
                        var z = new double[4];
                        for (int gate = 0; gate < 4; gate++) {
                            int at = gate * u + j;
                            z[gate] = on(gate == 2 ? lstm.activation() : lstm.recurrentActivation(), dot(x, w, at) + dot(h, r, at) + b[at]);
                        }
                        c[j] = z[1] * before.get(1)[j] + z[0] * z[2];
                        y[j] = z[3] * on(lstm.activation(), c[j]);
                    }
                    yield List.of(y, c);
                }
                case GRU gru -> {
                    var b = run.vector("bias", 6 * u);
                    int second = gru.resetAfter() ? 3 * u : -1;
                    var y = new double[u];
                    var reset = new double[u];
                    for (int j = 0; j < u; j++) {
                        reset[j] = on(gru.recurrentActivation(), dot(x, w, u + j) + dot(h, r, u + j) + b[u + j] + (second < 0 ? 0 : b[second + u + j]));
                    }
                    for (int j = 0; j < u; j++) {
                        double keep = on(gru.recurrentActivation(), dot(x, w, j) + dot(h, r, j) + b[j] + (second < 0 ? 0 : b[second + j]));
                        int at = 2 * u + j;
                        var kept = new double[u];
                        for (int i = 0; i < u; i++) {
                            kept[i] = reset[i] * h[i];
                        }
                        double inner = gru.resetAfter() ? reset[j] * (dot(h, r, at) + b[second + at]) : dot(kept, r, at);
                        y[j] = keep * h[j] + (1 - keep) * on(gru.activation(), dot(x, w, at) + b[at] + inner);
                    }
                    yield List.of(y);
                }
                default -> throw new AssertionError(layer);
            };
        }

        private static double dot(double[] x, double[][] kernel, int column) {
            double sum = 0;
            for (int i = 0; i < x.length; i++) {
                sum += x[i] * kernel[i][column];
            }
            return sum;
        }

        private static double on(Activation f, double x) {
            return switch (f) {
                case TANH -> Math.tanh(x);
                case SIGMOID -> 1 / (1 + Math.exp(-x));
                case RELU -> Math.max(0, x);
                case HARD_SIGMOID -> Math.clamp((x + 3) / 6, 0, 1);
                case SOFTSIGN -> x / (1 + Math.abs(x));
                case ELU -> x > 0 ? x : Math.expm1(x);
                case SOFTPLUS -> Math.log1p(Math.exp(x));
                default -> throw new AssertionError(f);
            };
        }
    }
}
