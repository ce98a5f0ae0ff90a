package dev.caviar.app.check;

import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.AveragePooling1D;
import dev.caviar.nn.layer.AveragePooling2D;
import dev.caviar.nn.layer.AveragePooling3D;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Bidirectional;
import dev.caviar.nn.layer.Conv1D;
import dev.caviar.nn.layer.Conv1DTranspose;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Conv2DTranspose;
import dev.caviar.nn.layer.Conv3D;
import dev.caviar.nn.layer.Conv3DTranspose;
import dev.caviar.nn.layer.ConvND;
import dev.caviar.nn.layer.ConvTransposeND;
import dev.caviar.nn.layer.Cropping1D;
import dev.caviar.nn.layer.Cropping2D;
import dev.caviar.nn.layer.Cropping3D;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.DepthwiseConv1D;
import dev.caviar.nn.layer.DepthwiseConv2D;
import dev.caviar.nn.layer.DepthwiseConvND;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.ELU;
import dev.caviar.nn.layer.Embedding;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.GRU;
import dev.caviar.nn.layer.GlobalAveragePooling1D;
import dev.caviar.nn.layer.GlobalAveragePooling2D;
import dev.caviar.nn.layer.GlobalAveragePooling3D;
import dev.caviar.nn.layer.GlobalMaxPooling1D;
import dev.caviar.nn.layer.GlobalMaxPooling2D;
import dev.caviar.nn.layer.GlobalMaxPooling3D;
import dev.caviar.nn.layer.GroupNorm;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.LayerNorm;
import dev.caviar.nn.layer.LeakyReLU;
import dev.caviar.nn.layer.Masking;
import dev.caviar.nn.layer.MaxPooling1D;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.MaxPooling3D;
import dev.caviar.nn.layer.Merge;
import dev.caviar.nn.layer.PReLU;
import dev.caviar.nn.layer.Padding;
import dev.caviar.nn.layer.Permute;
import dev.caviar.nn.layer.PoolND;
import dev.caviar.nn.layer.RMSNorm;
import dev.caviar.nn.layer.ReLU;
import dev.caviar.nn.layer.Recurrent;
import dev.caviar.nn.layer.RepeatVector;
import dev.caviar.nn.layer.Rescaling;
import dev.caviar.nn.layer.Reshape;
import dev.caviar.nn.layer.SeparableConv1D;
import dev.caviar.nn.layer.SeparableConv2D;
import dev.caviar.nn.layer.SeparableConvND;
import dev.caviar.nn.layer.SimpleRNN;
import dev.caviar.nn.layer.Softmax;
import dev.caviar.nn.layer.UnitNorm;
import dev.caviar.nn.layer.UpSampling1D;
import dev.caviar.nn.layer.UpSampling2D;
import dev.caviar.nn.layer.UpSampling3D;
import dev.caviar.nn.layer.UpSamplingND;
import dev.caviar.nn.layer.ZeroPadding1D;
import dev.caviar.nn.layer.ZeroPadding2D;
import dev.caviar.nn.layer.ZeroPadding3D;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/// The layers of a model as its settings write them, each with Keras's names.
final class ModelLayers {
    private ModelLayers() {}

    static Layer layer(Spec spec, Case c) {
        var kind = spec.kind().replaceFirst("^Avg", "Average").replaceFirst("^GlobalAvg", "GlobalAverage").replaceFirst("Pool(?=[123]D)", "Pooling")
                .replaceFirst("Normalization$", "Norm");
        return switch (kind) {
            case "Dense" -> Dense.of(spec.whole(0)).withActivation(activation(spec)).withBias(spec.flag("use_bias", true));
            case "Conv1D" -> conv(spec, Conv1D.of(spec.whole(0), spec.numbers(1)));
            case "Conv2D" -> conv(spec, Conv2D.of(spec.whole(0), spec.numbers(1)));
            case "Conv3D" -> conv(spec, Conv3D.of(spec.whole(0), spec.numbers(1)));
            case "Conv1DTranspose" -> transposed(spec, Conv1DTranspose.of(spec.whole(0), spec.numbers(1)));
            case "Conv2DTranspose" -> transposed(spec, Conv2DTranspose.of(spec.whole(0), spec.numbers(1)));
            case "Conv3DTranspose" -> transposed(spec, Conv3DTranspose.of(spec.whole(0), spec.numbers(1)));
            case "DepthwiseConv1D" -> depthwise(spec, DepthwiseConv1D.of(spec.numbers(0)));
            case "DepthwiseConv2D" -> depthwise(spec, DepthwiseConv2D.of(spec.numbers(0)));
            case "SeparableConv1D" -> separable(spec, SeparableConv1D.of(spec.whole(0), spec.numbers(1)));
            case "SeparableConv2D" -> separable(spec, SeparableConv2D.of(spec.whole(0), spec.numbers(1)));
            case "LayerNorm", "GroupNorm", "RMSNorm", "BatchNorm", "UnitNorm" -> norm(spec, kind);
            case "MaxPooling1D" -> pool(spec, MaxPooling1D.of(spec.numbers(0, 2)));
            case "MaxPooling2D" -> pool(spec, MaxPooling2D.of(spec.numbers(0, 2)));
            case "MaxPooling3D" -> pool(spec, MaxPooling3D.of(spec.numbers(0, 2)));
            case "AveragePooling1D" -> pool(spec, AveragePooling1D.of(spec.numbers(0, 2)));
            case "AveragePooling2D" -> pool(spec, AveragePooling2D.of(spec.numbers(0, 2)));
            case "AveragePooling3D" -> pool(spec, AveragePooling3D.of(spec.numbers(0, 2)));
            case "GlobalAveragePooling1D" -> GlobalAveragePooling1D.of();
            case "GlobalAveragePooling2D" -> GlobalAveragePooling2D.of();
            case "GlobalAveragePooling3D" -> GlobalAveragePooling3D.of();
            case "GlobalMaxPooling1D" -> GlobalMaxPooling1D.of();
            case "GlobalMaxPooling2D" -> GlobalMaxPooling2D.of();
            case "GlobalMaxPooling3D" -> GlobalMaxPooling3D.of();
            case "Embedding" -> Embedding.of(spec.whole(0), spec.whole(1)).withMaskZero(spec.flag("mask_zero", false));
            case "SimpleRNN", "LSTM", "GRU" -> recurrent(spec);
            case "Bidirectional" -> Bidirectional.of(ModelChecks.read(spec.text(0, ""), ModelLayers::recurrent)).withMerge(c.named(
                    spec.named("merge_mode", spec.named("merge", "concat")), name -> Bidirectional.Merge.valueOf(name.toUpperCase(Locale.ROOT))));
            case "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianDropout", "GaussianNoise", "AlphaDropout" -> {
                // What is dropped is drawn by each library's own generator.
                if (spec.number(0, spec.number("rate", spec.number("stddev", 0))) != 0) throw new Unsupported("a dropout draws numbers of its own.");
                yield Dropout.of(0);
            }
            default -> shape(spec, kind, c);
        };
    }

    private static Layer shape(Spec spec, String kind, Case c) {
        return switch (kind) {
            case "Flatten" -> Flatten.of();
            case "Reshape" -> Reshape.of(sizes(spec));
            case "Permute" -> Permute.of(sizes(spec));
            case "RepeatVector" -> RepeatVector.of(spec.whole(0));
            case "Rescaling" -> new Rescaling(spec.number(0, spec.number("scale", 1)), spec.number(1, spec.number("offset", 0)));
            case "ZeroPadding1D" -> ZeroPadding1D.of(spec.numbers(0, 1));
            case "ZeroPadding2D" -> ZeroPadding2D.of(spec.numbers(0, 1));
            case "ZeroPadding3D" -> ZeroPadding3D.of(spec.numbers(0, 1));
            case "Cropping1D" -> Cropping1D.of(spec.numbers(0, 1));
            case "Cropping2D" -> Cropping2D.of(spec.numbers(0, 1));
            case "Cropping3D" -> Cropping3D.of(spec.numbers(0, 1));
            case "UpSampling1D" -> UpSampling1D.of(spec.numbers(0, 2));
            case "UpSampling2D" -> UpSampling2D.of(spec.numbers(0, 2)).withInterpolation(c.named(spec.named("interpolation", "nearest"),
                    UpSamplingND.Interpolation::of));
            case "UpSampling3D" -> UpSampling3D.of(spec.numbers(0, 2));
            case "Masking" -> Masking.of(spec.number(0, spec.number("mask_value", 0)));
            case "Identity" -> Activation.LINEAR;
            case "Activation" -> c.named(spec.text(0, ""), Activation::of);
            case "LeakyReLU" -> LeakyReLU.of(spec.number(0, spec.number("negative_slope", 0.3)));
            case "ELU" -> ELU.of(spec.number(0, spec.number("alpha", 1)));
            case "PReLU" -> PReLU.of().withSharedAxes(spec.numbers("shared_axes"));
            case "Softmax" -> Softmax.of(spec.numbers("axis", -1));
            case "ReLU" -> {
                double most = spec.number(0, spec.number("max_value", -1));
                var layer = ReLU.of().withNegativeSlope(spec.number("negative_slope", 0)).withThreshold(spec.number("threshold", 0));
                yield most < 0 ? layer : layer.withMaxValue(most);
            }
            default -> c.named(spec.kind(), Activation::of);
        };
    }

    /// Several numbers, in brackets or not.
    private static long[] sizes(Spec spec) {
        return IntStream.range(0, spec.count()).boxed().flatMapToLong(i -> Arrays.stream(spec.numbers(i))).toArray();
    }

    private static Layer norm(Spec spec, String kind) {
        return switch (kind) {
            case "LayerNorm" -> LayerNorm.of(spec.numbers("axis", -1)).withEpsilon(ModelChecks.epsilon(spec, 1e-3)).withCenter(spec.flag("center", true))
                    .withScale(spec.flag("scale", true));
            case "GroupNorm" -> GroupNorm.of(spec.whole(0, (int) spec.number("groups", 32))).withEpsilon(ModelChecks.epsilon(spec, 1e-3));
            case "RMSNorm" -> RMSNorm.of().withEpsilon(ModelChecks.epsilon(spec, 1e-6));
            case "UnitNorm" -> UnitNorm.of();
            default -> BatchNorm.of().withMomentum(spec.number("momentum", 0.99)).withEpsilon(ModelChecks.epsilon(spec, 1e-3))
                    .withCenter(spec.flag("center", true)).withScale(spec.flag("scale", true)).withAxis((int) spec.number("axis", -1));
        };
    }

    private static Recurrent recurrent(Spec spec) {
        var bias = spec.flag("use_bias", true);
        var activation = activation(spec, "tanh");
        var gate = ModelChecks.named(spec.named("recurrent_activation", "sigmoid"), Activation::of);
        Recurrent layer = switch (spec.kind()) {
            case "SimpleRNN" -> SimpleRNN.of(spec.whole(0)).withBias(bias).withActivation(activation);
            case "LSTM" -> LSTM.of(spec.whole(0)).withBias(bias).withActivation(activation).withRecurrentActivation(gate);
            case "GRU" -> GRU.of(spec.whole(0)).withBias(bias).withActivation(activation).withRecurrentActivation(gate)
                    .withResetAfter(spec.flag("reset_after", true));
            default -> throw new Unsupported("there is no recurrent layer \"" + spec.kind() + "\" here.");
        };
        return layer.withReturnSequences(spec.flag("return_sequences", spec.says("seq"))).withGoBackwards(spec.flag("go_backwards", false));
    }

    private static Layer conv(Spec spec, ConvND layer) {
        return layer.withStrides(spec.numbers("strides", 1)).withDilation(spec.numbers("dilation_rate", 1)).withPadding(padding(spec))
                .withGroups((int) spec.number("groups", 1)).withActivation(activation(spec)).withBias(spec.flag("use_bias", true));
    }

    private static Layer transposed(Spec spec, ConvTransposeND layer) {
        return layer.withStrides(spec.numbers("strides", 1)).withPadding(padding(spec)).withActivation(activation(spec)).withBias(spec.flag("use_bias", true));
    }

    private static Layer depthwise(Spec spec, DepthwiseConvND layer) {
        return layer.withStrides(spec.numbers("strides", 1)).withPadding(padding(spec)).withActivation(activation(spec)).withBias(spec.flag("use_bias", true))
                .withMultiplier((int) spec.number("depth_multiplier", 1));
    }

    private static Layer separable(Spec spec, SeparableConvND layer) {
        return layer.withStrides(spec.numbers("strides", 1)).withPadding(padding(spec)).withActivation(activation(spec)).withBias(spec.flag("use_bias", true))
                .withMultiplier((int) spec.number("depth_multiplier", 1));
    }

    private static Layer pool(Spec spec, PoolND layer) {
        var padded = layer.withPadding(padding(spec));
        var strides = spec.numbers("strides");
        return strides.length == 0 ? padded : padded.withStrides(strides);
    }

    private static Padding padding(Spec spec) {
        return spec.says("same") ? Padding.SAME : spec.says("causal") ? Padding.CAUSAL
                : spec.says("valid") ? Padding.VALID : ModelChecks.named(spec.named("padding", "valid"), Padding::of);
    }

    private static Activation activation(Spec spec) {
        return activation(spec, "linear");
    }

    /// The one that stands among the arguments.
    private static Activation activation(Spec spec, String otherwise) {
        for (var one : Activation.values()) {
            if (spec.says(one.kind())) return one;
        }
        return ModelChecks.named(spec.named("activation", otherwise), Activation::of);
    }
}
