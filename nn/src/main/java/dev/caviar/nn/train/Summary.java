package dev.caviar.nn.train;

import dev.caviar.engine.memory.Type;
import dev.caviar.nn.layer.Needs;
import java.util.Locale;
import java.util.Map;

/// A model as a table: each layer, what it gives, and how many numbers it learns.
final class Summary {
    private static final String ROW = "%-28s %-28s %-16s %12s%n";

    private Summary() {}

    static String of(Needs needs) {
        var out = new StringBuilder(String.format(ROW, "layer", "kind", "output", "parameters"));
        for (var part : needs.parts()) {
            out.append(String.format(ROW, part.path(), part.layer(), shape(part.output()),
                    number(count(needs.params(), part.path() + "/") + count(needs.states(), part.path() + "/"))));
        }
        long trained = count(needs.params(), "");
        long kept = count(needs.states(), "");
        out.append(number(trained + kept)).append(" parameters, ").append(number(trained)).append(" of them trained\n");
        return out.toString();
    }

    static long count(Map<String, Needs.Wish> wishes, String prefix) {
        return wishes.entrySet().stream().filter(e -> e.getKey().startsWith(prefix))
                .mapToLong(e -> e.getValue().type().shape().size()).sum();
    }

    private static String shape(Type type) {
        return type.shape().without(java.util.List.of(0)).toString();
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }
}
