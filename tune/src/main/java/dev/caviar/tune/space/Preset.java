package dev.caviar.tune.space;

import java.util.List;

/// A ready-made search: its space, how many trials of how many epochs, and which epoch counts.
///
/// Names of parameters in all presets: `learning_rate`, `batch_size`, `layers` (hidden ones), `units` (of every hidden layer), `dropout`
/// (rate), `optimizer` (`adam`, `sgd`, `rmsprop`), `l2` (weight penalty), `momentum` (only for `sgd`).
///
/// ```java
/// var preset = Preset.named("mnist");
/// assert preset.trials() == 20 && preset.epochs() == 10;
/// assert preset.space().names().contains("learning_rate");
/// ```
///
/// @param name     the name in settings
/// @param space    what is searched
/// @param trials   how many settings are tried
/// @param epochs   how many passes each is trained for, at most
/// @param score    which epoch's validation value a trial is worth
/// @param patience a trial ends early after this many epochs without a better value; 0 for never
public record Preset(String name, Space space, int trials, int epochs, Score score, int patience) {
    /// Which epoch's value counts.
    ///
    /// ```java
    /// assert Preset.basic().score() == Preset.Score.LAST_EPOCH;
    /// ```
    public enum Score {
        /// The best value of all epochs.
        BEST_EPOCH,
        /// The value after the last epoch.
        LAST_EPOCH
    }

    /// The random search over MNIST of the notes: 20 trials of 10 epochs, 1 to 3 hidden layers.
    public static Preset mnist() {
        return new Preset("mnist", Space.of(
                Param.of("learning_rate", Real.log(1e-4, 1e-2)),
                Param.of("batch_size", Whole.of(32, 128, Scale.POWER_OF_TWO)),
                Param.of("layers", Whole.of(1, 3)),
                Param.of("units", Whole.of(64, 512, Scale.POWER_OF_TWO)),
                Param.of("dropout", Real.of(0.1, 0.5)),
                Param.of("optimizer", Choice.of("adam", "sgd", "rmsprop"))), 20, 10, Score.BEST_EPOCH, 0);
    }

    /// The basic search of the notes: 50 trials of 10 epochs, deeper networks, weight penalty and momentum, judged by the last epoch.
    public static Preset basic() {
        return new Preset("basic", wide(), 50, 10, Score.LAST_EPOCH, 0);
    }

    /// The space of [#basic] with early stopping: 50 trials of at most 100 epochs, patience 5, judged by the best epoch.
    public static Preset earlyStop() {
        return new Preset("early-stop", wide(), 50, 100, Score.BEST_EPOCH, 5);
    }

    /// The notes' order of importance as tiers: the learning rate; then momentum, batch size and hidden units; then layers and decay; Adam's betas and
    /// epsilon last. 60 trials of 10 epochs.
    public static Preset tiers() {
        return new Preset("tiers", Space.of(
                Param.of("learning_rate", Real.log(1e-4, 1e-1)).withUsual(1e-3),
                Param.of("optimizer", Choice.of("adam", "momentum")).withTier(2).withUsual("adam"),
                Param.of("momentum", Real.of(0.8, 0.99, Scale.ONE_MINUS_LOG)).when("optimizer", "momentum").withTier(2).withUsual(0.9),
                Param.of("batch_size", Whole.of(16, 256, Scale.POWER_OF_TWO)).withTier(2).withUsual(64),
                Param.of("units", Whole.of(32, 512, Scale.POWER_OF_TWO)).withTier(2).withUsual(128),
                Param.of("layers", Whole.of(1, 4)).withTier(3).withUsual(2),
                Param.of("decay", Real.log(1e-3, 1)).withTier(3).withUsual(1e-2),
                Param.of("beta1", Real.of(0.8, 0.99, Scale.ONE_MINUS_LOG)).when("optimizer", "adam").withTier(4).withUsual(0.9),
                Param.of("beta2", Real.of(0.9, 0.9999, Scale.ONE_MINUS_LOG)).when("optimizer", "adam").withTier(4).withUsual(0.999),
                Param.of("epsilon", Real.log(1e-9, 1e-6)).when("optimizer", "adam").withTier(4).withUsual(1e-8)), 60, 10, Score.BEST_EPOCH, 0);
    }

    /// All presets.
    public static List<Preset> all() {
        return List.of(mnist(), basic(), earlyStop(), tiers());
    }

    /// The preset of that name. Throws [SpaceException] with the known names.
    public static Preset named(String name) {
        for (var preset : all()) if (preset.name.equals(name)) return preset;
        throw new SpaceException("There is no space \"" + name + "\"."
                + "\nMaybe one of " + String.join(", ", all().stream().map(Preset::name).toList()) + ", or a file that ends in .json, was meant.");
    }

    private static Space wide() {
        return Space.of(
                Param.of("learning_rate", Real.log(1e-4, 1e-1)),
                Param.of("batch_size", Whole.of(16, 256, Scale.POWER_OF_TWO)),
                Param.of("layers", Whole.of(1, 5)),
                Param.of("units", Whole.of(32, 511)),
                Param.of("dropout", Real.of(0, 0.5)),
                Param.of("l2", Real.log(1e-6, 1e-2)),
                Param.of("optimizer", Choice.of("adam", "sgd", "rmsprop")),
                Param.of("momentum", Real.of(0.8, 0.99)).when("optimizer", "sgd"));
    }
}
