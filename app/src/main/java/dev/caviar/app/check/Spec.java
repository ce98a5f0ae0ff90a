package dev.caviar.app.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// A part of a model as its settings write it: `Conv2D(4,3,same)`, `BatchNorm(momentum .9, eps 1e-3)`, `ReLU`.
///
/// Arguments with a name stand as `name value` or `name=value`, all others count from 0; one may be a part itself, as in
/// `Bidirectional(LSTM(3), merge_mode sum)`. What stands in square brackets is a remark. It remembers
/// what was read of the arguments.
final class Spec {
    private static final Pattern FORM = Pattern.compile("(\\w+)\\s*(?:\\(((?:[^()]|\\([^()]*\\))*+)\\))?\\s*(?:\\[[^\\[\\]]*\\])?\\s*");
    /// Not one inside of brackets.
    private static final Pattern COMMA = Pattern.compile(",(?![^()]*\\))");
    private static final Pattern NAMED = Pattern.compile("([A-Za-z_]\\w*)(?:\\s+|\\s*=\\s*)(\\S+)");

    private final String kind;
    private final List<String> places = new ArrayList<>();
    private final Map<String, String> names = new LinkedHashMap<>();
    private final TreeSet<String> unread = new TreeSet<>();

    private Spec(String kind) {
        this.kind = kind;
    }

    static Spec of(String text) {
        var form = FORM.matcher(text);
        if (!form.matches()) throw new Unsupported("\"" + text + "\" is not understood.");
        var spec = new Spec(form.group(1));
        var inside = form.group(2) == null ? "" : form.group(2);
        // Blanks between the numbers of a list mean nothing.
        for (var part : COMMA.split(inside.replaceAll("(?<=\\d),\\s+(?=[\\d, ]+\\))", ","))) {
            var argument = part.strip();
            var named = NAMED.matcher(argument);
            if (named.matches()) {
                spec.names.put(named.group(1), named.group(2));
                spec.unread.add(named.group(1));
            } else if (!argument.isEmpty()) {
                spec.unread.add(String.valueOf(spec.places.size()));
                spec.places.add(argument);
            }
        }
        return spec;
    }

    String kind() {
        return kind;
    }

    /// How many arguments have no name.
    int count() {
        return places.size();
    }

    String text(int place, String otherwise) {
        unread.remove(String.valueOf(place));
        return place < places.size() ? places.get(place) : otherwise;
    }

    int whole(int place) {
        return (int) number(text(place, ""));
    }

    int whole(int place, int otherwise) {
        return (int) number(place, otherwise);
    }

    /// A number, or several in brackets as in `(3,2)`.
    long[] numbers(int place, long... otherwise) {
        var text = text(place, "");
        return text.isEmpty() ? otherwise : numbers(text);
    }

    long[] numbers(String name, long... otherwise) {
        unread.remove(name);
        var text = names.get(name);
        return text == null ? otherwise : numbers(text);
    }

    private long[] numbers(String text) {
        return Arrays.stream(text.replaceAll("^[(\\[]|[)\\]]$", "").split(",")).mapToLong(one -> (long) number(one.strip())).toArray();
    }

    double number(int place, double otherwise) {
        var text = text(place, "");
        return text.isEmpty() ? otherwise : number(text);
    }

    double number(String name, double otherwise) {
        unread.remove(name);
        var text = names.get(name);
        return text == null ? otherwise : number(text);
    }

    /// `name=True`, or the name alone.
    boolean flag(String name, boolean otherwise) {
        unread.remove(name);
        var text = names.get(name);
        return text == null ? otherwise || says(name) : text.equalsIgnoreCase("true");
    }

    String named(String name, String otherwise) {
        unread.remove(name);
        return names.getOrDefault(name, otherwise);
    }

    /// Whether the word stands among the arguments, as in `SGD(0.05, nesterov)`.
    boolean says(String word) {
        int place = places.indexOf(word);
        unread.remove(String.valueOf(place));
        return place >= 0;
    }

    /// Throws [Unsupported] where an argument was not read.
    void understood() {
        if (!unread.isEmpty()) throw new Unsupported("the argument " + unread.first() + " of " + kind + " is not known here.");
    }

    private double number(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new Unsupported("\"" + text + "\" in " + kind + " is not a number.");
        }
    }
}
