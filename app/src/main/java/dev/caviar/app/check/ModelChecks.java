package dev.caviar.app.check;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Embedding;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.GRU;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.Padding;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.layer.SimpleRNN;
import dev.caviar.nn.loss.BinaryCrossEntropy;
import dev.caviar.nn.loss.CrossEntropy;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.loss.MeanSquaredError;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Momentum;
import dev.caviar.nn.optim.Optimizer;
import dev.caviar.nn.optim.RmsProp;
import dev.caviar.nn.optim.Schedule;
import dev.caviar.nn.optim.Sgd;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
            case "Dense" -> Dense.of(spec.whole(0)).withActivation(c.named(spec.text(1, "linear"), Activation::of));
            case "Conv2D" -> Conv2D.of(spec.whole(0), spec.whole(1)).withPadding(c.named(spec.text(2, "valid"), Padding::of));
            case "BatchNorm" -> BatchNorm.of().withMomentum(spec.number("momentum", 0.99)).withEpsilon(spec.number("eps", 1e-3));
            case "ReLU" -> Activation.RELU;
            case "MaxPool2D" -> MaxPooling2D.of(spec.whole(0));
            case "Flatten" -> Flatten.of();
            case "Embedding" -> Embedding.of(spec.whole(0), spec.whole(1)).withMaskZero(spec.flag("mask_zero", false));
            case "SimpleRNN" -> SimpleRNN.of(spec.whole(0));
            case "LSTM" -> LSTM.of(spec.whole(0));
            case "GRU" -> GRU.of(spec.whole(0)).withResetAfter(spec.flag("reset_after", true));
            default -> throw new Unsupported("there is no layer \"" + spec.kind() + "\" here.");
        };
    }

    private static Loss loss(Spec spec) {
        var logits = spec.says("from_logits");
        return switch (spec.kind()) {
            case "CategoricalCrossentropy" -> new CrossEntropy(logits);
            case "BinaryCrossentropy" -> new BinaryCrossEntropy(logits);
            case "MSE" -> new MeanSquaredError();
            default -> throw new Unsupported("there is no loss \"" + spec.kind() + "\" here.");
        };
    }

    private static Optimizer optimizer(Spec spec) {
        var rate = Schedule.constant(spec.number(0, 0.01));
        return switch (spec.kind()) {
            case "SGD" -> {
                var momentum = spec.number("momentum", 0);
                yield momentum == 0 ? new Sgd(rate) : Momentum.of(0, momentum).withNesterov(spec.says("nesterov")).withRate(rate);
            }
            case "Adam" -> Adam.keras(0).withEpsilon(spec.number("eps", 1e-7)).withRate(rate);
            case "RMSprop" -> RmsProp.of(0).withInside(true).withRho(spec.number("rho", 0.9)).withEpsilon(spec.number("eps", 1e-7)).withRate(rate);
            default -> throw new Unsupported("there is no optimizer \"" + spec.kind() + "\" here.");
        };
    }

    private static <T> T read(String text, Function<Spec, T> as) {
        var spec = Spec.of(text);
        var made = as.apply(spec);
        spec.understood();
        return made;
    }

    private static Model of(Case c) {
        if (!(c.value("layers") instanceof List<?> texts)) throw new Unsupported("there is no list of layers.");
        var layers = new ArrayList<Layer>();
        for (var text : texts) layers.add(read(String.valueOf(text), spec -> layer(spec, c)));
        var net = Sequential.of(layers);
        for (int i = 0; i < layers.size(); i++) net = net.withName(i, String.valueOf(i));
        return Model.of(net).withDType(c.dtype()).compile(read(c.text("optimizer", ""), ModelChecks::optimizer), read(c.text("loss", ""), ModelChecks::loss));
    }

    private static void model(Case c) {
        var model = of(c);
        var x = c.array("x");
        // A model's targets are kept in single precision, in which those of the reference are exact.
        var targets = c.array("t").cast(DType.F32);
        c.close("targets in single precision", targets.cast(DType.F64), c.array("t").cast(DType.F64), 0);
        model.build(x.shape().dims().subList(2, x.rank()).stream().mapToLong(Long::longValue).toArray());
        var first = new LinkedHashMap<String, Buffer>();
        c.prefixed("w0_").forEach((name, value) -> first.put(path(name), value.array().buffer()));
        model.assign(first);
        c.slope(Tensor.wrap(model.predict(x.at(0, 0).array().buffer())), "pred0");
        var losses = c.array("loss");
        var fit = Fit.of().withBatch(Math.toIntExact(x.shape().dim(1))).withShuffle(false).withVerbosity(Verbosity.SILENT);
        for (long k = 0; k < x.shape().dim(0); k++) {
            var history = model.fit(Examples.of(x.at(0, k).array().buffer(), targets.at(0, k).array().buffer()), fit);
            c.close("loss of step " + k, Tensor.scalar(history.last("loss"), DType.F64), losses.at(0, k), c.slopes());
        }
        var last = model.weights();
        c.prefixed("w10_").forEach((name, value) -> c.close("w10_" + name, Tensor.wrap(last.get(path(name))), value, c.slopes()));
        c.slope(Tensor.wrap(model.predict(x.at(0, 0).array().buffer())), "pred10");
    }

    /// `0_kernel` of the reference is `0/kernel` here.
    private static String path(String name) {
        return name.replaceFirst("_", "/");
    }
}
