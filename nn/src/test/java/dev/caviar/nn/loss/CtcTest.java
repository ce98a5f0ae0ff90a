package dev.caviar.nn.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.compile.Function;
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.grad.GradientCheck;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CtcTest {
    private static final long EXAMPLES = 3, STEPS = 5, CLASSES = 4;

    private static Tensor logits(long seed) {
        return Random.normal(Random.key(seed), EXAMPLES, STEPS, CLASSES).cast(DType.F64).mul(2);
    }

    private static Tensor labels(long... rows) {
        return Tensor.of(rows).reshape(EXAMPLES, rows.length / EXAMPLES);
    }

    /// What a way through the steps says.
    private static List<Integer> said(int[] way, int blank) {
        var out = new ArrayList<Integer>();
        for (int t = 0; t < way.length; t++) {
            if (way[t] != blank && (t == 0 || way[t - 1] != way[t])) {
                out.add(way[t]);
            }
        }
        return out;
    }

    /// Over each of the 4⁵ ways by itself.
    private static double likelihood(double[] p, int example, List<Integer> wanted, int blank) {
        double sum = 0;
        for (int code = 0; code < Math.pow(CLASSES, STEPS); code++) {
            var way = new int[(int) STEPS];
            double product = 1;
            for (int t = 0, rest = code; t < STEPS; t++, rest /= (int) CLASSES) {
                way[t] = rest % (int) CLASSES;
                product *= p[(int) ((example * STEPS + t) * CLASSES + way[t])];
            }
            sum += said(way, blank).equals(wanted) ? product : 0;
        }
        return sum;
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "0, 2", "3, 3"})
    void itIsTheSumOverAllWays(int blank, long seed) {
        long b = blank, a = blank == 0 ? 3 : 0;
        var target = labels(1, 2, a, /**/ 1, 1, b, /**/ b, b, b);
        var x = logits(seed);
        var each = Ctc.of(true).withBlank(blank).perExample(x, target).toDoubles();
        var p = x.softmax(2).toDoubles();
        var wanted = List.of(List.of(1, 2, (int) a), List.of(1, 1), List.<Integer>of());
        for (int i = 0; i < EXAMPLES; i++) {
            assertThat(Math.exp(-each[i])).isCloseTo(likelihood(p, i, wanted.get(i), blank), within(1e-12));
        }
        assertThat(Ctc.of(false).withBlank(blank).perExample(x.softmax(2), target).toDoubles()).usingComparatorWithPrecision(1e-6).containsExactly(each);
    }

    /// The likelihoods of all that five steps can say add up to 1.
    @Test
    void allThatCanBeSaidIsCertain() {
        var rows = new ArrayList<Long>();
        for (int code = 0; code < 1024; code++) {
            var row = new long[(int) STEPS];
            for (int k = 0, rest = code; k < STEPS; k++, rest /= 4) {
                row[k] = rest % 4;
            }
            boolean filledBehind = IntStream.range(1, row.length).allMatch(k -> row[k - 1] != 0 || row[k] == 0);
            if (filledBehind) {
                LongStream.of(row).forEach(rows::add);
            }
        }
        long n = rows.size() / STEPS;
        assertThat(n).isEqualTo(1 + 3 + 9 + 27 + 81 + 243);
        var x = logits(4).slice(0, 1, 2).expandTo(Shape.of(n, STEPS, CLASSES));
        var each = Ctc.of(true).perExample(x, Tensor.of(rows.stream().mapToLong(row -> row).toArray()).reshape(n, STEPS));
        assertThat(each.neg().exp().sum().itemAsDouble()).isCloseTo(1, within(1e-9));
    }

    @Test
    void gradientsAreRight() {
        var target = labels(1, 2, 3, 2, 2, 0, 0, 0, 0);
        var weights = Tensor.of(1.0, 0.3, 2.0);
        var check = GradientCheck.of(p -> Ctc.of(true).mean(p.get("logits"), target, weights), Map.of("logits", logits(5)));
        assertThat(check.verdict()).as("%s", check).isEqualTo(GradientCheck.Verdict.RIGHT);
        var probable = GradientCheck.of(p -> Ctc.of(false).mean(p.get("p"), target, null), Map.of("p", logits(6).softmax(2)));
        assertThat(probable.verdict()).as("%s", probable).isEqualTo(GradientCheck.Verdict.RIGHT);
    }

    /// Blanks first and last, repeated labels, none, lengths shorter than the tensors, just possible and impossible ones.
    @Test
    void valuesAndGradientsAreThoseOfPyTorch() throws IOException {
        for (var one : reference().get("cases")) {
            var ctc = Ctc.of(true).withBlank(one.get("blank").asInt());
            var x = Tensor.of(doubles(one, "logits")).reshape(8, 7, 5);
            var target = Tensor.of(longs(one, "targets")).reshape(8, 3);
            var steps = Tensor.of(longs(one, "steps"));
            var labels = Tensor.of(longs(one, "labels"));
            var each = ctc.perExample(x, target, steps, labels).toDoubles();
            var expected = doubles(one, "loss");
            for (int i = 0; i < each.length; i++) {
                boolean infinite = one.get("infinite").get(i).asBoolean();
                assertThat(each[i]).as("example %d", i).isCloseTo(infinite ? Double.POSITIVE_INFINITY : expected[i], within(1e-10));
            }
            var forgiving = ctc.withZeroInfinity(true);
            assertThat(forgiving.perExample(x, target, steps, labels).toDoubles()).usingComparatorWithPrecision(1e-10).containsExactly(expected);
            // Of the infinite one PyTorch's is NaN without zero_infinity; here it is 0 either way.
            for (var loss : List.of(ctc, forgiving)) {
                var slope = Gradient.at(in -> loss.perExample(in.getFirst(), target, steps, labels)
                        .mul(Tensor.range(8, DType.F64).add(1)).sum(), List.of(x)).gradients().getFirst();
                assertThat(slope.toDoubles()).usingComparatorWithPrecision(1e-10).containsExactly(doubles(one, "gradient"));
            }
        }
    }

    /// Keras takes logits, blank 0, and labels filled up by 0; what is impossible is large there, and infinite here and in PyTorch.
    @Test
    void labelsThatAreFilledUpAreAsInKeras() throws IOException {
        var one = reference().get("cases").get(0);
        var x = Tensor.of(doubles(one, "logits")).reshape(8, 7, 5);
        var lengths = longs(one, "labels");
        var filled = longs(one, "targets");
        for (int i = 0; i < filled.length; i++) {
            filled[i] = i % 3 < lengths[i / 3] ? filled[i] : 0;
        }
        assertThat(Ctc.of(true).perExample(x, Tensor.of(filled).reshape(8, 3)).toDoubles()).usingComparatorWithPrecision(1e-4)
                .containsExactly(doubles(one, "keras"));
    }

    /// Wherever the steps lie that are left out: at the front, in the middle, behind.
    @Test
    void aMaskLeavesStepsOut() {
        var x = logits(8).slice(0, 0, 1);
        var target = Tensor.of(1L, 2L).reshape(1, 2);
        var whole = Ctc.of(true).perExample(x, target).item();
        for (int at = 0; at <= STEPS; at++) {
            var junk = Tensor.full(50, Type.of(DType.F64, 1, 1, CLASSES));
            var parts = new ArrayList<Tensor>();
            if (at > 0) {
                parts.add(x.slice(1, 0, at));
            }
            parts.add(junk);
            if (at < STEPS) {
                parts.add(x.slice(1, at, STEPS));
            }
            var longer = Tensor.concat(1, parts.toArray(Tensor[]::new));
            var mask = Tensor.range(STEPS + 1, DType.I64).ne(Tensor.full(at, Type.of(DType.I64, STEPS + 1))).reshape(1, STEPS + 1);
            assertThat(Ctc.of(true).perExample(longer, target, mask, Map.of()).item()).as("without step %d", at).isCloseTo(whole, within(1e-6f));
            try (var compiled = Function.compile((Tensor in) -> Ctc.of(true).perExample(in, target, mask, Map.of()))) {
                assertThat(compiled.apply(longer).item()).isCloseTo(whole, within(1e-6f));
            }
        }
    }

    private static JsonNode reference() throws IOException {
        try (var file = CtcTest.class.getResourceAsStream("ctc.json")) {
            return JsonMapper.shared().readTree(file);
        }
    }

    private static double[] doubles(JsonNode node, String name) {
        return node.get(name).valueStream().mapToDouble(JsonNode::asDouble).toArray();
    }

    private static long[] longs(JsonNode node, String name) {
        return node.get(name).valueStream().mapToLong(JsonNode::asLong).toArray();
    }

    @Test
    void aCompiledOneIsTheSame() {
        var target = labels(1, 2, 3, 2, 2, 0, 0, 0, 0);
        var x = logits(7);
        var slope = Gradient.of((Tensor in) -> Ctc.of(true).mean(in, target, null));
        try (var loss = Function.compile((Tensor in) -> Ctc.of(true).perExample(in, target)); var compiled = Function.compile((Tensor in) -> slope.apply(in))) {
            assertThat(loss.apply(x).toDoubles()).usingComparatorWithPrecision(1e-12).containsExactly(Ctc.of(true).perExample(x, target).toDoubles());
            assertThat(compiled.apply(x).toDoubles()).usingComparatorWithPrecision(1e-12).containsExactly(slope.apply(x).toDoubles());
        }
    }

    @Test
    void longSequencesDoNotUnderflow() {
        long steps = 600;
        var target = Tensor.of(LongStream.range(0, 120).map(i -> 1 + i % 3).toArray()).reshape(1, 120);
        var both = Gradient.at(in -> Ctc.of(true).mean(in.getFirst(), target, null), List.of(Tensor.zeros(1, steps, CLASSES)));
        assertThat(both.value().itemAsDouble()).isBetween(300.0, 832.0);
        assertThat(both.gradients().getFirst().notFinite().cast(DType.F32).sum().item()).isZero();
        var sure = Ctc.of(true).perExample(Tensor.of(new float[][] {{0, 1e4f}, {1e4f, 0}, {0, 1e4f}}).reshape(1, 3, 2), Tensor.of(1L, 1L).reshape(1, 2));
        assertThat(sure.item()).isCloseTo(0, within(1e-6f));
    }

    @Test
    void whatCannotBeSaidIsInfinitelyWrong() {
        var five = Random.normal(Random.key(1), 1, 3, 2);
        assertThat(Ctc.of(true).perExample(five, Tensor.of(1L, 1L).reshape(1, 2)).item()).isFinite();
        assertThat(Ctc.of(true).perExample(five, Tensor.of(1L, 1L, 1L).reshape(1, 3)).item()).isEqualTo(Float.POSITIVE_INFINITY);
    }

    @Test
    void whatDoesNotFitIsNamed() {
        assertThatThrownBy(() -> Ctc.of(true).perExample(Tensor.zeros(2, 3), Tensor.of(1L, 2L).reshape(2, 1))).hasMessageContaining("[2, 3]")
                .hasMessageContaining("\nMaybe the last recurrent layer needs withReturnSequences(true)");
        assertThatThrownBy(() -> Ctc.of(true).withBlank(4).perExample(logits(1), labels(1, 2, 3))).hasMessageContaining("the blank is class 4")
                .hasMessageContaining("\nMaybe");
    }

    @Test
    void readingTakesTheLikeliestOfEachStep() {
        var steps = Tensor.of(0L, 1L, 1L, 0L, 1L, 2L).oneHot(3, DType.F32).reshape(1, 6, 3);
        assertThat(Ctc.of(false).decode(steps)).containsExactly(List.of(1, 1, 2));
    }
}
