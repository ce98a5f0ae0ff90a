package dev.caviar.nn.train;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// The class that a model finds most likely, with its probability.
///
/// ```java
/// var guess = Guess.of(new double[] {0.93, 0.05, 0.02}, List.of("Cat", "Dog", "Bird"));
/// String text = guess.toString();          // Cat (93.0 %)
/// ```
public record Guess(int index, String name, double probability) {
    /// The first largest of some probabilities; a class without a name is called by its number.
    public static Guess of(double[] probabilities, List<String> classes) {
        int best = 0;
        for (int i = 1; i < probabilities.length; i++) {
            if (probabilities[i] > probabilities[best]) {
                best = i;
            }
        }
        return new Guess(best, best < classes.size() ? classes.get(best) : Integer.toString(best), probabilities[best]);
    }

    /// The guesses for `n` rows of probabilities; a row of one is the probability of the second of two classes.
    static List<Guess> each(double[] probabilities, int n, List<String> classes) {
        int width = n == 0 ? 1 : probabilities.length / n;
        return IntStream.range(0, n).mapToObj(i -> {
            var row = Arrays.copyOfRange(probabilities, i * width, (i + 1) * width);
            return of(width == 1 ? new double[] {1 - row[0], row[0]} : row, classes);
        }).toList();
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s (%.1f %%)", name, 100 * probability);
    }
}
