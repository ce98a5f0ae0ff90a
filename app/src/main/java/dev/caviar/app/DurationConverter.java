package dev.caviar.app;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Durations such as `90s`, `10m`, `1h30m`, `1.5h`, `500ms`; a number alone is seconds.
final class DurationConverter implements ITypeConverter<Duration> {
    private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d+)?)(ms|s|m|h|d|$)");

    @Override
    public Duration convert(String text) {
        var matcher = PART.matcher(text);
        var millis = BigDecimal.ZERO;
        var at = 0;
        while (at < text.length() && matcher.find(at) && matcher.start() == at) {
            millis = millis.add(new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unit(matcher.group(2)))));
            at = matcher.end();
        }
        if (text.isEmpty() || at < text.length() || millis.compareTo(BigDecimal.valueOf(Long.MAX_VALUE / 1_000_000)) > 0)
            throw new TypeConversionException("\"" + text + "\" is not a duration such as 90s, 10m or 1h30m");
        return Duration.ofMillis(millis.longValue());
    }

    private static long unit(String name) {
        return switch (name) {
            case "ms" -> 1;
            case "m" -> 60_000;
            case "h" -> 3_600_000;
            case "d" -> 86_400_000;
            default -> 1000;
        };
    }
}
