package dev.caviar.app.check;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.optim.Schedule;
import java.util.Map;

/// Schedules, whose cases are named by convention and schedule: the rate in force at each step, and the momentum where it follows.
final class ScheduleChecks {
    private ScheduleChecks() {}

    static Map<String, Check> checks() {
        return Map.of("schedule", ScheduleChecks::schedule);
    }

    private static Schedule of(Case c) {
        return switch (c.convention() + " " + c.name()) {
            case "keras keras_exponential", "keras keras_exponential_staircase" -> Schedule.exponential(c.number("initial_learning_rate"), c.number("decay_rate"))
                    .every(c.number("decay_steps")).inSteps().withStaircase(c.flag("staircase", false));
            case "keras keras_inverse_time", "keras keras_inverse_time_staircase" -> Schedule.inverse(c.number("initial_learning_rate"), c.number("decay_rate"))
                    .every(c.number("decay_steps")).inSteps().withStaircase(c.flag("staircase", false));
            case "torch torch_exponential" -> Schedule.exponential(c.number("lr"), c.number("gamma")).inSteps();
            case "torch torch_step" -> Schedule.exponential(c.number("lr"), c.number("gamma")).every(c.number("step_size")).inSteps().withStaircase(true);
            default -> throw new Unsupported("there is no schedule \"" + c.name() + "\".");
        };
    }

    private static void schedule(Case c) {
        var schedule = of(c);
        var steps = c.array("step").toLongs();
        var rates = new double[steps.length];
        for (int i = 0; i < steps.length; i++) rates[i] = schedule.at(steps[i], 0);
        c.output(Tensor.of(rates).cast(c.dtype()), "lr");
        // The optimizer's own, which these schedules leave alone.
        if (c.holds("momentum")) {
            var momentum = c.array("momentum").toDoubles();
            for (var value : momentum) c.close("momentum", Tensor.scalar(value, DType.F64), Tensor.scalar(momentum[0], DType.F64), 0);
        }
    }
}
