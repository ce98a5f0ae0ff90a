package dev.caviar.nn.train;

import java.util.List;
import java.util.Locale;

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

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s (%.1f %%)", name, 100 * probability);
    }
}
