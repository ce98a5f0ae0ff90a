package dev.caviar.engine.compile;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/// What was made for the keys that were asked for last, so that it need not be made again; shared by threads.
final class Recent<K, V> {
    private final Map<K, V> made;

    /// Keeps at most so many.
    Recent(int most) {
        made = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > most;
            }
        };
    }

    /// What belongs to a key; one that nothing can be made for is tried again.
    synchronized V get(K key, Function<K, V> make) {
        return made.computeIfAbsent(key, make);
    }
}
