package dev.caviar.bench;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.layer.*;
import java.util.List;
import java.util.stream.Stream;

/// The layers that are measured, with the shapes of their inputs. The peer's program has one of the same name for each.
final class LayerCases {
    private static final Shape ROWS = Shape.of(64, 256);
    private static final Shape SEQUENCES = Shape.of(64, 32, 64);
    private static final Shape SIGNALS = Shape.of(64, 128, 64);
    private static final Shape IMAGES = Shape.of(64, 32, 32, 32);
    private static final Shape VOLUMES = Shape.of(16, 8, 16, 16, 16);
    /// How many words there are.
    private static final long WORDS = 10_000;

    /// A layer, and the types of what it takes; whole numbers are below `words`.
    record LayerCase(String name, Layer layer, List<Type> inputs, long words) {}

    private LayerCases() {}

    private static LayerCase of(String name, Layer layer, Shape... inputs) {
        return new LayerCase(name, layer, Stream.of(inputs).map(shape -> new Type(DType.F32, shape)).toList(), 0);
    }

    private static LayerCase activation(String name, Shape input) {
        return of(name, Activation.of(name), input);
    }

    static List<LayerCase> all() {
        return Stream.of(products(), convolutions(), pooling(), sequences(), normalisation(), noise(), shapes(), activations()).flatMap(s -> s).toList();
    }

    private static Stream<LayerCase> products() {
        return Stream.of(
                of("dense", Dense.of(256), ROWS),
                of("dense_relu", Dense.of(256, "relu"), ROWS),
                of("time_distributed", TimeDistributed.of(Dense.of(64)), SEQUENCES),
                new LayerCase("embedding", Embedding.of((int) WORDS, 64), List.of(Type.of(DType.I64, 64, 32)), WORDS),
                of("multi_head_attention", MultiHeadAttention.of(8, 8), SEQUENCES),
                of("dot", Dot.of(1), ROWS, ROWS));
    }

    private static Stream<LayerCase> convolutions() {
        return Stream.of(
                of("conv1d", Conv1D.of(64, 3).withPadding("same"), SIGNALS),
                of("conv1d_strided", Conv1D.of(64, 3).withPadding("same").withStrides(2), SIGNALS),
                of("conv1d_dilated", Conv1D.of(64, 3).withPadding("same").withDilation(2), SIGNALS),
                of("conv1d_grouped", Conv1D.of(64, 3).withPadding("same").withGroups(4), SIGNALS),
                of("conv1d_causal", Conv1D.of(64, 3).withPadding("causal"), SIGNALS),
                of("conv2d", Conv2D.of(32, 3).withPadding("same"), IMAGES),
                of("conv2d_strided", Conv2D.of(32, 3).withStrides(2), IMAGES),
                of("conv2d_dilated", Conv2D.of(32, 3).withPadding("same").withDilation(2), IMAGES),
                of("conv2d_grouped", Conv2D.of(32, 3).withPadding("same").withGroups(4), IMAGES),
                of("conv3d", Conv3D.of(16, 3).withPadding("same"), VOLUMES),
                of("conv3d_strided", Conv3D.of(16, 3).withStrides(2), VOLUMES),
                of("conv1d_transpose", Conv1DTranspose.of(64, 3).withStrides(2).withPadding("same"), SEQUENCES),
                of("conv2d_transpose", Conv2DTranspose.of(32, 3).withStrides(2).withPadding("same"), Shape.of(64, 16, 16, 32)),
                of("conv3d_transpose", Conv3DTranspose.of(16, 3).withStrides(2).withPadding("same"), Shape.of(16, 4, 8, 8, 16)),
                of("depthwise_conv1d", DepthwiseConv1D.of(3).withPadding("same"), SIGNALS),
                of("depthwise_conv2d", DepthwiseConv2D.of(3).withPadding("same"), IMAGES),
                of("separable_conv1d", SeparableConv1D.of(64, 3).withPadding("same"), SIGNALS),
                of("separable_conv2d", SeparableConv2D.of(32, 3).withPadding("same"), IMAGES));
    }

    private static Stream<LayerCase> pooling() {
        return Stream.of(
                of("max_pooling1d", MaxPooling1D.of(2), SIGNALS),
                of("max_pooling2d", MaxPooling2D.of(2), IMAGES),
                of("max_pooling2d_overlapping", MaxPooling2D.of(3).withStrides(2), IMAGES),
                of("max_pooling3d", MaxPooling3D.of(2), VOLUMES),
                of("average_pooling1d", AveragePooling1D.of(2), SIGNALS),
                of("average_pooling2d", AveragePooling2D.of(2), IMAGES),
                of("average_pooling3d", AveragePooling3D.of(2), VOLUMES),
                of("global_max_pooling1d", GlobalMaxPooling1D.of(), SIGNALS),
                of("global_max_pooling2d", GlobalMaxPooling2D.of(), IMAGES),
                of("global_average_pooling1d", GlobalAveragePooling1D.of(), SIGNALS),
                of("global_average_pooling2d", GlobalAveragePooling2D.of(), IMAGES));
    }

    private static Stream<LayerCase> sequences() {
        return Stream.of(
                of("simple_rnn", SimpleRNN.of(64).withReturnSequences(true), SEQUENCES),
                of("lstm", LSTM.of(64).withReturnSequences(true), SEQUENCES),
                of("gru", GRU.of(64).withReturnSequences(true), SEQUENCES),
                of("gru_reset_before", GRU.of(64).withResetAfter(false).withReturnSequences(true), SEQUENCES),
                of("bidirectional", Bidirectional.of(LSTM.of(64).withReturnSequences(true)), SEQUENCES));
    }

    private static Stream<LayerCase> normalisation() {
        return Stream.of(
                of("batch_norm", BatchNorm.of(), IMAGES),
                of("batch_norm_rows", BatchNorm.of(), ROWS),
                of("layer_norm", LayerNorm.of(), SEQUENCES),
                of("group_norm", GroupNorm.of(8), IMAGES),
                of("rms_norm", RMSNorm.of(), SEQUENCES));
    }

    private static Stream<LayerCase> noise() {
        return Stream.of(
                of("dropout", Dropout.of(0.5), SEQUENCES),
                of("spatial_dropout1d", SpatialDropout1D.of(0.5), SEQUENCES),
                of("spatial_dropout2d", SpatialDropout2D.of(0.5), IMAGES),
                of("alpha_dropout", AlphaDropout.of(0.5), SEQUENCES),
                of("gaussian_noise", GaussianNoise.of(0.1), SEQUENCES),
                of("gaussian_dropout", GaussianDropout.of(0.5), SEQUENCES));
    }

    private static Stream<LayerCase> shapes() {
        return Stream.of(
                of("flatten", Flatten.of(), IMAGES),
                of("reshape", Reshape.of(64, 32), SEQUENCES),
                of("permute", Permute.of(2, 1), SEQUENCES),
                of("repeat_vector", RepeatVector.of(16), ROWS),
                of("concatenate", Concatenate.of(), SEQUENCES, SEQUENCES),
                of("add", Merge.ADD, SEQUENCES, SEQUENCES),
                of("multiply", Merge.MULTIPLY, SEQUENCES, SEQUENCES),
                of("average", Merge.AVERAGE, SEQUENCES, SEQUENCES),
                of("maximum", Merge.MAXIMUM, SEQUENCES, SEQUENCES),
                of("up_sampling1d", UpSampling1D.of(2), SEQUENCES),
                of("up_sampling2d", UpSampling2D.of(2), Shape.of(64, 16, 16, 32)),
                of("up_sampling2d_bilinear", UpSampling2D.of(2).withInterpolation("bilinear"), Shape.of(64, 16, 16, 32)),
                of("up_sampling3d", UpSampling3D.of(2), Shape.of(16, 4, 8, 8, 16)),
                of("resizing", Resizing.of(24, 24), Shape.of(64, 32, 32, 3)),
                of("zero_padding1d", ZeroPadding1D.of(1), SEQUENCES),
                of("zero_padding2d", ZeroPadding2D.of(1), IMAGES),
                of("zero_padding3d", ZeroPadding3D.of(1), VOLUMES),
                of("cropping1d", Cropping1D.of(1), SEQUENCES),
                of("cropping2d", Cropping2D.of(1), IMAGES),
                of("cropping3d", Cropping3D.of(1), VOLUMES));
    }

    private static Stream<LayerCase> activations() {
        return Stream.concat(
                Stream.of("relu", "leaky_relu", "elu", "selu", "gelu", "gelu_tanh", "silu", "mish", "tanh", "sigmoid", "softplus", "softsign",
                        "hard_sigmoid", "hard_silu", "softmax", "log_softmax").map(name -> activation(name, SEQUENCES)),
                Stream.of(of("prelu", PReLU.of(), SEQUENCES)));
    }
}
