package dev.caviar.app.check;

import dev.caviar.nn.layer.AveragePooling1D;
import dev.caviar.nn.layer.AveragePooling2D;
import dev.caviar.nn.layer.AveragePooling3D;
import dev.caviar.nn.layer.Conv1D;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Conv3D;
import dev.caviar.nn.layer.ConvND;
import dev.caviar.nn.layer.DepthwiseConv2D;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.MaxPooling1D;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.MaxPooling3D;
import dev.caviar.nn.layer.Padding;
import dev.caviar.nn.layer.PoolND;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/// Layers over images and sequences: convolutions and poolings.
final class SpatialChecks {
    private SpatialChecks() {}

    static Map<String, Check> checks() {
        var all = new HashMap<String, Function<Case, Layer>>();
        all.put("conv1d", c -> conv(c, Conv1D.of(c.whole("filters"), c.numbers("kernel_size"))));
        all.put("conv2d", c -> conv(c, Conv2D.of(c.whole("filters"), c.numbers("kernel_size"))));
        all.put("conv3d", c -> conv(c, Conv3D.of(c.whole("filters"), c.numbers("kernel_size"))));
        all.put("depthwise_conv2d", SpatialChecks::depthwise);
        all.put("maxpool1d", c -> pool(c, MaxPooling1D.of(c.numbers("pool_size", 2))));
        all.put("maxpool2d", c -> pool(c, MaxPooling2D.of(c.numbers("pool_size", 2))));
        all.put("maxpool3d", c -> pool(c, MaxPooling3D.of(c.numbers("pool_size", 2))));
        all.put("avgpool1d", c -> pool(c, AveragePooling1D.of(c.numbers("pool_size", 2))));
        all.put("avgpool2d", c -> pool(c, AveragePooling2D.of(c.numbers("pool_size", 2))));
        all.put("avgpool3d", c -> pool(c, AveragePooling3D.of(c.numbers("pool_size", 2))));
        var checks = new HashMap<String, Check>();
        all.forEach((group, layer) -> checks.put(group, c -> LayerCase.of(c).compare(layer.apply(c))));
        return checks;
    }

    private static Padding padding(Case c) {
        c.demand("data_format", "channels_last", null);
        return c.named(c.text("padding", "valid"), Padding::of);
    }

    private static Layer conv(Case c, ConvND layer) {
        return layer.withStrides(c.numbers("strides", 1)).withDilation(c.numbers("dilation_rate", 1)).withPadding(padding(c))
                .withGroups(c.whole("groups", 1)).withActivation(c.activation("activation", "linear")).withBias(c.flag("use_bias", true));
    }

    private static Layer depthwise(Case c) {
        return DepthwiseConv2D.of(c.numbers("kernel_size")).withMultiplier(c.whole("depth_multiplier", 1)).withStrides(c.numbers("strides", 1))
                .withPadding(padding(c)).withActivation(c.activation("activation", "linear")).withBias(c.flag("use_bias", true));
    }

    private static Layer pool(Case c, PoolND layer) {
        var padded = layer.withPadding(padding(c));
        return c.value("strides") == null ? padded : padded.withStrides(c.numbers("strides"));
    }
}
