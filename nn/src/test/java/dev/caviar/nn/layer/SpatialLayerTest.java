package dev.caviar.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SpatialLayerTest {
    private static final Sequential NET = Sequential.of(Conv2D.of(32, 3, "relu"), MaxPooling2D.of(2), Conv2D.of(64, 3, "relu"),
            MaxPooling2D.of(2), Flatten.of(), Dense.of(128, "relu"), Dense.of(10));

    @Test
    void namesAndShapesAreThoseOfKeras() {
        var needs = Needs.of(NET, DType.F32, Type.of(DType.F32, 64, 28, 28, 1));
        assertThat(needs.params().keySet()).containsExactly("conv2d/kernel", "conv2d/bias", "conv2d_1/kernel", "conv2d_1/bias",
                "dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias");
        assertThat(needs.parts().stream().map(part -> part.path() + " " + part.output().shape())).containsExactly(
                "conv2d [64, 26, 26, 32]", "max_pooling2d [64, 13, 13, 32]", "conv2d_1 [64, 11, 11, 64]", "max_pooling2d_1 [64, 5, 5, 64]",
                "flatten [64, 1600]", "dense [64, 128]", "dense_1 [64, 10]");
        assertThat(needs.params().values().stream().mapToLong(wish -> wish.type().shape().size()).sum()).isEqualTo(225_034);
    }

    @Test
    void aKernelsStartCountsItsTapsOnBothSides() {
        var kernel = Init.xavier().tensor(Type.of(DType.F32, 3, 3, 32, 64), Random.key(1));
        double limit = Math.sqrt(6.0 / (9 * 32 + 9 * 64));
        assertThat(kernel.abs().max(new int[] {0, 1, 2, 3}).itemAsDouble()).isCloseTo(limit, within(limit / 1000));
    }

    @Test
    void aMeanLeavesPaddingOut() {
        var layer = AveragePooling1D.of(3).withStrides(1).withPadding(Padding.SAME);
        var y = layer.apply(Bound.of(Map.of(), Random.key(1), false), Tensor.of(1f, 2f, 3f).reshape(1, 3, 1));
        assertThat(y.toFloats()).containsExactly(1.5f, 2f, 2.5f);
    }

    @Test
    void whatDoesNotFitIsSaid() {
        var scope = Bound.of(Map.of(), Random.key(1), false);
        assertThatThrownBy(() -> scope.call("conv2d", Conv2D.of(4, 3), Tensor.ones(5, 28, 28)))
                .hasMessage("Conv2D(4, 3×3) in \"conv2d\" (input [5, 28, 28]): the input needs 2 spatial axes between examples and channels.\n"
                        + "Maybe put Reshape.of(…, channels) in front.");
        assertThatThrownBy(() -> Needs.of(Sequential.of(Conv2D.of(4, 5)), DType.F32, Type.of(DType.F32, 1, 4, 4, 1)))
                .hasMessageContaining("the kernel does not fit spatial axis 0.\nMaybe use a smaller kernel, or padding.");
        assertThatThrownBy(() -> Needs.of(Sequential.of(Conv2D.of(4, 1).withGroups(2)), DType.F32, Type.of(DType.F32, 1, 4, 4, 3)))
                .hasMessageContaining("the 3 channels of the input cannot be divided into 2 groups");
        assertThatThrownBy(() -> Conv2D.of(5, 3).withGroups(2)).hasMessageContaining("5 filters in 2 groups");
        assertThatThrownBy(() -> Conv2D.of(5, 3, 3, 3)).hasMessageContaining("for each spatial axis");
        assertThatThrownBy(() -> Conv2D.of(5, 3).withPadding("causal")).hasMessageContaining("\nMaybe use Conv1D.");
        assertThatThrownBy(() -> Padding.of("full")).hasMessageContaining("\nMaybe one of valid, same, causal.");
        assertThatThrownBy(() -> MaxPooling2D.of(0)).hasMessageContaining("1 or more");
    }
}
