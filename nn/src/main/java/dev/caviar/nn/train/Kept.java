package dev.caviar.nn.train;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/// Programs by what they are for, made at the first use; where there are too many, the one used longest ago is closed.
final class Kept<K, V> implements AutoCloseable {
    private final int most;
    private final Consumer<V> end;
    private final Map<K, V> made = new LinkedHashMap<>(16, 0.75f, true);

    /// At most so many, each of which ends by `end`.
    Kept(int most, Consumer<V> end) {
        this.most = most;
        this.end = end;
    }

    V get(K key, Function<K, V> make) {
        var known = made.get(key);
        if (known == null) {
            if (made.size() >= most) {
                end.accept(made.remove(made.keySet().iterator().next()));
            }
            known = make.apply(key);
            made.put(key, known);
        }
        return known;
    }

    /// Ends all; more may be asked for afterwards.
    @Override
    public void close() {
        made.values().forEach(end);
        made.clear();
    }
}
