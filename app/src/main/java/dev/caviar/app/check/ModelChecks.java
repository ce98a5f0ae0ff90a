package dev.caviar.app.check;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Needs;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.loss.BinaryCrossEntropy;
import dev.caviar.nn.loss.BinaryFocalCrossEntropy;
import dev.caviar.nn.loss.CategoricalFocalCrossEntropy;
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
import java.util.Map;
import java.util.function.Function;

/// Whole models, trained for some batches by the compiled step: predictions and weights before and after, and every loss.
final class ModelChecks {
    private ModelChecks() {}

    static Map<String, Check> checks() {
        return Map.of("model", ModelChecks::model);
    }

    static double epsilon(Spec spec, double otherwise) {
        return spec.number("eps", spec.number("epsilon", otherwise));
    }

    private static Loss loss(Spec spec) {
        var logits = spec.says("from_logits") || spec.flag("from_logits", false);
        double smoothing = spec.number("label_smoothing", 0);
        return switch (spec.kind()) {
            case "CategoricalCrossentropy" -> new CrossEntropy(logits, CrossEntropy.Labels.ROWS, smoothing);
            case "SparseCategoricalCrossentropy" -> new CrossEntropy(logits, CrossEntropy.Labels.CLASSES, 0).withIgnored(spec.numbers("ignore_class"));
            case "BinaryCrossentropy" -> new BinaryCrossEntropy(logits, smoothing);
            case "BinaryFocalCrossentropy" -> new BinaryFocalCrossEntropy(spec.number("gamma", 2), spec.number("alpha", 0.25),
                    spec.flag("apply_class_balancing", false), logits, smoothing);
            case "CategoricalFocalCrossentropy" -> new CategoricalFocalCrossEntropy(spec.number("gamma", 2), spec.number("alpha", 0.25), logits, smoothing);
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

    static <T> T named(String kind, Function<String, T> of) {
        try {
            return of.apply(kind.replaceAll("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_"));
        } catch (IllegalArgumentException e) {
            throw new Unsupported("there is no \"" + kind + "\" here.");
        }
    }

    static <T> T read(String text, Function<Spec, T> as) {
        var spec = Spec.of(text);
        var made = as.apply(spec);
        spec.understood();
        return made;
    }

    private static Model of(Case c) {
        if (!(c.value("layers") instanceof List<?> texts)) throw new Unsupported("there is no list of layers.");
        var items = new ArrayList<Sequential.Item>();
        for (var text : texts) items.add(new Sequential.Item(String.valueOf(items.size()), read(String.valueOf(text), spec -> ModelLayers.layer(spec, c))));
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
