package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.AdaptivePooling;
import dev.caviar.nn.layer.Attention;
import dev.caviar.nn.layer.AveragePooling1D;
import dev.caviar.nn.layer.AveragePooling2D;
import dev.caviar.nn.layer.AveragePooling3D;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Bidirectional;
import dev.caviar.nn.layer.Bound;
import dev.caviar.nn.layer.ChannelsFirst;
import dev.caviar.nn.layer.Concatenate;
import dev.caviar.nn.layer.Conv1D;
import dev.caviar.nn.layer.Conv1DTranspose;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Conv2DTranspose;
import dev.caviar.nn.layer.Conv3D;
import dev.caviar.nn.layer.Conv3DTranspose;
import dev.caviar.nn.layer.Cropping1D;
import dev.caviar.nn.layer.Cropping2D;
import dev.caviar.nn.layer.Cropping3D;
import dev.caviar.nn.layer.ConvLSTM;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.DepthwiseConv1D;
import dev.caviar.nn.layer.DepthwiseConv2D;
import dev.caviar.nn.layer.Dot;
import dev.caviar.nn.layer.EinsumDense;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.GLU;
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
import dev.caviar.nn.layer.LayerException;
import dev.caviar.nn.layer.LayerNorm;
import dev.caviar.nn.layer.Masking;
import dev.caviar.nn.layer.MaxPooling1D;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.MaxPooling3D;
import dev.caviar.nn.layer.Merge;
import dev.caviar.nn.layer.MultiHeadAttention;
import dev.caviar.nn.layer.Needs;
import dev.caviar.nn.layer.PReLU;
import dev.caviar.nn.layer.Permute;
import dev.caviar.nn.layer.PositionalEncoding;
import dev.caviar.nn.layer.RMSNorm;
import dev.caviar.nn.layer.RandomBrightness;
import dev.caviar.nn.layer.RandomContrast;
import dev.caviar.nn.layer.RandomCrop;
import dev.caviar.nn.layer.RandomFlip;
import dev.caviar.nn.layer.RandomRotation;
import dev.caviar.nn.layer.RandomTranslation;
import dev.caviar.nn.layer.RandomZoom;
import dev.caviar.nn.layer.RepeatVector;
import dev.caviar.nn.layer.Reshape;
import dev.caviar.nn.layer.Resizing;
import dev.caviar.nn.layer.SeparableConv1D;
import dev.caviar.nn.layer.SeparableConv2D;
import dev.caviar.nn.layer.SimpleRNN;
import dev.caviar.nn.layer.Softmax;
import dev.caviar.nn.layer.Sparsemax;
import dev.caviar.nn.layer.SpatialDropout1D;
import dev.caviar.nn.layer.SpatialDropout2D;
import dev.caviar.nn.layer.SpatialDropout3D;
import dev.caviar.nn.layer.TimeDistributed;
import dev.caviar.nn.layer.UnitNorm;
import dev.caviar.nn.layer.UpSampling1D;
import dev.caviar.nn.layer.UpSampling2D;
import dev.caviar.nn.layer.UpSampling3D;
import dev.caviar.nn.layer.ZeroPadding1D;
import dev.caviar.nn.layer.ZeroPadding2D;
import dev.caviar.nn.layer.ZeroPadding3D;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every kind of layer refuses what does not fit it, by name: the layer, where it is, what came, what it expected, and advice.
class ShapesThatDoNotFitTest {
    /// Those that take examples of any shape.
    private static final Set<String> UNDEMANDING = Set.of("flatten", "dropout", "gaussian_noise", "gaussian_dropout", "alpha_dropout", "rescaling", "relu",
            "leaky_relu", "elu", "embedding", "shrink", "threshold", "squareplus");
    /// There is one of each of the others but for these, which nobody can make.
    private static final Set<String> NOT_THERE = Set.of("depthwise_conv3d", "separable_conv3d");

    /// A layer, batches that it takes, and others that it does not take once it has seen the former.
    ///
    /// @param says a part of what it says
    private record Case(Layer layer, String says, Shape[] good, Shape... bad) {
        @Override
        public String toString() {
            return layer + " on " + Stream.of(bad).map(Shape::toString).collect(Collectors.joining(", "));
        }
    }

    private static Case of(Layer layer, String says, Shape good, Shape bad) {
        return new Case(layer, says, new Shape[] {good}, bad);
    }

    private static Stream<Case> convolution(Layer layer, int axes, String kernel) {
        return Stream.of(of(layer, kernel, images(axes, 2), images(axes, 3)), spatial(layer, axes));
    }

    private static Case spatial(Layer layer, int axes) {
        return of(layer, "the input needs " + axes + " spatial ax", images(axes, 2), images(axes - 1, 2));
    }

    /// `[2, 6, …, channels]`.
    private static Shape images(int axes, long channels) {
        var shape = Shape.of(2, channels);
        for (int i = 0; i < axes; i++) {
            shape = shape.insert(1, 6);
        }
        return shape;
    }

    static Stream<Case> cases() {
        return Stream.of(
                Stream.of(of(Dense.of(4), "kernel is [5, 4] but the input needs [6, 4]", Shape.of(2, 5), Shape.of(2, 6)),
                        of(Dense.of(4), "it takes [examples, …, features]", Shape.of(2, 5), Shape.of(2))),
                convolution(Conv1D.of(4, 3), 1, "kernel is [3, 2, 4] but the input needs [3, 3, 4]"),
                convolution(Conv2D.of(4, 3), 2, "kernel is [3, 3, 2, 4] but"), convolution(Conv3D.of(4, 3), 3, "kernel is [3, 3, 3, 2, 4] but"),
                Stream.of(of(Conv2D.of(4, 3).withGroups(2), "3 channels of the input cannot be divided into 2 groups", images(2, 2), images(2, 3)),
                        of(Conv1D.of(4, 3), "the kernel does not fit spatial axis 0", images(1, 2), Shape.of(2, 2, 2))),
                convolution(Conv1DTranspose.of(4, 3), 1, "kernel is [3, 4, 2] but"), convolution(Conv2DTranspose.of(4, 3), 2, "kernel is"),
                convolution(Conv3DTranspose.of(4, 3), 3, "kernel is"), convolution(DepthwiseConv1D.of(3), 1, "kernel is"),
                convolution(DepthwiseConv2D.of(3), 2, "kernel is"), convolution(SeparableConv1D.of(4, 3), 1, "depthwise_kernel is"),
                convolution(SeparableConv2D.of(4, 3), 2, "depthwise_kernel is"), overPlaces(), images(), sequences(), norms(), merges(),
                Stream.of(of(Reshape.of(3, 2), "7 elements", Shape.of(1, 6), Shape.of(1, 7)),
                        of(Reshape.of(3, -1), "cannot be divided by 3", Shape.of(1, 6), Shape.of(1, 7)),
                        of(Permute.of(2, 1), "the input has 3 axes behind the examples', the order names 2", Shape.of(2, 3, 4), Shape.of(2, 3, 4, 5)),
                        of(RepeatVector.of(3), "the input must be [examples, features]", Shape.of(2, 4), Shape.of(2, 4, 5)),
                        of(PReLU.of(), "alpha is [4] but the input needs [5]", Shape.of(2, 4), Shape.of(2, 5)),
                        of(EinsumDense.of("ab,bc->ac", 3), "kernel is [4, 3] but the input needs [5, 3]", Shape.of(2, 4), Shape.of(2, 5)),
                        of(ConvLSTM.of(2, 3, 3), "it takes [examples, steps, 2 spatial axes, channels]", images(3, 2), images(2, 2)),
                        of(GLU.of(), "has no halves", Shape.of(2, 4), Shape.of(2, 5)),
                        of(Sparsemax.of(2), "along axis 2, the input is [2, 4]", Shape.of(2, 4, 3), Shape.of(2, 4)),
                        of(AdaptivePooling.average(2, 3), "the input needs 2 spatial axes", images(2, 2), images(1, 2)),
                        of(ChannelsFirst.of(Flatten.of()), "it takes [examples, channels, …]", images(2, 2), Shape.of(2)),
                        of(Softmax.of(2), "along axis 2, the input is [2, 4]", Shape.of(2, 4, 3), Shape.of(2, 4)))).flatMap(s -> s);
    }

    private static Stream<Case> overPlaces() {
        return Stream.of(Stream.of(MaxPooling1D.of(2), AveragePooling1D.of(2), GlobalMaxPooling1D.of(), GlobalAveragePooling1D.of(), ZeroPadding1D.of(1),
                        Cropping1D.of(1), UpSampling1D.of(2), SpatialDropout1D.of(0.2)).map(layer -> spatial(layer, 1)),
                Stream.of(MaxPooling2D.of(2), AveragePooling2D.of(2), GlobalMaxPooling2D.of(), GlobalAveragePooling2D.of(), ZeroPadding2D.of(1),
                        Cropping2D.of(1), UpSampling2D.of(2), SpatialDropout2D.of(0.2)).map(layer -> spatial(layer, 2)),
                Stream.of(MaxPooling3D.of(2), AveragePooling3D.of(2), GlobalMaxPooling3D.of(), GlobalAveragePooling3D.of(), ZeroPadding3D.of(1),
                        Cropping3D.of(1), UpSampling3D.of(2), SpatialDropout3D.of(0.2)).map(layer -> spatial(layer, 3)),
                Stream.of(of(MaxPooling1D.of(7), "the window does not fit spatial axis 0", images(1, 2).with(1, 9), images(1, 2)),
                        of(Cropping1D.of(3), "nothing is left of spatial axis 0", images(1, 2).with(1, 9), images(1, 2)))).flatMap(s -> s);
    }

    private static Stream<Case> images() {
        return Stream.concat(Stream.of(RandomFlip.of(true, true), RandomTranslation.of(0.1, 0.1), RandomRotation.of(0.1), RandomZoom.of(0.1), RandomCrop.of(4, 4),
                        RandomBrightness.of(0.1), RandomContrast.of(0.1), Resizing.of(4, 4))
                .map(layer -> of(layer, "the input is [2, 6], but images are [n, h, w] or [n, h, w, channels]", images(2, 1), Shape.of(2, 6))),
                Stream.of(of(RandomCrop.of(4, 4), "4 × 4 pixels cannot be cut out of [2, 3, 6, 1]", images(2, 1), Shape.of(2, 3, 6, 1))));
    }

    private static Stream<Case> sequences() {
        return Stream.concat(Stream.of(SimpleRNN.of(3), LSTM.of(3), GRU.of(3), Bidirectional.of(GRU.of(3)))
                .flatMap(layer -> Stream.of(of(layer, "kernel is [2, ", Shape.of(2, 5, 2), Shape.of(2, 5, 3)),
                        of(layer, "it takes [examples, steps, features]", Shape.of(2, 5, 2), Shape.of(2, 5)))),
                Stream.of(of(TimeDistributed.of(Dense.of(3)), "it takes [examples, steps, …]", Shape.of(2, 5, 2), Shape.of(2)),
                        of(PositionalEncoding.of(), "it takes [examples, steps, features]", Shape.of(2, 5, 2), Shape.of(2, 5)),
                        of(Masking.of(0), "it takes [examples, steps, features]", Shape.of(2, 5, 2), Shape.of(2, 5)),
                        of(MultiHeadAttention.of(2, 4), "kernel is [8, 2, 4] but the input needs [9, 2, 4]", Shape.of(2, 5, 8), Shape.of(2, 5, 9)),
                        new Case(Attention.of(Attention.Score.DOT), "it takes query [examples, t, d]",
                                new Shape[] {Shape.of(2, 5, 4), Shape.of(2, 3, 4)}, Shape.of(2, 5, 4), Shape.of(2, 3, 5)),
                        of(MultiHeadAttention.of(2, 4), "it takes query [examples, t, …]", Shape.of(2, 5, 8), Shape.of(2, 5))));
    }

    private static Stream<Case> norms() {
        return Stream.of(of(BatchNorm.of(), "is [4] but the input needs [5]", Shape.of(2, 4), Shape.of(2, 5)),
                of(BatchNorm.of(), "an axis of examples and one of units", Shape.of(2, 4), Shape.of(2)),
                of(BatchNorm.of().withAxis(2), "along axis 2", Shape.of(2, 4, 4), Shape.of(2, 4)),
                of(LayerNorm.of(), "is [4] but the input needs [5]", Shape.of(2, 4), Shape.of(2, 5)),
                of(GroupNorm.of(2), "gamma is [4] but the input needs [6]", Shape.of(2, 4), Shape.of(2, 6)),
                of(GroupNorm.of(2), "5 channels cannot be cut into 2 equal groups", Shape.of(2, 4), Shape.of(2, 5)),
                of(UnitNorm.of(2), "along axis 2, the input is [2, 4]", Shape.of(2, 4, 4), Shape.of(2, 4)),
                of(RMSNorm.of(), "scale is [4] but the input needs [5]", Shape.of(2, 4), Shape.of(2, 5)));
    }

    private static Stream<Case> merges() {
        var two = new Shape[] {Shape.of(2, 4), Shape.of(2, 4)};
        return Stream.concat(Stream.of(Merge.values()).map(merge -> new Case(merge, "f32[2, 5]", two, Shape.of(2, 4), Shape.of(2, 5))), Stream.of(
                new Case(Merge.ADD, "it takes two inputs or more, there is 1", two, Shape.of(2, 4)),
                new Case(Concatenate.of(), "concat", two, Shape.of(2, 4), Shape.of(3, 5)),
                new Case(Concatenate.of(2), "axis 2 is not one behind the examples' of [2, 4]", new Shape[] {Shape.of(2, 4, 1)}, Shape.of(2, 4)),
                new Case(Dot.of(1), "axis 1 of the first has length 4, axis 1 of the second 5", two, Shape.of(2, 4), Shape.of(2, 5))));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void areRefusedWithNameExpectedActualAndAdvice(Case one) {
        Layer around = (s, x) -> s.call("part", one.layer(), x);
        var weights = Needs.of(around, DType.F32, types(one.good())).initial(1);
        apply(around, weights, one.good());
        assertThatThrownBy(() -> apply(around, weights, one.bad())).isInstanceOf(LayerException.class)
                .hasMessageContaining(one.layer() instanceof Bidirectional b && one.bad()[0].rank() > 1 ? b.forward().toString() : one.layer().toString())
                .hasMessageContaining(" in \"part").hasMessageContaining("(input " + one.bad()[0]).hasMessageContaining(one.says()).hasMessageContaining("\nMaybe ");
    }

    private static Type[] types(Shape... shapes) {
        return Stream.of(shapes).map(shape -> new Type(DType.F32, shape)).toArray(Type[]::new);
    }

    private static void apply(Layer layer, java.util.Map<String, Tensor> weights, Shape... shapes) {
        layer.apply(Bound.of(weights, Random.key(1), true), Stream.of(types(shapes)).map(type -> Tensor.full(1, type)).toArray(Tensor[]::new));
    }

    @Test
    void noKindOfLayerIsForgotten() {
        var tried = cases().map(one -> one.layer().kind()).collect(Collectors.toCollection(TreeSet::new));
        tried.addAll(UNDEMANDING);
        tried.addAll(NOT_THERE);
        assertThat(LayerJson.kinds()).isSubsetOf(tried);
    }

    /// A model that is one layer has no path to name.
    @Test
    void aModelOfOneLayerNamesIt() {
        assertThatThrownBy(() -> Model.of(LSTM.of(3)).build(5)).isInstanceOf(LayerException.class)
                .hasMessageStartingWith("LSTM(3) (input [1, 5]): it takes [examples, steps, features]").hasMessageContaining("\nMaybe ");
    }
}
