package dev.caviar.app.check;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.AveragePooling1D;
import dev.caviar.nn.layer.AveragePooling2D;
import dev.caviar.nn.layer.AveragePooling3D;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Bidirectional;
import dev.caviar.nn.layer.Conv1D;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Conv2DTranspose;
import dev.caviar.nn.layer.Conv3D;
import dev.caviar.nn.layer.ConvND;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.DepthwiseConv2D;
import dev.caviar.nn.layer.Dropout;
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
import dev.caviar.nn.layer.MaxPooling1D;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.MaxPooling3D;
import dev.caviar.nn.layer.Needs;
import dev.caviar.nn.layer.Padding;
import dev.caviar.nn.layer.PoolND;
import dev.caviar.nn.layer.RMSNorm;
import dev.caviar.nn.layer.Recurrent;
import dev.caviar.nn.layer.SeparableConv2D;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.layer.SimpleRNN;
import dev.caviar.nn.loss.BinaryCrossEntropy;
import dev.caviar.nn.loss.CrossEntropy;
import dev.caviar.nn.loss.Huber;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Adadelta;
import dev.caviar.nn.optim.Adagrad;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Adamax;
import dev.caviar.nn.optim.Clipped;
import dev.caviar.nn.optim.Momentum;
import dev.caviar.nn.optim.Nadam;
import dev.caviar.nn.optim.Optimizer;
import dev.caviar.nn.optim.RmsProp;
import dev.caviar.nn.optim.Sgd;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/// Whole models, trained for some batches by the compiled step: predictions and weights before and after, and every loss.
final class ModelChecks {
    private ModelChecks() {}

    static Map<String, Check> checks() {
        return Map.of("model", ModelChecks::model);
    }

    private static Layer layer(Spec spec, Case c) {
        return switch (spec.kind()) {
            case "Dense" -> Dense.of(spec.whole(0)).withActivation(activation(spec)).withBias(spec.flag("use_bias", true));
            case "Conv1D" -> conv(spec, Conv1D.of(spec.whole(0), spec.whole(1)));
            case "Conv2D" -> conv(spec, Conv2D.of(spec.whole(0), spec.whole(1)));
            case "Conv3D" -> conv(spec, Conv3D.of(spec.whole(0), spec.whole(1)));
            case "Conv2DTranspose" -> Conv2DTranspose.of(spec.whole(0), spec.whole(1)).withStrides((long) spec.number("strides", 1)).withPadding(padding(spec));
            case "DepthwiseConv2D" -> DepthwiseConv2D.of(spec.whole(0)).withPadding(padding(spec));
            case "SeparableConv2D" -> SeparableConv2D.of(spec.whole(0), spec.whole(1)).withPadding(padding(spec));
            case "LayerNorm", "LayerNormalization" -> LayerNorm.of().withEpsilon(epsilon(spec, 1e-3));
            case "GroupNorm", "GroupNormalization" -> GroupNorm.of(spec.whole(0)).withEpsilon(epsilon(spec, 1e-3));
            case "RMSNorm", "RMSNormalization" -> RMSNorm.of().withEpsilon(epsilon(spec, 1e-6));
            case "BatchNorm", "BatchNormalization" -> BatchNorm.of().withMomentum(spec.number("momentum", 0.99)).withEpsilon(epsilon(spec, 1e-3));
            case "MaxPool1D" -> pool(spec, MaxPooling1D.of(spec.whole(0, 2)));
            case "MaxPool2D" -> pool(spec, MaxPooling2D.of(spec.whole(0, 2)));
            case "MaxPool3D" -> pool(spec, MaxPooling3D.of(spec.whole(0, 2)));
            case "AvgPool1D" -> pool(spec, AveragePooling1D.of(spec.whole(0, 2)));
            case "AvgPool2D" -> pool(spec, AveragePooling2D.of(spec.whole(0, 2)));
            case "AvgPool3D" -> pool(spec, AveragePooling3D.of(spec.whole(0, 2)));
            case "GlobalAvgPool1D", "GlobalAveragePooling1D" -> GlobalAveragePooling1D.of();
            case "GlobalAvgPool2D", "GlobalAveragePooling2D" -> GlobalAveragePooling2D.of();
            case "GlobalAvgPool3D", "GlobalAveragePooling3D" -> GlobalAveragePooling3D.of();
            case "GlobalMaxPool1D", "GlobalMaxPooling1D" -> GlobalMaxPooling1D.of();
            case "GlobalMaxPool2D", "GlobalMaxPooling2D" -> GlobalMaxPooling2D.of();
            case "GlobalMaxPool3D", "GlobalMaxPooling3D" -> GlobalMaxPooling3D.of();
            case "Flatten" -> Flatten.of();
            case "Dropout" -> {
                // What is dropped is drawn by each library's own generator.
                if (spec.number(0, spec.number("rate", 0)) != 0) throw new Unsupported("a dropout draws numbers of its own.");
                yield Dropout.of(0);
            }
            case "LeakyReLU" -> LeakyReLU.of(spec.number(0, spec.number("negative_slope", 0.3)));
            case "Activation" -> c.named(spec.text(0, ""), Activation::of);
            case "Embedding" -> Embedding.of(spec.whole(0), spec.whole(1)).withMaskZero(spec.flag("mask_zero", false));
            case "SimpleRNN", "LSTM", "GRU" -> recurrent(spec);
            case "Bidirectional" -> Bidirectional.of(read(spec.text(0, ""), ModelChecks::recurrent)).withMerge(c.named(
                    spec.named("merge_mode", spec.named("merge", "concat")), name -> Bidirectional.Merge.valueOf(name.toUpperCase(Locale.ROOT))));
            default -> c.named(spec.kind(), Activation::of);
        };
    }

    private static Recurrent recurrent(Spec spec) {
        Recurrent layer = switch (spec.kind()) {
            case "SimpleRNN" -> SimpleRNN.of(spec.whole(0));
            case "LSTM" -> LSTM.of(spec.whole(0));
            case "GRU" -> GRU.of(spec.whole(0)).withResetAfter(spec.flag("reset_after", true));
            default -> throw new Unsupported("there is no recurrent layer \"" + spec.kind() + "\" here.");
        };
        return layer.withReturnSequences(spec.flag("return_sequences", spec.says("seq"))).withGoBackwards(spec.flag("go_backwards", false));
    }

    private static Layer conv(Spec spec, ConvND layer) {
        return layer.withStrides((long) spec.number("strides", 1)).withDilation((long) spec.number("dilation_rate", 1)).withPadding(padding(spec))
                .withGroups((int) spec.number("groups", 1)).withActivation(activation(spec)).withBias(spec.flag("use_bias", true));
    }

    private static Layer pool(Spec spec, PoolND layer) {
        var padded = layer.withPadding(padding(spec));
        long strides = (long) spec.number("strides", 0);
        return strides == 0 ? padded : padded.withStrides(strides);
    }

    private static double epsilon(Spec spec, double otherwise) {
        return spec.number("eps", spec.number("epsilon", otherwise));
    }

    private static Padding padding(Spec spec) {
        return spec.says("same") ? Padding.SAME : spec.says("causal") ? Padding.CAUSAL : Padding.VALID;
    }

    /// The one that stands among the arguments.
    private static Activation activation(Spec spec) {
        for (var one : Activation.values()) {
            if (spec.says(one.kind())) return one;
        }
        return named(spec.named("activation", "linear"), Activation::of);
    }

    private static Loss loss(Spec spec) {
        var logits = spec.says("from_logits") || spec.flag("from_logits", false);
        double smoothing = spec.number("label_smoothing", 0);
        return switch (spec.kind()) {
            case "CategoricalCrossentropy" -> new CrossEntropy(logits, CrossEntropy.Labels.ROWS, smoothing);
            case "SparseCategoricalCrossentropy" -> new CrossEntropy(logits, CrossEntropy.Labels.CLASSES, 0);
            case "BinaryCrossentropy" -> new BinaryCrossEntropy(logits, smoothing);
            case "Huber" -> new Huber(spec.number("delta", spec.number(0, 1)));
            default -> named(spec, Loss::of);
        };
    }

    private static Optimizer optimizer(Spec spec) {
        double decay = spec.number("weight_decay", spec.kind().equals("AdamW") ? 0.004 : 0);
        var optimizer = plain(spec).withRate(spec.number(0, spec.number("learning_rate", 0.001)));
        return clipped(spec, decay > 0 ? optimizer.withDecay(decay) : optimizer);
    }

    private static Optimizer clipped(Spec spec, Optimizer optimizer) {
        for (var form : Clipped.Form.values()) {
            double most = spec.number(switch (form) {
                case VALUE -> "clipvalue";
                case NORM -> "clipnorm";
                case GLOBAL_NORM -> "global_clipnorm";
            }, 0);
            if (most > 0) return optimizer.withClip(form, most);
        }
        return optimizer;
    }

    private static Optimizer plain(Spec spec) {
        double epsilon = epsilon(spec, 1e-7);
        return switch (spec.kind()) {
            case "SGD" -> {
                var momentum = spec.number("momentum", 0);
                yield momentum == 0 ? Sgd.of(0) : Momentum.of(0, momentum).withNesterov(spec.says("nesterov"));
            }
            case "Adam", "AdamW" -> Adam.keras(0).withEpsilon(epsilon).withBeta1(spec.number("beta_1", 0.9)).withBeta2(spec.number("beta_2", 0.999))
                    .withAmsgrad(spec.says("amsgrad"));
            case "Nadam" -> Nadam.keras(0).withEpsilon(epsilon).withBeta1(spec.number("beta_1", 0.9)).withBeta2(spec.number("beta_2", 0.999));
            case "Adamax" -> Adamax.keras(0).withEpsilon(epsilon);
            case "Adagrad" -> Adagrad.keras(0).withEpsilon(epsilon);
            case "Adadelta" -> Adadelta.keras(0).withEpsilon(epsilon).withRho(spec.number("rho", 0.95));
            case "RMSprop" -> RmsProp.keras(0).withRho(spec.number("rho", 0.9)).withEpsilon(epsilon).withMomentum(spec.number("momentum", 0))
                    .withCentered(spec.says("centered"));
            default -> named(spec, Optimizer::of);
        };
    }

    /// By the name of Keras's class, such as `KLDivergence`.
    private static <T> T named(Spec spec, Function<String, T> of) {
        return named(spec.kind(), of);
    }

    private static <T> T named(String kind, Function<String, T> of) {
        try {
            return of.apply(kind.replaceAll("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_"));
        } catch (IllegalArgumentException e) {
            throw new Unsupported("there is no \"" + kind + "\" here.");
        }
    }

    private static <T> T read(String text, Function<Spec, T> as) {
        var spec = Spec.of(text);
        var made = as.apply(spec);
        spec.understood();
        return made;
    }

    private static Model of(Case c) {
        if (!(c.value("layers") instanceof List<?> texts)) throw new Unsupported("there is no list of layers.");
        var items = new ArrayList<Sequential.Item>();
        for (var text : texts) items.add(new Sequential.Item(String.valueOf(items.size()), read(String.valueOf(text), spec -> layer(spec, c))));
        return Model.of(new Sequential(items)).withDType(c.dtype())
                .compile(read(c.text("optimizer", ""), ModelChecks::optimizer), read(c.text("loss", ""), ModelChecks::loss));
    }

    /// The reference's weights are all of the model's: this is found by tracing, before any settings ask for memory.
    private static void fits(Case c, Model model, Tensor x, Map<String, Tensor> first) {
        var needs = Needs.of(model.layer(), c.dtype(), new Type(c.dtype(), x.at(0, 0).shape()));
        var wanted = new HashMap<String, Shape>();
        needs.params().forEach((path, wish) -> wanted.put(path, wish.type().shape()));
        needs.states().forEach((path, wish) -> wanted.put(path, wish.type().shape()));
        var given = new HashMap<String, Shape>();
        first.forEach((name, value) -> given.put(path(name), value.shape()));
        if (!given.equals(wanted)) throw new Mismatch("the weights are " + wanted + ", in the reference " + given + ".");
    }

    private static void model(Case c) {
        var model = of(c);
        var x = c.array("x");
        long steps = x.shape().dim(0);
        var first = c.prefixed("w0_");
        fits(c, model, x, first);
        var targets = targets(c);
        model.build(x.shape().dims().subList(2, x.rank()).stream().mapToLong(Long::longValue).toArray());
        var weights = new HashMap<String, Buffer>();
        first.forEach((name, value) -> weights.put(path(name), value.array().buffer()));
        model.assign(weights);
        c.slope(Tensor.wrap(model.predict(x.at(0, 0).array().buffer())), "pred0");
        var losses = c.array("loss");
        var fit = Fit.of().withBatch(Math.toIntExact(x.shape().dim(1))).withShuffle(false).withVerbosity(Verbosity.SILENT);
        for (long k = 0; k < steps; k++) {
            var history = model.fit(Examples.of(x.at(0, k).array().buffer(), targets.at(0, k).array().buffer()), fit);
            c.close("loss of step " + k, Tensor.scalar(history.last("loss"), DType.F64), losses.at(0, k), c.slopes());
        }
        var last = model.weights();
        c.prefixed("w" + steps + "_").forEach((name, value) -> {
            if (!last.containsKey(path(name))) throw new Mismatch("there is no weight " + path(name) + ", only " + last.keySet() + ".");
            c.close("w" + steps + "_" + name, Tensor.wrap(last.get(path(name))), value, c.slopes());
        });
        c.slope(Tensor.wrap(model.predict(x.at(0, 0).array().buffer())), "pred" + steps);
    }

    /// Classes are whole numbers; a model's other targets are kept in single precision, in which those of the reference are exact.
    private static Tensor targets(Case c) {
        var targets = c.array("t");
        if (!targets.dtype().isFloat()) return targets.cast(DType.I32);
        var single = targets.cast(DType.F32);
        c.close("targets in single precision", single.cast(DType.F64), targets.cast(DType.F64), 0);
        return single;
    }

    /// `0_kernel` of the reference is `0/kernel` here.
    private static String path(String name) {
        return name.replaceFirst("_", "/").replaceFirst("/(fw|forward)[._]", "/forward/").replaceFirst("/(bw|backward)[._]", "/backward/");
    }
}
