package dev.caviar.tune.space;

/// How values lie between the ends of a range: what looks even to the search.
///
/// ```java
/// var rate = Real.of(1e-4, 1, Scale.LOG);              // every decade is equally likely
/// var beta = Real.of(0.9, 0.999, Scale.ONE_MINUS_LOG); // every decade of 1 - beta is
/// var batch = Whole.of(16, 256, Scale.POWER_OF_TWO);   // 16, 32, 64, 128, 256
/// ```
public enum Scale {
    /// Equal lengths are equally likely.
    LINEAR,
    /// `10^r` with even `r`: equal ratios are equally likely. The range begins above zero.
    LOG,
    /// `1 - 10^r` with even `r`: equal ratios of the distance to one are equally likely; for momentum and Adam's betas. The range ends below one.
    ONE_MINUS_LOG,
    /// `2^k` with even `k`; for whole numbers such as a batch size.
    POWER_OF_TWO;

    /// The name in files and settings: `linear`, `log`, `one-minus-log`, `power-of-two`.
    public String label() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    /// The scale of that name. Throws [SpaceException] with the known names.
    public static Scale named(String label) {
        for (var scale : values()) if (scale.label().equals(label)) return scale;
        throw new SpaceException("There is no scale \"" + label + "\"."
                + "\nMaybe one of linear, log, one-minus-log, power-of-two was meant.");
    }

    /// Over how many values an exponential average with this decay looks back: `1 / (1 - beta)`, 10 for 0.9 and 1000 for 0.999.
    public static double window(double beta) {
        return 1 / (1 - beta);
    }

    // Where the scale is even: its own axis.
    double forward(double value) {
        return switch (this) {
            case LINEAR -> value;
            case LOG -> Math.log(value);
            case ONE_MINUS_LOG -> -Math.log1p(-value);
            case POWER_OF_TWO -> Math.log(value) / Math.log(2);
        };
    }

    double back(double place) {
        return switch (this) {
            case LINEAR -> place;
            case LOG -> Math.exp(place);
            case ONE_MINUS_LOG -> -Math.expm1(-place);
            case POWER_OF_TWO -> Math.pow(2, place);
        };
    }
}
