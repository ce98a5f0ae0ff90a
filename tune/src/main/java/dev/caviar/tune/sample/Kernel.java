package dev.caviar.tune.sample;

/// How alike the values at two points are: Matérn 5/2 with a rate of its own for every axis, over a constant of unknown height.
///
/// Two choices differ by a fixed amount or not at all. A parameter that exists at one of the points only lies in the middle of its axis, moved
/// aside by half the axis: as far as its rate says that it matters. Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006,
/// section 4.2 and equation 2.41 (the constant).
///
/// @param choices which axes are choices
/// @param rates   squared inverse length of each axis
/// @param scale   variance of the values
/// @param noise   variance of what is measured of one value
record Kernel(boolean[] choices, double[] rates, double scale, double noise) {
    /// Variance of the constant; values are standardised.
    static final double CONSTANT = 1;
    // What two uniform numbers differ by in the square is 1/6, two of several choices by this times their chance to differ.
    private static final double OTHER_CHOICE = 0.25;
    private static final double SQRT_5 = Math.sqrt(5);

    /// The squared difference along one axis.
    static double square(boolean choice, double a, double b) {
        if (a == b) return 0;
        boolean noA = Double.isNaN(a), noB = Double.isNaN(b);
        if (noA && noB) return 0;
        if (choice) return OTHER_CHOICE;
        if (noA || noB) {
            var moved = (noA ? b : a) - 0.5;
            return moved * moved + 0.25;
        }
        return (a - b) * (a - b);
    }

    double distance(double[] a, double[] b) {
        var sum = 0.0;
        for (var axis = 0; axis < rates.length; axis++) sum += rates[axis] * square(choices[axis], a[axis], b[axis]);
        return sum;
    }

    /// The correlation at a squared distance.
    static double matern(double square) {
        var r = SQRT_5 * Math.sqrt(square);
        return (1 + r + r * r / 3) * Math.exp(-r);
    }

    /// The derivative of the correlation by the squared distance.
    static double maternSlope(double square) {
        var r = SQRT_5 * Math.sqrt(square);
        return -5.0 / 6 * (1 + r) * Math.exp(-r);
    }

    /// The covariance of the values at two points.
    double at(double[] a, double[] b) {
        return scale * matern(distance(a, b)) + CONSTANT;
    }
}
