package dev.caviar.engine.grad;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class GradientCheckTest {
    private static final Tensor X = Random.normal(Random.key(1), 20, 6).cast(DType.F64);
    private static final Function<Map<String, Tensor>, Tensor> COST =
            p -> X.matmul(p.get("w")).add(p.get("b")).tanh().square().mean();

    private static Map<String, Tensor> parameters() {
        var all = new LinkedHashMap<String, Tensor>();
        all.put("w", Random.normal(Random.key(2), 6, 30));
        all.put("b", Random.normal(Random.key(3), 30));
        return all;
    }

    @Test
    void theTapeIsRight() {
        var check = GradientCheck.of(COST, parameters());
        assertThat(check.verdict()).as("%s", check).isEqualTo(GradientCheck.Verdict.RIGHT);
        assertThat(check.rows().get(0).compared()).isEqualTo(100);
        assertThat(check.rows().get(1).compared()).isEqualTo(30);
        assertThat(check.toString()).contains("100/180").contains("30/30").contains("right");
    }

    @Test
    void aPlantedBugIsFoundWhereItIs() {
        var wide = new LinkedHashMap<String, Tensor>();
        parameters().forEach((name, value) -> wide.put(name, value.cast(DType.F64)));
        var right = Gradient.at(in -> COST.apply(Map.of("w", in.get(0), "b", in.get(1))), java.util.List.copyOf(wide.values())).gradients();
        var off = right.get(1).add(Tensor.of(7L).oneHot(30, DType.F64).reshape(30).mul(1e-2));
        var check = GradientCheck.of(COST, wide, Map.of("w", right.get(0), "b", off));
        assertThat(check.rows().get(0).verdict()).isEqualTo(GradientCheck.Verdict.RIGHT);
        assertThat(check.rows().get(1).verdict()).isEqualTo(GradientCheck.Verdict.WRONG);
        assertThat(check.rows().get(1).worst()).isEqualTo(7);
        assertThat(check.verdict()).isEqualTo(GradientCheck.Verdict.WRONG);
        var slightly = GradientCheck.of(COST, wide, Map.of("w", right.get(0).mul(1 + 1e-4), "b", right.get(1).mul(1 + 2e-6)));
        assertThat(slightly.rows().get(0).verdict()).isEqualTo(GradientCheck.Verdict.DOUBTFUL);
        assertThat(slightly.rows().get(1).verdict()).isEqualTo(GradientCheck.Verdict.LIKELY);
    }

    @Test
    void aMissingGradientSaysSo() {
        assertThatThrownBy(() -> GradientCheck.of(COST, parameters(), Map.of("w", Tensor.ones(6, 30))))
                .hasMessageContaining("\"b\" is [30], its gradient is missing");
    }
}
