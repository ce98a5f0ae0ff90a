package dev.caviar.app.check;

import java.util.Comparator;
import java.util.List;

/// What a case is one of, by its name: `huber_1.0` is a `huber`.
final class Kinds {
    private Kinds() {}

    /// The longest kind that the name is, or begins with before a `_`.
    static String longest(List<String> kinds, String name) {
        return kinds.stream().filter(kind -> name.equals(kind) || name.startsWith(kind + "_")).max(Comparator.comparingInt(String::length))
                .orElseThrow(() -> new Unsupported("there is no \"" + name + "\" here."));
    }
}
