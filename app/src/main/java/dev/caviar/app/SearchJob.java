package dev.caviar.app;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What a search does, kept with its study so that it can be resumed: options by name, without the dashes.
///
/// What is resumed takes from the study what is not given. What would make it another search is refused: the results of both would lie in
/// one study and could not be told apart.
///
/// ```java
/// var begun = SearchJob.begun(Map.of("epochs", 2L));
/// var resumed = SearchJob.resumed("mine", begun.values(), Map.of("trials", 30L));
/// assert resumed.whole("trials", 20) == 30 && resumed.whole("epochs", 10) == 2;
/// ```
record SearchJob(Map<String, @Nullable Object> values) {
    /// A fingerprint of the data, and not an option.
    static final String DATA_HASH = "data_sha256";
    /// How many trials the search was begun with: its sampler may depend on them, and stays the same when more are added.
    static final String PLANNED = "planned";
    // Data and space are compared by content, elsewhere: they may be found in another place now.
    private static final List<String> FIXED = List.of("label", "missing", "decimal", "epochs", "seed", "sampler", "pruner", "lag", "threads", "score", "patience");

    SearchJob {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /// A new search with these options, others at their defaults.
    static SearchJob begun(Map<String, ? extends @Nullable Object> given) {
        var values = new LinkedHashMap<String, @Nullable Object>();
        values.put("data", "digits");
        values.put("space", "mnist");
        values.put("seed", 1L);
        values.put("sampler", given.get("space") instanceof String space && space.endsWith(".json") ? "default" : "random");
        values.put("pruner", "none");
        values.put("threads", 1L);
        values.putAll(given);
        return new SearchJob(values);
    }

    /// The search of a study, with what is given now.
    static SearchJob resumed(String study, Map<?, ?> kept, Map<String, ? extends @Nullable Object> given) {
        var values = new LinkedHashMap<String, @Nullable Object>(begun(Map.of()).values);
        kept.forEach((key, value) -> values.put(String.valueOf(key), value));
        for (var name : FIXED)
            if (!kept.isEmpty() && given.containsKey(name) && !Objects.equals(given.get(name), values.get(name)))
                throw new BadInput("--" + name + " " + given.get(name) + " contradicts study \"" + study + "\", which was begun with "
                        + (values.get(name) == null ? "the default" : values.get(name)) + ".\nMaybe leave it out, or begin another study.");
        values.putAll(given);
        return new SearchJob(values);
    }

    SearchJob with(String name, @Nullable Object value) {
        var more = new LinkedHashMap<>(values);
        more.put(name, value);
        return new SearchJob(more);
    }

    @Nullable String text(String name) {
        return values.get(name) instanceof String text ? text : null;
    }

    String need(String name) {
        return Objects.requireNonNull(text(name), name);
    }

    int whole(String name, int usual) {
        return Math.toIntExact(number(name, usual));
    }

    long number(String name, long usual) {
        return values.get(name) instanceof Number number ? number.longValue() : usual;
    }
}
