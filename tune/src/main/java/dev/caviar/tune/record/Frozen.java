package dev.caviar.tune.record;

import java.util.AbstractMap;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// A map in its order that nobody changes any more: one view of a trial hands it on to the next instead of copying it.
final class Frozen<K, V extends @Nullable Object> extends AbstractMap<K, V> {
    private static final Map<?, ?> EMPTY = new Frozen<>(Map.of());

    private final Map<K, V> map;

    private Frozen(Map<K, V> map) {
        this.map = map;
    }

    /// The map itself where it is frozen, else a copy.
    @SuppressWarnings("unchecked")
    static <K, V extends @Nullable Object> Map<K, V> of(Map<K, V> map) {
        if (map.isEmpty()) return (Map<K, V>) EMPTY;
        return map instanceof Frozen ? map : new Frozen<>(Collections.unmodifiableMap(new LinkedHashMap<>(map)));
    }

    /// A copy with one entry more, or another value under the key.
    static <K, V extends @Nullable Object> Map<K, V> plus(Map<K, V> map, K key, V value) {
        var more = new LinkedHashMap<>(map);
        more.put(key, value);
        return new Frozen<>(Collections.unmodifiableMap(more));
    }

    @Override
    public Set<Entry<K, V>> entrySet() {
        return map.entrySet();
    }

    @Override
    public Set<K> keySet() {
        return map.keySet();
    }

    @Override
    public Collection<V> values() {
        return map.values();
    }

    @Override
    public int size() {
        return map.size();
    }

    @Override
    public @Nullable V get(@Nullable Object key) {
        return map.get(key);
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
        return map.containsKey(key);
    }

    @Override
    public void forEach(BiConsumer<? super K, ? super V> action) {
        map.forEach(action);
    }
}
