package dev.caviar.nn;

import static dev.caviar.nn.Reference.check;
import static dev.caviar.nn.Reference.close;
import static dev.caviar.nn.Reference.group;
import static dev.caviar.nn.Reference.prefixed;
import static dev.caviar.nn.Reference.present;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Variable;
import dev.caviar.nn.Reference.Case;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.loss.BinaryCrossEntropy;
import dev.caviar.nn.loss.CrossEntropy;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.loss.MeanSquaredError;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Minimizer;
import dev.caviar.nn.optim.Momentum;
import dev.caviar.nn.optim.Optimizer;
import dev.caviar.nn.optim.RmsProp;
import dev.caviar.nn.optim.Schedule;
import dev.caviar.nn.optim.Sgd;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Layers, losses, optimizers and schedules give the numbers that Keras and PyTorch give, in double precision.
@Tag("shared")
class ConformanceTest {
    private static final double EXACT = Reference.EXACT;

    static Stream<Case> dense() {
        return group("dense", Set.of());
    }

    @ParameterizedTest
    @MethodSource
    void dense(Case c) {
        present(c);
        var activation = c.config().path("activation");
        check(Dense.of(c.config().path("units").asInt(), activation.isNull() ? "linear" : activation.asString())
                .withBias(c.flag("use_bias")), c.arrays(), true);
    }

    /// PyTorch's running variance is another one, and is no layer of ours.
    static Stream<Case> batchnorm() {
        return group("batchnorm", Set.of("train_torch"));
    }

    @ParameterizedTest
    @MethodSource
    void batchnorm(Case c) {
        present(c);
        var arrays = c.arrays();
        var layer = BatchNorm.of().withEpsilon(c.number("epsilon", 0)).withMomentum(c.number("momentum", 0))
                .withCenter(c.flag("center")).withScale(c.flag("scale"));
        boolean training = c.flag("training");
        var updates = check(layer, arrays, training).updates();
        assertThat(updates.keySet()).isEqualTo(training ? prefixed("n_", arrays).keySet() : Set.of());
        updates.forEach((name, value) -> close(name, value, arrays.get("n_" + name), EXACT));
    }

    /// Learnt slopes and other axes than the last are layers of their own.
    static Stream<Case> activation() {
        return group("activation", Set.of("prelu", "softmax_axis1", "softmax_axis1_extreme"));
    }

    @ParameterizedTest
    @MethodSource
    void activation(Case c) {
        present(c);
        var name = c.name().replace("_extreme", "").replace("gelu_exact", "gelu");
        // The reference's slope of 1/6 was rounded to single precision.
        check(Activation.of(name), c.arrays(), false, name.equals("hard_sigmoid") ? 1e-7 : EXACT);
    }

    static Stream<Case> loss() {
        var ours = Set.of("cce_logits_ls0.0", "cce_probs_ls0.0", "bce_logits_ls0.0", "bce_probs_ls0.0", "sparse_cce_logits",
                "sparse_cce_probs", "cce_soft_targets", "mse", "mse_3d", "absent");
        return group("loss", Set.of()).filter(c -> ours.contains(c.name()));
    }

    @ParameterizedTest
    @MethodSource
    void loss(Case c) {
        present(c);
        var arrays = c.arrays();
        boolean logits = c.flag("from_logits");
        Loss loss = c.name().contains("cce") ? new CrossEntropy(logits)
                : c.name().startsWith("bce") ? new BinaryCrossEntropy(logits) : new MeanSquaredError();
        var predicted = arrays.get("y_pred");
        var target = arrays.get("y_true");
        close("each", loss.perExample(predicted, target), arrays.get("loss_per_sample"), EXACT);
        for (var weights : new Tensor[] {null, arrays.get("sample_weight")}) {
            var suffix = weights == null ? "" : "_weighted";
            if (!arrays.containsKey("g_y_pred" + suffix)) {
                continue;
            }
            var both = Gradient.at(in -> loss.mean(in.getFirst(), target, weights), List.of(predicted));
            close("mean", both.value(), arrays.get("loss_mean" + suffix), EXACT);
            close("gradient", both.gradients().getFirst(), arrays.get("g_y_pred" + suffix), EXACT);
        }
    }

    static Stream<Case> optimizer() {
        var ours = Set.of("keras_sgd", "keras_momentum", "keras_nesterov", "keras_rmsprop", "keras_adam", "keras_adam_betas",
                "keras_adam_exp_decay", "torch_sgd_momentum", "torch_sgd_nesterov", "torch_adam", "torch_rmsprop", "absent");
        return group("optimizer", Set.of()).filter(c -> ours.contains(c.name()));
    }

    private static Optimizer optimizer(String name, Case c) {
        double rate = c.number("learning_rate", 0.05);
        return switch (name) {
            case "keras_sgd" -> Sgd.of(rate);
            case "keras_momentum", "torch_sgd_momentum" -> Momentum.of(rate, c.number("momentum", 0));
            case "keras_nesterov", "torch_sgd_nesterov" -> Momentum.of(rate, c.number("momentum", 0)).withNesterov(true);
            case "keras_rmsprop" -> RmsProp.of(rate).withRho(c.number("rho", 0)).withEpsilon(c.number("epsilon", 0)).withInside(true);
            case "torch_rmsprop" -> RmsProp.of(rate).withRho(c.number("rho", 0)).withEpsilon(c.number("epsilon", 0));
            case "torch_adam" -> Adam.of(rate).withEpsilon(c.number("epsilon", 0));
            case "keras_adam_exp_decay" -> Adam.keras(rate).withRate(Schedule.exponential(rate, c.number("decay_rate", 0))
                    .every(c.number("decay_steps", 0)).inSteps());
            default -> Adam.keras(rate).withBeta1(c.number("beta_1", 0)).withBeta2(c.number("beta_2", 0))
                    .withEpsilon(c.number("epsilon", 0));
        };
    }

    @ParameterizedTest
    @MethodSource
    void optimizer(Case c) {
        present(c);
        var arrays = c.arrays();
        var minimizer = Minimizer.of(optimizer(c.name(), c));
        var w1 = Variable.of("w1", arrays.get("w1").at(0, 0));
        var w2 = Variable.of("w2", arrays.get("w2").at(0, 0));
        long steps = arrays.get("w1").shape().dim(0) - 1;
        assertThat(steps).isEqualTo(10);
        for (long t = 0; t < steps; t++) {
            minimizer.applyGradients(List.of(new Minimizer.Slope(arrays.get("grad1").at(0, t), w1),
                    new Minimizer.Slope(arrays.get("grad2").at(0, t), w2)));
            close("w1 after " + (t + 1), w1.value(), arrays.get("w1").at(0, t + 1), EXACT);
            close("w2 after " + (t + 1), w2.value(), arrays.get("w2").at(0, t + 1), EXACT);
        }
    }

    static Stream<Case> schedule() {
        var ours = Set.of("keras_exponential", "keras_exponential_staircase", "keras_inverse_time", "keras_inverse_time_staircase",
                "torch_exponential", "torch_step", "absent");
        return group("schedule", Set.of()).filter(c -> ours.contains(c.name()));
    }

    @ParameterizedTest
    @MethodSource
    void schedule(Case c) {
        present(c);
        var arrays = c.arrays();
        double rate = c.number("initial_learning_rate", c.number("lr", 0));
        double every = c.number("decay_steps", c.number("step_size", 1));
        double factor = c.number("decay_rate", c.number("gamma", 0));
        var form = c.name().contains("inverse") ? Schedule.inverse(rate, factor) : Schedule.exponential(rate, factor);
        var schedule = form.every(every).inSteps().withStaircase(c.flag("staircase") || c.name().equals("torch_step"));
        var steps = arrays.get("step").toLongs();
        for (int i = 0; i < steps.length; i++) {
            close("step " + steps[i], Tensor.scalar(schedule.at(steps[i], 0), DType.F64), arrays.get("lr").at(0, i), EXACT);
        }
    }

    static Stream<Case> metric() {
        var ours = Set.of("binary_accuracy", "categorical_accuracy", "sparse_accuracy", "mse", "rmse", "mae", "absent");
        return group("metric", Set.of()).filter(c -> ours.contains(c.name()));
    }

    @ParameterizedTest
    @MethodSource
    void metric(Case c) {
        present(c);
        var arrays = c.arrays();
        var metric = Metric.of(c.name().equals("sparse_accuracy") ? "accuracy" : c.name());
        var predicted = arrays.get("y_pred");
        var each = metric.perExample(predicted.rank() == 1 ? predicted.expandDims(1) : predicted, arrays.get("y_true"));
        long split = arrays.get("split").toLongs()[0];
        assertThat(metric.finish(each.slice(0, 0, split).mean().itemAsDouble()))
                .isCloseTo(arrays.get("result_first").itemAsDouble(), org.assertj.core.api.Assertions.within(1e-6));
        assertThat(metric.finish(each.mean().itemAsDouble()))
                .isCloseTo(arrays.get("result_all").itemAsDouble(), org.assertj.core.api.Assertions.within(1e-6));
    }

    static Stream<Case> models() {
        return group("model", Set.of()).filter(c -> Set.of("mlp", "mlp_l2_nesterov", "absent").contains(c.name()));
    }

    /// Ten batches through the compiled step of a model, in double precision.
    @ParameterizedTest
    @MethodSource
    void models(Case c) {
        present(c);
        var arrays = c.arrays();
        var model = c.name().equals("mlp")
                ? Model.of(Dense.of(10, "relu"), Dense.of(3)).withDType(DType.F64)
                        .compile(Adam.keras(0.01), Loss.of("categorical_crossentropy_from_logits"))
                : Model.of(Dense.of(10, "elu"), Dense.of(1)).withDType(DType.F64)
                        .compile(Momentum.of(0.05, 0.9).withNesterov(true), Loss.of("mse"));
        model.build(6);
        var names = Map.of("0_kernel", "dense/kernel", "0_bias", "dense/bias", "1_kernel", "dense_1/kernel", "1_bias", "dense_1/bias");
        var first = new LinkedHashMap<String, Buffer>();
        names.forEach((theirs, ours) -> first.put(ours, arrays.get("w0_" + theirs).array().buffer()));
        model.assign(first);
        var x = arrays.get("x");
        close("pred0", Tensor.wrap(model.predict(x.at(0, 0).array().buffer())), arrays.get("pred0"), EXACT);
        var targets = arrays.get("t").cast(DType.F32);
        close("targets are exact in f32", targets.cast(DType.F64), arrays.get("t"), 0);
        for (long k = 0; k < 10; k++) {
            var examples = Examples.of(x.at(0, k).array().buffer(), targets.at(0, k).array().buffer());
            var history = model.fit(examples, Fit.of().withBatch(8).withShuffle(false).withVerbosity(Verbosity.SILENT));
            close("loss " + k, Tensor.scalar(history.last("loss"), DType.F64), arrays.get("loss").at(0, k), EXACT);
        }
        var last = model.weights();
        names.forEach((theirs, ours) -> close(ours, Tensor.wrap(last.get(ours)), arrays.get("w10_" + theirs), EXACT));
        close("pred10", Tensor.wrap(model.predict(x.at(0, 0).array().buffer())), arrays.get("pred10"), EXACT);
    }
}
