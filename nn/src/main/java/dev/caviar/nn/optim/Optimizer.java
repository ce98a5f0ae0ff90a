package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Origin;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// How a gradient changes a parameter: a pure function of the parameter, its gradient, and tensors that are
/// carried from step to step (`slots`, of its shape and at [#initial] unless [#start] says otherwise).
///
/// Every number (learning rate, betas, ε) is a scalar input of the step, so that a schedule, or another number in the
/// middle of a run, compiles nothing anew. Weight decay, clipping, accumulation and averaging wrap any optimizer; what was
/// said last sees the gradients first.
///
/// ```java
/// record SignDescent(Schedule rate) implements Optimizer {
///     public List<String> slots() { return List.of(); }
///     public List<String> scalars() { return List.of("learning_rate"); }
///     public double scalar(String name, long step, int epoch) { return rate.at(step, epoch); }
///     public Optimizer withRate(Schedule rate) { return new SignDescent(rate); }
///     public Update update(Tensor p, Tensor g, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
///         return new Update(p.sub(g.sign().mul(scalars.get("learning_rate"))), Map.of());
///     }
/// }
/// Optimizer own = new SignDescent(Schedule.constant(0.01)).withDecay(0.001).withClip(Clipped.Form.GLOBAL_NORM, 1);
/// ```
public interface Optimizer {
    /// The names of the tensors that are kept per parameter.
    List<String> slots();

    /// What a slot begins at.
    default double initial(String slot) {
        return 0;
    }

    /// What a slot begins as for a parameter: of its shape and at [#initial], if nothing else is said. A slot may have another shape.
    default Tensor start(String slot, String path, Tensor param) {
        return Tensor.full(initial(slot), param.type());
    }

    /// The names of the scalars that [#update] reads.
    List<String> scalars();

    /// The value of a scalar at a step and epoch, both from 0.
    double scalar(String name, long step, int epoch);

    /// The parameter and the slots after the step.
    Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars);

    /// One step of all parameters together, in their order; by itself each one goes by [#update].
    default List<Update> updates(List<Parameter> all, Map<String, Tensor> scalars) {
        var out = new ArrayList<Update>();
        for (var one : all) {
            out.add(Origin.named(one.path, () -> update(one.value, one.gradient, one.slots, scalars)));
        }
        return out;
    }

    /// The learning rate.
    Schedule rate();

    /// The same method with another learning rate.
    Optimizer withRate(Schedule rate);

    default Optimizer withRate(double rate) {
        return withRate(Schedule.constant(rate));
    }

    /// With decoupled weight decay: `w ← w − α·decay·w` before each step (Loshchilov & Hutter 2019).
    default WeightDecay withDecay(double decay) {
        return new WeightDecay(this, decay, false, "");
    }

    /// With gradients kept within a limit.
    default Clipped withClip(Clipped.Form form, double limit) {
        return new Clipped(this, form, limit);
    }

    /// With one step for every `steps` batches, by the mean of their gradients.
    default Accumulated withAccumulation(int steps) {
        return new Accumulated(this, steps);
    }

    /// With an exponentially weighted average of the weights beside them.
    default Averaged withAverage(double momentum) {
        return Averaged.exponential(this, momentum);
    }

    /// With gradients times a factor: −1 climbs.
    default Scaled withScale(double factor) {
        return new Scaled(this, factor);
    }

    /// What a step gives.
    ///
    /// ```java
    /// var update = new Optimizer.Update(Tensor.of(1f, 2f).sub(Tensor.of(0.5f, 0.5f)), Map.of());
    /// ```
    record Update(Tensor param, Map<String, Tensor> slots) {}

    /// What a step is given of one parameter.
    ///
    /// ```java
    /// var bias = new Optimizer.Parameter("dense/bias", Tensor.zeros(3), Tensor.ones(3), Map.of());
    /// Tensor next = Sgd.of(0.1).updates(List.of(bias), Map.of("learning_rate", Tensor.scalar(0.1))).getFirst().param();
    /// ```
    record Parameter(String path, Tensor value, Tensor gradient, Map<String, Tensor> slots) {
        Parameter with(Tensor value, Tensor gradient) {
            return new Parameter(path, value, gradient, slots);
        }
    }

    /// By name with the usual numbers: sgd, momentum, nesterov, rmsprop, adam, adamw, amsgrad, nadam, radam, adamax, adagrad,
    /// adadelta, lion, ftrl, lamb, adafactor, muon, schedule_free, asgd, rprop.
    static Optimizer of(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "sgd" -> Sgd.of(0.01);
            case "momentum" -> Momentum.of(0.01, 0.9);
            case "nesterov" -> Momentum.of(0.01, 0.9).withNesterov(true);
            case "rmsprop" -> RmsProp.of(0.001);
            case "adam" -> Adam.of(0.001);
            case "adamw" -> Adam.of(0.001).withDecay(0.01);
            case "amsgrad" -> Adam.of(0.001).withAmsgrad(true);
            case "nadam" -> Nadam.of(0.001);
            case "radam" -> RAdam.of(0.001);
            case "adamax" -> Adamax.of(0.001);
            case "adagrad" -> Adagrad.of(0.01);
            case "adadelta" -> Adadelta.of(1);
            case "lion" -> Lion.of(0.0001);
            case "ftrl" -> Ftrl.of(0.001);
            case "lamb" -> Lamb.of(0.001);
            case "adafactor" -> Adafactor.of(0.001);
            case "muon" -> Muon.of(0.001).withDecay(0.004);
            case "schedule_free", "schedule_free_adamw" -> ScheduleFree.of(0.0025);
            case "asgd" -> Asgd.of(0.01);
            case "rprop" -> Rprop.of(0.01);
            default -> throw new IllegalArgumentException("There is no optimizer \"" + name + "\".\nMaybe one of sgd, momentum, "
                    + "nesterov, rmsprop, adam, adamw, amsgrad, nadam, radam, adamax, adagrad, adadelta, lion, ftrl, lamb, "
                    + "adafactor, muon, schedule_free, asgd, rprop.");
        };
    }
}
