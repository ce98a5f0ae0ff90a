package dev.caviar.app.check;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.optim.Chained;
import dev.caviar.nn.optim.Cosine;
import dev.caviar.nn.optim.Cyclic;
import dev.caviar.nn.optim.OneCycle;
import dev.caviar.nn.optim.Piecewise;
import dev.caviar.nn.optim.Plateau;
import dev.caviar.nn.optim.Polynomial;
import dev.caviar.nn.optim.Schedule;
import dev.caviar.nn.optim.Sequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Schedules, whose cases are named by convention and schedule: the rate in force at each step, and the momentum where it follows.
final class ScheduleChecks {
    private static final List<String> KERAS = List.of("exponential", "inverse_time", "polynomial", "cosine", "cosine_restarts", "cosine_warmup", "piecewise",
            "piecewise_constant");
    private static final List<String> TORCH = List.of("exponential", "step", "multistep", "onecycle", "cosine_annealing", "warm_restarts", "linear_warmup",
            "linear", "cyclic", "plateau", "polynomial", "constant", "multiplicative", "multi_step", "one_cycle", "cosine_annealing_warm_restarts", "sequential", "chained");
    /// What a scheduler in a list may be named under.
    private static final List<String> NAMES = List.of("schedule", "scheduler", "type", "name", "class");

    private ScheduleChecks() {}

    static Map<String, Check> checks() {
        return Map.of("schedule", ScheduleChecks::schedule);
    }

    /// A schedule by the name of Keras's class, or by the name of a case.
    static Schedule named(Case c, String name) {
        var plain = name.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT).replaceFirst("^(keras|torch)_", "").replaceFirst("_decay(?=_|$)", "");
        return c.convention().equals("torch") ? torch(c, Kinds.longest(TORCH, plain)) : keras(c, Kinds.longest(KERAS, plain));
    }

    private static Schedule keras(Case c, String kind) {
        double rate = c.number("initial_learning_rate", 0);
        double steps = c.number("decay_steps", c.number("first_decay_steps", 1));
        return switch (kind) {
            case "exponential" -> Schedule.exponential(rate, c.number("decay_rate")).every(steps).inSteps().withStaircase(c.flag("staircase", false));
            case "inverse_time" -> Schedule.inverse(rate, c.number("decay_rate")).every(steps).inSteps().withStaircase(c.flag("staircase", false));
            case "polynomial" -> new Polynomial(rate, c.number("end_learning_rate", 1e-4), steps, c.number("power", 1), c.flag("cycle", false), true);
            case "cosine_restarts" -> Cosine.of(rate, steps).withFloor(c.number("alpha", 0)).withRestarts(c.number("t_mul", 2), c.number("m_mul", 1)).inSteps();
            case "piecewise", "piecewise_constant" -> piecewise(c);
            default -> {
                var warmUp = c.whole("warmup_steps", 0);
                boolean warm = c.value("warmup_target") != null;
                var cosine = Cosine.of(warm ? c.number("warmup_target") : rate, steps).withFloor(c.number("alpha", 0)).inSteps();
                yield warm ? cosine.warmedUp(rate, warmUp).inSteps() : cosine;
            }
        };
    }

    /// The first value up to and with the first boundary.
    private static Schedule piecewise(Case c) {
        var boundaries = doubles(c.value("boundaries")).stream().map(boundary -> Math.floor(boundary) + 1).toList();
        return Piecewise.of(boundaries, doubles(c.value("values"))).inSteps();
    }

    /// Numbers in a list.
    static List<Double> doubles(@Nullable Object list) {
        if (!(list instanceof List<?> all)) throw new Unsupported(list + " is no list of numbers.");
        var out = new ArrayList<Double>();
        for (var one : all) {
            if (!(one instanceof Number number)) throw new Unsupported(one + " is no number.");
            out.add(number.doubleValue());
        }
        return out;
    }

    private static Schedule torch(Case c, String kind) {
        double rate = c.number("lr", c.number("learning_rate", 0));
        return switch (kind) {
            case "exponential" -> Schedule.exponential(rate, c.number("gamma")).inSteps();
            case "step" -> Schedule.exponential(rate, c.number("gamma", 0.1)).every(c.number("step_size")).inSteps().withStaircase(true);
            case "multistep", "multi_step" -> multistep(c, rate);
            case "onecycle", "one_cycle" -> onecycle(c);
            case "cosine_annealing" -> {
                // Past its end it rises as it fell.
                var half = Cosine.of(rate, c.number("T_max")).withFloor(c.number("eta_min", 0) / rate).inSteps();
                yield (step, epoch) -> half.at(Math.round(half.length() - Math.abs(step % Math.round(2 * half.length()) - half.length())), epoch);
            }
            case "warm_restarts", "cosine_annealing_warm_restarts" -> Cosine.of(rate, c.number("T_0")).withFloor(c.number("eta_min", 0) / rate).withRestarts(c.number("T_mult", 1), 1).inSteps();
            case "linear_warmup", "linear" -> Polynomial.of(rate * c.number("start_factor", 1.0 / 3), rate * c.number("end_factor", 1), c.number("total_iters", 5))
                    .inSteps();
            case "polynomial" -> Polynomial.of(rate, 0, c.number("total_iters", 5)).withPower(c.number("power", 1)).inSteps();
            case "sequential" -> {
                var parts = parts(c, rate);
                yield new Sequence(parts, Arrays.stream(c.numbers("milestones")).boxed().toList(), true);
            }
            case "chained" -> {
                // All but the first are factors of its rate.
                var parts = new ArrayList<>(parts(c, 1));
                parts.set(0, parts(c, rate).getFirst());
                yield new Chained(parts);
            }
            case "multiplicative" -> Schedule.exponential(rate, c.number("factor", c.number("gamma", c.number("lr_lambda", 0)))).inSteps();
            case "constant" -> Piecewise.of(List.of(c.number("total_iters", 5)), List.of(rate * c.number("factor", 1.0 / 3), rate)).inSteps();
            default -> cyclic(c);
        };
    }

    /// The schedulers of a list, each with its settings and this rate.
    private static List<Schedule> parts(Case c, double rate) {
        if (!(c.value("schedulers") instanceof List<?> all)) throw new Unsupported("there is no list of schedulers.");
        var parts = new ArrayList<Schedule>();
        for (var one : all) {
            if (!(one instanceof Map<?, ?> settings)) throw new Unsupported(one + " is no scheduler with settings.");
            var own = new LinkedHashMap<String, @Nullable Object>();
            settings.forEach((key, value) -> own.put(String.valueOf(key), value));
            var name = NAMES.stream().map(own::remove).filter(String.class::isInstance).findFirst().orElseThrow(() -> new Unsupported(one + " has no name."));
            own.put("lr", rate);
            var part = c.with(own);
            parts.add(named(part, String.valueOf(name)));
            part.understood();
        }
        return parts;
    }

    private static Schedule multistep(Case c, double rate) {
        var milestones = doubles(c.value("milestones")).stream().sorted().toList();
        var values = new ArrayList<>(List.of(rate));
        for (int i = 0; i < milestones.size(); i++) values.add(values.getLast() * c.number("gamma", 0.1));
        return Piecewise.of(milestones, values).inSteps();
    }

    private static OneCycle onecycle(Case c) {
        return new OneCycle(c.number("max_lr"), c.value("total_steps") == null ? c.whole("epochs") * c.whole("steps_per_epoch") : c.number("total_steps"), c.number("pct_start", 0.3), c.number("div_factor", 25),
                c.number("final_div_factor", 1e4), c.text("anneal", c.text("anneal_strategy", "cos")).equals("linear"), c.flag("three_phase", false), true);
    }

    private static Schedule cyclic(Case c) {
        double up = c.number("step_size_up", 2000);
        var form = switch (c.text("mode", "triangular")) {
            case "triangular" -> Cyclic.Form.TRIANGLES;
            case "triangular2" -> Cyclic.Form.HALVING;
            case "exp_range" -> Cyclic.Form.EXPONENTIAL;
            default -> throw new Unsupported("the mode is not known.");
        };
        return new Cyclic(c.number("base_lr"), c.number("max_lr"), up, c.number("step_size_down", up), form, c.number("gamma", 1), true);
    }

    private static void schedule(Case c) {
        if (c.name().contains("plateau")) {
            plateau(c);
            return;
        }
        var schedule = named(c, c.name());
        c.output(rates(c, schedule), "lr");
        if (c.holds("momentum")) momentum(c, schedule);
    }

    private static Tensor rates(Case c, Schedule schedule) {
        var steps = c.array("step").toLongs();
        var rates = new double[steps.length];
        for (int i = 0; i < steps.length; i++) rates[i] = schedule.at(steps[i], 0);
        return Tensor.of(rates).cast(c.dtype());
    }

    private static void momentum(Case c, Schedule schedule) {
        if (schedule instanceof OneCycle cycle && c.flag("cycle_momentum", c.has("base_momentum") || c.has("max_momentum"))) {
            c.output(rates(c, cycle.momentum(c.number("base_momentum", 0.85), c.number("max_momentum", 0.95))), "momentum");
            return;
        }
        if (schedule instanceof Cyclic cycle && c.flag("cycle_momentum", c.has("base_momentum") || c.has("max_momentum"))) {
            c.output(rates(c, cycle.momentum(c.number("base_momentum", 0.8), c.number("max_momentum", 0.9))), "momentum");
            return;
        }
        // The optimizer's own, which these schedules leave alone.
        var momentum = c.array("momentum").toDoubles();
        for (var value : momentum) c.close("momentum", Tensor.scalar(value, DType.F64), Tensor.scalar(momentum[0], DType.F64), 0);
    }

    private static void plateau(Case c) {
        boolean keras = c.convention().equals("keras");
        int patience = c.whole("patience", 10);
        boolean relative = c.text("threshold_mode", keras ? "abs" : "rel").equals("rel");
        int cooldown = c.whole("cooldown", 0);
        // In the last value of the cooldown Keras waits again.
        var rule = new Plateau(c.number("factor", 0.1), keras ? Math.max(0, patience - 1) : patience, c.number("threshold", c.number("min_delta", 1e-4)), relative,
                c.text("mode", "min").equals("max"), keras ? Math.max(0, cooldown - 1) : cooldown, c.number("min_lr", 0), keras ? 0 : c.number("eps", 1e-8));
        var watch = rule.start(c.number("lr", c.number("learning_rate", 0)));
        var seen = c.array("metric").toDoubles();
        var rates = new double[seen.length];
        for (int i = 0; i < seen.length; i++) {
            watch = watch.see(seen[i]);
            rates[i] = watch.rate();
        }
        c.output(Tensor.of(rates).cast(c.dtype()), "lr");
    }
}
