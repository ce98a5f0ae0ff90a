package dev.caviar.nn;

import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.tensor.Eager;
import dev.caviar.nn.Reference.Case;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.AveragePooling1D;
import dev.caviar.nn.layer.AveragePooling2D;
import dev.caviar.nn.layer.Conv1D;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Conv3D;
import dev.caviar.nn.layer.DepthwiseConv2D;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.MaxPooling1D;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.Padding;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Convolutions and poolings give the numbers that Keras gives, in both precisions and by both providers.
@Tag("shared")
class SpatialConformanceTest {
    static Stream<Case> cases() {
        return Stream.of("conv1d", "conv2d", "conv3d", "depthwise_conv2d", "maxpool1d", "maxpool2d", "avgpool1d", "avgpool2d")
                .flatMap(group -> Reference.group(group, Set.of()));
    }

    private static Layer layer(Case c) {
        var group = c.id().substring(0, c.id().indexOf('/'));
        int filters = (int) c.number("filters", 1);
        var kernel = c.numbers("kernel_size");
        var pool = c.numbers("pool_size");
        var padding = Padding.of(c.text("padding", "valid"));
        return switch (group) {
            case "conv1d", "conv2d", "conv3d" -> (group.equals("conv1d") ? Conv1D.of(filters, kernel)
                    : group.equals("conv2d") ? Conv2D.of(filters, kernel) : Conv3D.of(filters, kernel))
                    .withStrides(c.numbers("strides", 1)).withDilation(c.numbers("dilation_rate", 1)).withPadding(padding)
                    .withGroups((int) c.number("groups", 1)).withActivation(Activation.of(c.text("activation", "linear")))
                    .withBias(c.config().path("use_bias").asBoolean(true));
            case "depthwise_conv2d" -> DepthwiseConv2D.of(kernel).withMultiplier((int) c.number("depth_multiplier", 1))
                    .withStrides(c.numbers("strides", 1)).withPadding(padding);
            case "maxpool1d" -> MaxPooling1D.of(pool).withStrides(c.numbers("strides")).withPadding(padding);
            case "maxpool2d" -> MaxPooling2D.of(pool).withStrides(c.numbers("strides")).withPadding(padding);
            case "avgpool1d" -> AveragePooling1D.of(pool).withStrides(c.numbers("strides")).withPadding(padding);
            case "avgpool2d" -> AveragePooling2D.of(pool).withStrides(c.numbers("strides")).withPadding(padding);
            default -> throw new IllegalArgumentException(group);
        };
    }

    @ParameterizedTest
    @MethodSource("cases")
    void equalsKerasInDoublePrecision(Case c) {
        Reference.present(c);
        Reference.check(layer(c), c.arrays(), true);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void equalsKerasInSinglePrecision(Case c) {
        Reference.present(c);
        for (var provider : List.of(Provider.plain(), Provider.best())) {
            Eager.of(provider).scoped(() -> Reference.check(layer(c), c.narrowed(), true, 1e-5, 1e-4));
        }
    }
}
