package dev.caviar.tune.sample;

/// A positive definite matrix as U'U, with the inverses that posteriors and gradients need.
///
/// Every inner loop runs along a row and adds a multiple of another, which the just-in-time compiler turns into vector instructions.
final class Cholesky {
    final int n;
    private final double[][] upper;           // U
    private final double[][] inverse;         // of U', lower
    private final double[][] inverseRows;     // of U, upper

    /// Takes the matrix over and destroys its upper part. The diagonal is raised where rounding made it negative.
    Cholesky(double[][] matrix) {
        n = matrix.length;
        upper = matrix;
        for (var k = 0; k < n; k++) {
            var row = upper[k];
            var pivot = Math.sqrt(Math.max(row[k], 1e-10));
            for (var j = k; j < n; j++) row[j] /= pivot;
            row[k] = pivot;
            for (var i = k + 1; i < n; i++) subtract(upper[i], row[i], row, i, n);
        }
        inverse = new double[n][n];
        for (var i = 0; i < n; i++) {
            var row = inverse[i];
            for (var k = 0; k < i; k++) subtract(row, upper[k][i], inverse[k], 0, k + 1);
            for (var j = 0; j < i; j++) row[j] /= upper[i][i];
            row[i] = 1 / upper[i][i];
        }
        inverseRows = new double[n][n];
        for (var i = 0; i < n; i++) for (var j = 0; j <= i; j++) inverseRows[j][i] = inverse[i][j];
    }

    double logDeterminant() {
        var sum = 0.0;
        for (var i = 0; i < n; i++) sum += 2 * Math.log(upper[i][i]);
        return sum;
    }

    /// The inverse of U' times a vector: its squared length is what the vector explains.
    double[] whiten(double[] vector) {
        var result = new double[n];
        for (var j = 0; j < n; j++) subtract(result, -vector[j], inverseRows[j], j, n);
        return result;
    }

    /// The inverse of U times a vector; after [#whiten], the inverse of the matrix.
    double[] unwhiten(double[] vector) {
        var result = new double[n];
        for (var i = 0; i < n; i++) subtract(result, -vector[i], inverse[i], 0, i + 1);
        return result;
    }

    /// The inverse of the matrix, its lower part.
    double[][] inverse() {
        var result = new double[n][n];
        for (var k = 0; k < n; k++) {
            var row = inverse[k];
            for (var i = 0; i <= k; i++) subtract(result[i], -row[i], row, 0, i + 1);
        }
        return result;
    }

    /// U' times a vector: gives independent numbers the matrix as their covariance.
    double[] colour(double[] vector) {
        var result = new double[n];
        for (var i = 0; i < n; i++) subtract(result, -vector[i], upper[i], i, n);
        return result;
    }

    private static void subtract(double[] to, double factor, double[] row, int begin, int end) {
        for (var j = begin; j < end; j++) to[j] -= factor * row[j];
    }
}
