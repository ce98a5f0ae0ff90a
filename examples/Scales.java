// Why a learning rate is searched on a log scale, and a momentum on a reversed one: shares of 10,000 draws per decade.
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import java.util.SplittableRandom;
import java.util.function.DoublePredicate;

void main() {
    IO.println("learning rate in [0.0001, 1]     linear     log");
    double[] decades = {1e-4, 1e-3, 1e-2, 1e-1, 1};
    for (int i = 0; i + 1 < decades.length; i++) {
        double low = decades[i], high = decades[i + 1];
        IO.println("  %6s to %-6s             %6.1f %%  %6.1f %%".formatted(low, high,
                share(Real.of(1e-4, 1), x -> x >= low && x < high), share(Real.log(1e-4, 1), x -> x >= low && x < high)));
    }
    IO.println("beta in [0.9, 0.999]             linear     1 - 10^r");
    IO.println("  0.9 to 0.99                 %6.1f %%  %6.1f %%".formatted(
            share(Real.of(0.9, 0.999), b -> b < 0.99), share(Real.of(0.9, 0.999, Scale.ONE_MINUS_LOG), b -> b < 0.99)));
    IO.println("  0.99 to 0.999               %6.1f %%  %6.1f %%".formatted(
            share(Real.of(0.9, 0.999), b -> b >= 0.99), share(Real.of(0.9, 0.999, Scale.ONE_MINUS_LOG), b -> b >= 0.99)));
    IO.println("averages over 1/(1 - beta) values: 0.9 -> %.0f, 0.9005 -> %.2f, 0.999 -> %.0f, 0.9995 -> %.0f".formatted(
            1 / (1 - 0.9), 1 / (1 - 0.9005), 1 / (1 - 0.999), 1 / (1 - 0.9995)));
}

double share(Real dist, DoublePredicate inside) {
    var random = new SplittableRandom(4);
    int hits = 0;
    for (int i = 0; i < 10_000; i++) if (inside.test((double) dist.at(random.nextDouble()))) hits++;
    return hits / 100.0;
}
