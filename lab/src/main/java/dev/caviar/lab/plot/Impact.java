package dev.caviar.lab.plot;

import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Param;
import java.util.ArrayList;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The values of all trials against one of their parameters.
final class Impact {
    private Impact() {}

    static Axis axis(Pictures of, Param param) {
        var values = new ArrayList<@Nullable Object>();
        for (var trial : of.history().trials()) if (trial.params().containsKey(param.name())) values.add(trial.params().get(param.name()));
        return Axis.of(param.name(), param.dist(), values);
    }

    static Plot plot(Pictures of, Param param) {
        var values = Values.of(of.history(), of.metric());
        var axis = axis(of, param);
        var plot = new Plot("Impact of " + Wording.words(param.name()) + condition(param), axis, values.y());
        ToDoubleFunction<TrialView> exact = trial -> trial.params().containsKey(param.name())
                ? axis.place(trial.params().get(param.name())).orElse(Double.NaN) : Double.NaN;
        ToDoubleFunction<TrialView> spread = trial -> exact.applyAsDouble(trial) + 0.36 * axis.group() * jitter(trial.number());
        values.draw(plot, spread);
        if (axis.columns()) values.drawMiddles(plot, exact);
        values.drawBest(plot, spread);
        return plot;
    }

    /// How far from the middle of its column a trial stands, -0.5 to 0.5: multiples of the golden ratio, so that neighbours in time never meet in
    /// place, and the same trial is always in the same one.
    static double jitter(int number) {
        return jitter(number, 0.6180339887498949);
    }

    /// The same by another irrational number.
    static double jitter(int number, double ratio) {
        var turn = (number + 0.5) * ratio;
        return turn - Math.floor(turn) - 0.5;
    }

    /// Under which condition there is such a parameter, in brackets; empty where there always is.
    static String condition(Param param) {
        if (param.when().isEmpty()) return "";
        return param.when().entrySet().stream()
                .map(entry -> Wording.words(entry.getKey()) + " is " + entry.getValue().stream().map(String::valueOf).collect(Collectors.joining(" or ")))
                .collect(Collectors.joining(" and ", " (if ", ")"));
    }
}
