package dev.caviar.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.kernel.MachineCode;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Products with a constant matrix of mostly zeros.
class SparseProductTest {
    /// `[24, 12]`: each row between two neighbours, as images are made larger.
    private static Tensor between() {
        var weights = new float[24][12];
        for (int i = 0; i < 24; i++) {
            double place = Math.clamp((i + 0.5) / 2 - 0.5, 0, 11);
            int below = (int) place;
            weights[i][below] += (float) (1 - (place - below));
            weights[i][Math.min(11, below + 1)] += (float) (place - below);
        }
        return Tensor.of(weights);
    }

    @ParameterizedTest
    @CsvSource({"2,8,1", "5,8,1", "3,64,1", "3,72,1", "2,96,1", "70,520,2", "6,24,3"})
    void equalsTheDenseOneWithItsGradient(long slices, long columns, int threads) {
        var x = new Type(DType.F32, Shape.of(slices, 12, columns));
        var c = new Type(DType.F32, Shape.of(slices, 24, columns));
        var between = between();
        var graph = Trace.of(in -> {
            var found = Gradient.at(_ -> between.matmul(in.get(0)).mul(in.get(1)).sum(), List.of(in.get(0)));
            return List.of(between.matmul(in.get(0)), found.gradients().getFirst());
        }, x, c);
        var given = List.of(Random.normal(Random.key(1), x).array().buffer(), Random.normal(Random.key(2), c).array().buffer());
        var out = run(graph, Options.of().withThreads(threads), given);
        var plain = run(graph, Options.of().withProvider(Provider.plain()), given);
        for (int i = 0; i < 2; i++) {
            for (long k = 0; k < plain.get(i).size(); k++) {
                assertThat(out.get(i).at(k)).as("output %d, element %d", i, k).isCloseTo(plain.get(i).at(k), within(2e-6));
            }
        }
        if (MachineCode.isSupported()) {
            try (var program = Compiler.compile(graph, Options.of())) {
                assertThat(program.plan().print()).contains("weighted rows").doesNotContain("matmul");
            }
        }
    }

    private static List<Buffer> run(Graph graph, Options options, List<Buffer> given) {
        try (var program = Compiler.compile(graph, options)) {
            var out = graph.outputs().stream().map(t -> Buffer.allocate(t.type())).toList();
            program.run(given, out);
            return out;
        }
    }
}
