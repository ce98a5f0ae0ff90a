package dev.caviar.tune;

import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Space;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The trials of a warm start as they are kept with the study, so that it goes on the same without the older one.
final class Prior {
    /// Key of the study's system attribute.
    static final String KEY = "caviar:prior";

    private Prior() {}

    static Map<String, @Nullable Object> json(List<TrialView> trials) {
        var spaces = new ArrayList<@Nullable Object>();
        var rows = new ArrayList<@Nullable Object>();
        for (var trial : trials) {
            var space = Space.of(trial.space().entrySet().stream().map(entry -> Param.of(entry.getKey(), entry.getValue())).toArray(Param[]::new)).json();
            if (!spaces.contains(space)) spaces.add(space);
            var row = new LinkedHashMap<String, @Nullable Object>();
            row.put("space", spaces.indexOf(space));
            row.put("params", trial.params());
            row.put("values", trial.values());
            rows.add(row);
        }
        var all = new LinkedHashMap<String, @Nullable Object>();
        all.put("spaces", spaces);
        all.put("trials", rows);
        return all;
    }

    static List<TrialView> read(@Nullable Object kept) {
        if (!(kept instanceof Map<?, ?> all) || !(all.get("spaces") instanceof List<?> texts) || !(all.get("trials") instanceof List<?> rows)) return List.of();
        var spaces = texts.stream().map(text -> Space.parse(String.valueOf(text))).toList();
        var trials = new ArrayList<TrialView>();
        for (var row : rows)
            if (row instanceof Map<?, ?> map && map.get("space") instanceof Long index && map.get("params") instanceof Map<?, ?> params
                    && map.get("values") instanceof List<?> values)
                trials.add(trial(spaces.get(index.intValue()), params, values));
        return trials;
    }

    private static TrialView trial(Space space, Map<?, ?> params, List<?> values) {
        var dists = new LinkedHashMap<String, Dist>();
        var chosen = new LinkedHashMap<String, @Nullable Object>();
        for (var param : space.params()) {
            dists.put(param.name(), param.dist());
            chosen.put(param.name(), params.get(param.name()));
        }
        var numbers = values.stream().map(value -> ((Number) value).doubleValue()).toList();
        return new TrialView(0, TrialState.COMPLETE, chosen, dists, Map.of(), numbers, Map.of(), Map.of(), null, null);
    }
}
