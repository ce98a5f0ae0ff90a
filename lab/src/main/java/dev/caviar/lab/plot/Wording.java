package dev.caviar.lab.plot;

import java.awt.Font;
import java.awt.font.FontRenderContext;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/// Numbers and names as they are read in a picture.
final class Wording {
    private static final String SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
    private static final FontRenderContext METRICS = new FontRenderContext(null, true, true);

    private Wording() {}

    /// A power of ten: `10⁻⁴`.
    static String power(int exponent) {
        var text = new StringBuilder("10");
        for (var c : Integer.toString(exponent).toCharArray()) text.append(c == '-' ? '⁻' : SUPERSCRIPTS.charAt(c - '0'));
        return text.toString();
    }

    /// A number with at most so many significant digits, without zeros at its end: `0.025`, `64`, `3×10⁻⁷`.
    static String number(double value, int digits) {
        if (!Double.isFinite(value)) return Double.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
        if (value == 0) return "0";
        var rounded = BigDecimal.valueOf(value).round(new MathContext(digits)).stripTrailingZeros();
        var exponent = rounded.precision() - rounded.scale() - 1;
        if (exponent >= -4 && exponent < 6) return minus(rounded.toPlainString());
        var mantissa = rounded.movePointLeft(exponent).stripTrailingZeros().toPlainString();
        return minus((mantissa.equals("1") ? "" : mantissa + "×") + power(exponent));
    }

    /// So many steps of an axis; all of one axis have the same number of decimals.
    static String multiple(long times, double step) {
        var value = times * step;
        var exponent = (int) Math.floor(Math.log10(step) + 1e-9);
        if (exponent < -4 || Math.abs(value) >= 1e6) return number(value, 6);
        return minus(String.format(Locale.ROOT, "%." + Math.max(0, -exponent) + "f", value));
    }

    /// A result, such as an accuracy, with four decimals where that is enough.
    static String result(double value) {
        var size = Math.abs(value);
        return size >= 0.01 && size < 1000 ? minus(String.format(Locale.ROOT, "%.4f", value)) : number(value, 4);
    }

    /// A parameter's name as words: `learning_rate` becomes `learning rate`.
    static String words(String name) {
        var clean = name.replaceAll("[\\p{Cntrl}\\s_]+", " ").strip();
        return clean.isEmpty() ? "?" : clean;
    }

    /// The same with a capital at its beginning.
    static String title(String name) {
        var words = words(name);
        var first = words.codePointAt(0);
        return new StringBuilder().appendCodePoint(Character.toTitleCase(first)).append(words.substring(Character.charCount(first))).toString();
    }

    /// The text, cut and ended by `…` where it is wider than that.
    static String fit(String text, Font font, double width) {
        if (width(text, font) <= width) return text;
        var points = text.codePoints().toArray();
        for (var n = Math.min(points.length - 1, 200); n > 0; n--) {
            var shorter = new String(points, 0, n).strip() + "…";
            if (width(shorter, font) <= width) return shorter;
        }
        return "…";
    }

    static double width(String text, Font font) {
        return font.getStringBounds(text, METRICS).getWidth();
    }

    private static String minus(String number) {
        return number.replace('-', '−');
    }
}
