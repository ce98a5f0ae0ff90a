package dev.caviar.app.check;

import dev.caviar.nn.layer.AdaptivePooling;
import dev.caviar.nn.layer.AveragePooling1D;
import dev.caviar.nn.layer.AveragePooling2D;
import dev.caviar.nn.layer.AveragePooling3D;
import dev.caviar.nn.layer.ChannelsFirst;
import dev.caviar.nn.layer.Conv1D;
import dev.caviar.nn.layer.Conv1DTranspose;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Conv2DTranspose;
import dev.caviar.nn.layer.Conv3D;
import dev.caviar.nn.layer.Conv3DTranspose;
import dev.caviar.nn.layer.ConvND;
import dev.caviar.nn.layer.ConvTransposeND;
import dev.caviar.nn.layer.DepthwiseConv1D;
import dev.caviar.nn.layer.DepthwiseConv2D;
import dev.caviar.nn.layer.DepthwiseConvND;
import dev.caviar.nn.layer.GlobalPoolND;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.MaxPooling1D;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.MaxPooling3D;
import dev.caviar.nn.layer.Padding;
import dev.caviar.nn.layer.PoolND;
import dev.caviar.nn.layer.SeparableConv1D;
import dev.caviar.nn.layer.SeparableConv2D;
import dev.caviar.nn.layer.SeparableConvND;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/// Layers over sequences, images and volumes: convolutions and poolings.
final class SpatialChecks {
    private static final Pattern GLOBAL = Pattern.compile("(avg|max)([123])d.*");

    private SpatialChecks() {}

    static Map<String, Check> checks() {
        var all = new HashMap<String, Function<Case, Layer>>();
        all.put("conv1d", c -> conv(c, Conv1D.of(c.whole("filters"), kernel(c))));
        all.put("conv2d", c -> conv(c, Conv2D.of(c.whole("filters"), kernel(c))));
        all.put("conv3d", c -> conv(c, Conv3D.of(c.whole("filters"), kernel(c))));
        all.put("conv1d_transpose", c -> transposed(c, Conv1DTranspose.of(c.whole("filters"), kernel(c))));
        all.put("conv2d_transpose", c -> transposed(c, Conv2DTranspose.of(c.whole("filters"), kernel(c))));
        all.put("conv3d_transpose", c -> transposed(c, Conv3DTranspose.of(c.whole("filters"), kernel(c))));
        all.put("depthwise_conv1d", c -> depthwise(c, DepthwiseConv1D.of(kernel(c))));
        all.put("depthwise_conv2d", c -> depthwise(c, DepthwiseConv2D.of(kernel(c))));
        all.put("separable_conv1d", c -> separable(c, SeparableConv1D.of(c.whole("filters"), kernel(c))));
        all.put("separable_conv2d", c -> separable(c, SeparableConv2D.of(c.whole("filters"), kernel(c))));
        all.put("maxpool1d", c -> pool(c, MaxPooling1D.of(c.numbers("pool_size", 2))));
        all.put("maxpool2d", c -> pool(c, MaxPooling2D.of(c.numbers("pool_size", 2))));
        all.put("maxpool3d", c -> pool(c, MaxPooling3D.of(c.numbers("pool_size", 2))));
        all.put("avgpool1d", c -> pool(c, AveragePooling1D.of(c.numbers("pool_size", 2))));
        all.put("avgpool2d", c -> pool(c, AveragePooling2D.of(c.numbers("pool_size", 2))));
        all.put("avgpool3d", c -> pool(c, AveragePooling3D.of(c.numbers("pool_size", 2))));
        for (int axes = 1; axes <= 3; axes++) {
            int count = axes;
            all.put("adaptive_avgpool" + axes + "d", c -> AdaptivePooling.average(places(c, count)));
            all.put("adaptive_maxpool" + axes + "d", c -> AdaptivePooling.max(places(c, count)));
        }
        var checks = new HashMap<String, Check>();
        all.forEach((group, layer) -> checks.put(group, c -> LayerCase.of(c).compare(formatted(c, layer.apply(c)))));
        checks.put("globalpool", c -> {
            var layer = formatted(c, global(c));
            var mask = RecurrentChecks.mask(c);
            LayerCase.of(c).compare((s, x) -> layer.apply(s, RecurrentChecks.counted(s, x, 0, mask)));
        });
        return checks;
    }

    /// A layer over what the case's format puts the channels of in front, or last, which is the default.
    static Layer formatted(Case c, Layer layer) {
        return switch (c.text("data_format", "channels_last")) {
            case "channels_last" -> layer;
            case "channels_first" -> ChannelsFirst.of(layer);
            default -> throw new Unsupported("data_format " + c.value("data_format") + " is not known.");
        };
    }

    private static long[] places(Case c, int axes) {
        var size = c.numbers("output_size");
        return size.length == axes ? size : LongStream.generate(() -> size[0]).limit(axes).toArray();
    }

    private static long[] kernel(Case c) {
        return c.numbers("kernel_size");
    }

    private static Padding padding(Case c) {
        return c.named(c.text("padding", "valid"), Padding::of);
    }

    private static Layer conv(Case c, ConvND layer) {
        return layer.withStrides(c.numbers("strides", 1)).withDilation(c.numbers("dilation_rate", 1)).withPadding(padding(c))
                .withGroups(c.whole("groups", 1)).withActivation(c.activation("activation", "linear")).withBias(c.flag("use_bias", true));
    }

    private static Layer transposed(Case c, ConvTransposeND layer) {
        var made = layer.withStrides(c.numbers("strides", 1)).withDilation(c.numbers("dilation_rate", 1)).withPadding(padding(c))
                .withActivation(c.activation("activation", "linear")).withBias(c.flag("use_bias", true));
        return c.value("output_padding") == null ? made : made.withOutputPadding(c.numbers("output_padding"));
    }

    private static Layer depthwise(Case c, DepthwiseConvND layer) {
        return layer.withMultiplier(c.whole("depth_multiplier", 1)).withStrides(c.numbers("strides", 1)).withDilation(c.numbers("dilation_rate", 1))
                .withPadding(padding(c)).withActivation(c.activation("activation", "linear")).withBias(c.flag("use_bias", true));
    }

    private static Layer separable(Case c, SeparableConvND layer) {
        return layer.withMultiplier(c.whole("depth_multiplier", 1)).withStrides(c.numbers("strides", 1)).withDilation(c.numbers("dilation_rate", 1))
                .withPadding(padding(c)).withActivation(c.activation("activation", "linear")).withBias(c.flag("use_bias", true));
    }

    private static Layer pool(Case c, PoolND layer) {
        var padded = layer.withPadding(padding(c));
        return c.value("strides") == null ? padded : padded.withStrides(c.numbers("strides"));
    }

    /// By its name, such as `avg2d`.
    private static Layer global(Case c) {
        var name = GLOBAL.matcher(c.name());
        if (!name.matches()) throw new Unsupported("there is no global pooling \"" + c.name() + "\".");
        var kind = name.group(1).equals("avg") ? PoolND.Kind.AVERAGE : PoolND.Kind.MAX;
        return new GlobalPoolND(kind, Integer.parseInt(name.group(2)), c.flag("keepdims", false));
    }
}
