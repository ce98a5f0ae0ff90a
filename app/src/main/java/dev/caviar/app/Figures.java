package dev.caviar.app;

import dev.caviar.tune.json.Json;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Numbers as people read them.
final class Figures {
    private Figures() {}

    /// An accuracy with four decimals, such as `0.9688`.
    static String accuracy(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }

    /// A number with so many digits that count, such as `0.00213` or `4.1e-07`.
    static String rounded(double value, int digits) {
        if (!Double.isFinite(value)) return Double.toString(value);
        if (value == 0) return "0";
        var decimal = new BigDecimal(value).round(new MathContext(digits)).stripTrailingZeros();
        var exponent = decimal.precision() - decimal.scale() - 1;
        if (exponent >= -4 && exponent < 9) return decimal.toPlainString();
        return Json.number(decimal.doubleValue());
    }

    /// A parameter's value, shortened.
    static String brief(@Nullable Object value) {
        return value instanceof Double number ? rounded(number, 4) : full(value);
    }

    /// A parameter's value with every digit.
    static String full(@Nullable Object value) {
        return value instanceof String text ? text : Json.write(value);
    }

    /// Seconds, such as `3.2 s`.
    static String seconds(double value) {
        return String.format(Locale.ROOT, "%.1f s", value);
    }

    /// A count with commas between thousands.
    static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }
}
