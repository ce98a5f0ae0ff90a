import dev.caviar.engine.tensor.*;
import dev.caviar.nn.layer.*;
import dev.caviar.nn.optim.*;
import java.util.List;
import java.util.Locale;

/// Exponentially weighted averages of temperatures, the optimizers on one cost with a long narrow valley, and how learning rates fall.
///
/// `./caviar run examples/Optimizers.java`
void main() {
    var days = new double[365];
    for (int day = 0; day < days.length; day++) {
        days[day] = 15 - 10 * Math.cos(2 * Math.PI * day / 365) + 4 * Math.sin(1.7 * day * day);
    }
    for (double beta : new double[] {0.5, 0.9, 0.98}) {
        var average = MovingAverage.of(beta);
        say("beta %.2f looks back %.0f days; day 1: %.2f, corrected %.2f; day 365: %.2f", beta, average.window(), average.over(days)[0],
                average.withCorrected(true).over(days)[0], average.over(days)[364]);
    }

    // (x − 3)²/20 + (y + 1)²: steep across the valley, flat along it
    for (var method : List.of(Sgd.of(0.9), Momentum.of(0.1, 0.9), Momentum.of(0.1, 0.9).withNesterov(true), RmsProp.of(0.05), Adam.of(0.3),
            Adam.of(0.3).withDecay(0.001).withClip(Clipped.Form.GLOBAL_NORM, 1), Lion.of(0.03))) {
        var w = Variable.of("w", Tensor.of(-4f, 3f));
        var minimizer = Minimizer.of(method);
        int steps = 0;
        while (cost(w).item() > 0.01 && steps < 1000) {
            minimizer.minimize(() -> cost(w), w);
            steps++;
        }
        say("%s: in the valley's ground after %d steps", method.getClass().getSimpleName(), steps);
    }

    for (var schedule : List.of(Schedule.inverse(0.2, 1), Schedule.exponential(0.2, 0.95), Schedule.inverseRoot(0.2, 1),
            Schedule.exponential(0.2, 0.5).every(5).withStaircase(true), Cosine.of(0.2, 20), Cosine.of(0.2, 20).warmedUp(0, 5), OneCycle.of(0.2, 20))) {
        say("%-10s epochs 0, 5, 10, 15: %.3f %.3f %.3f %.3f", schedule.getClass().getSimpleName(), schedule.at(0, 0), schedule.at(0, 5),
                schedule.at(0, 10), schedule.at(0, 15));
    }
}

Tensor cost(Variable w) {
    return w.value().sub(Tensor.of(3f, -1f)).square().mul(Tensor.of(0.05f, 1f)).sum();
}

void say(String format, Object... values) {
    IO.println(String.format(Locale.ROOT, format, values));
}
